import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { pino } from 'pino';
import { systemClock } from '../../src/adapters/clock.ts';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import { createMemoryTables } from '../../src/adapters/memory/tables.ts';
import { createApi } from '../../src/api/api.ts';
import { apiKeyHash, createApiKeys } from '../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { createCounters } from '../../src/observe/counters.ts';
import type { Resolver } from '../../src/project.ts';
import { DEFAULT_SETTINGS, type RelayContext } from '../../src/relay/context.ts';
import { open } from '../../src/relay/open.ts';
import { receive } from '../../src/relay/receive.ts';
import { loadModel } from '../../src/schema/load.ts';
import { createFakeConnections, type FakeConnections } from '../../src/testing/connections.ts';
import { createItemTable, createRelayTable, type TestDynamoDB } from '../fixtures/dynamodb.ts';
import { KEY } from '../fixtures/relay.ts';
import { spawnWorker, type WorkerPlace, type WorkerProcess } from '../fixtures/worker.ts';

/** Short, so that a takeover does not take long; far longer than a busy machine holds a process up. */
export const LEASE_MS = 3_000;

/** What one subscriber got, by the changes' own numbers. */
export interface Received {
  /** Every change, repeats left out, in order of first delivery: `item=n`. */
  readonly first: readonly string[];
  /** How many frames repeated a change that was there before. */
  readonly repeats: number;
}

/** A project, its tables, clients that subscribed to every change, and a fake @connections that workers post to. */
export interface WorkerWorld {
  readonly table: string;
  readonly place: WorkerPlace;
  readonly connections: FakeConnections;
  readonly clients: readonly string[];
  /** Changes written so far, in order: `item=n`. */
  readonly written: readonly string[];
  /** A worker with settings of its own. Whatever still runs is killed by `close`. */
  worker(env?: Readonly<Record<string, string>>): Promise<WorkerProcess>;
  /** The next `count` changes, one after the other, to five items in turn. */
  write(count: number): Promise<void>;
  /** Writes without a pause until told to end. */
  load(): { end(): Promise<void> };
  received(client: string): Received;
  /** Waits until every client has every change written so far. */
  allDelivered(timeoutMs?: number): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** What the schema calls the table; its real name by default. */
  readonly schemaName?: string;
  /** A field beside `id` and `n` that a resolver answers: its definition, the resolver, and the file that exports it. */
  readonly resolved?: {
    readonly field: string;
    readonly resolver: Resolver;
    readonly files: Readonly<Record<string, string>>;
  };
}

let worlds = 0;

export async function createWorkerWorld(
  dynamodb: TestDynamoDB,
  options: WorldOptions = {},
): Promise<WorkerWorld> {
  const { client } = dynamodb;
  worlds += 1;
  const [table, relayTable] = [`Items${worlds}`, `relay${worlds}`];
  await createItemTable(client, table, { stream: 'NEW_AND_OLD_IMAGES' });
  await createRelayTable(client, relayTable);
  const { schemaName = table, resolved } = options;
  const own = resolved === undefined ? '' : `${resolved.field}: String @resolved`;
  const sdl = `type Item @table(name: "${schemaName}") { id: ID! n: Int ${own} }\n`;
  const folder = mkdtempSync(join(tmpdir(), 'tablecast-project-'));
  for (const [name, text] of Object.entries({ 'schema.graphql': sdl, ...resolved?.files }))
    writeFileSync(join(folder, name), text);
  const connections = createFakeConnections();
  const server = await connections.listen();
  const place = { folder, endpoint: dynamodb.endpoint, connections: server.endpoint, relayTable };
  const clients = await subscribeClients(client, relayTable, sdl, connections, resolved);
  const workers: WorkerProcess[] = [];
  const written: string[] = [];
  const write = async (count: number) => {
    for (let left = count; left > 0; left -= 1) {
      const [id, n] = [`item-${written.length % 5}`, written.length];
      await client.send(
        new PutItemCommand({ TableName: table, Item: { id: { S: id }, n: { N: String(n) } } }),
      );
      written.push(`${id}=${n}`);
    }
  };
  const received = (id: string) => receivedOf(connections.frames(id));

  return {
    table,
    place,
    connections,
    clients,
    written,
    async worker(env = {}) {
      const settings = { TABLECAST_WORKER_LEASE_MS: String(LEASE_MS), TABLECAST_WORKER_POLL_MS: '100' };
      const worker = await spawnWorker({ ...place, env: { ...settings, ...env } });
      workers.push(worker);
      return worker;
    },
    write,
    load() {
      let going = true;
      const work = (async () => {
        while (going) await write(1);
      })();
      return {
        async end() {
          going = false;
          await work;
        },
      };
    },
    received,
    async allDelivered(timeoutMs = 30_000) {
      const wanted = written.length;
      await until(
        () => clients.every((id) => received(id).first.length >= wanted),
        () => `${wanted} changes at each client, got ${clients.map((id) => received(id).first.length)}`,
        timeoutMs,
      );
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for what no event tells of. */
export async function until(condition: () => boolean, what: () => string, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`expected ${what()} within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function receivedOf(frames: readonly string[]): Received {
  const first = new Map<unknown, string>();
  let repeats = 0;
  for (const frame of frames) {
    const { type, payload } = JSON.parse(frame);
    if (type !== 'next') throw new Error(`expected a payload, got ${frame}`);
    const { eventId } = payload.extensions;
    const { id, n } = payload.data.onChangeItem.item;
    const text = `${id}=${n}`;
    const known = first.get(eventId);
    if (known !== undefined && known !== text) throw new Error(`expected ${known} again, got ${text}`);
    if (known === undefined) first.set(eventId, text);
    else repeats += 1;
  }
  return { first: [...first.values()], repeats };
}

/** Three clients that want every change, made by the use cases that the functions run. */
async function subscribeClients(
  client: DynamoDBClient,
  tableName: string,
  sdl: string,
  connections: FakeConnections,
  resolved: WorldOptions['resolved'],
): Promise<readonly string[]> {
  const model = loadModel(sdl);
  const logger = pino({ level: 'silent' });
  const context: RelayContext = {
    model,
    registry: createDynamoDBRegistry({
      client: DynamoDBDocumentClient.from(client),
      tableName,
      clock: systemClock,
    }),
    transport: connections.transport,
    clock: systemClock,
    metrics: createCounters(),
    logger,
    authenticator: createAuthenticator({
      mode: 'required',
      apiKeys: createApiKeys([{ hash: apiKeyHash(KEY) }]),
      clock: systemClock,
    }),
    api: createApi({
      model,
      tables: createMemoryTables(),
      ...(resolved && { resolvers: { Item: { [resolved.field]: resolved.resolver } } }),
      publish: async () => ({ eventId: '', matched: 0, sent: 0 }),
      logger,
      clock: systemClock,
      pageSecret: 'page-secret-of-tests',
    }),
    hooks: {},
    settings: DEFAULT_SETTINGS,
    random: Math.random,
  };
  const ids = ['client-1=', 'client-2=', 'client-3='];
  for (const connectionId of ids) {
    connections.open(connectionId);
    const headers = new Map([['x-api-key', KEY]]);
    await open(context, { connectionId, stage: 'test', connectedAt: Date.now(), headers, query: new Map() });
    await receive(context, { connectionId, body: '{"type":"connection_init"}' });
    const fields = `id n ${resolved?.field ?? ''}`;
    const payload = { query: `subscription { onChangeItem { kind item { ${fields} } } }` };
    const reply = await receive(context, {
      connectionId,
      body: JSON.stringify({ type: 'subscribe', id: '1', payload }),
    });
    if (reply !== undefined) throw new Error(`expected the subscription to start, got ${reply}`);
  }
  return ids;
}
