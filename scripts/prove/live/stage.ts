import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { systemClock } from '../../../src/adapters/clock.ts';
import { createDynamoDBRegistry } from '../../../src/adapters/dynamodb/registry.ts';
import { relayTableRequests } from '../../../src/deploy/relay-table.ts';
import { createFakeConnections, type FakeConnections } from '../../../src/testing/connections.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../../src/testing/dynamodb-local.ts';
import { createProofRelay } from '../relay/relay.ts';
import { withDynamoDB } from './dynamodb.ts';
import { History } from './history.ts';
import { itemName, laneOf, startLoad } from './load.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

export interface StageOptions {
  /** In the names of its tables: each proof has its own. */
  readonly name: string;
  /** Changes a second. */
  readonly rate: number;
  readonly items: number;
  readonly leaseMs: number;
  readonly pageSize: number;
  readonly signal: AbortSignal;
}

/** DynamoDB Local with a table that is written to, a gateway on HTTP, subscribers, and worker processes as one likes. */
export interface Stage {
  readonly history: History;
  /** Another worker process of the table. */
  start(options?: { readonly reportsMemory?: boolean }): Promise<WorkerProcess>;
  /**
   * Ends the load, and waits until all that was written has arrived.
   * @param patienceMs ms without any arrival after which what is missing is lost
   */
  drain(patienceMs: number): Promise<void>;
}

/** Who subscribes, to what, and which items that means. */
const SUBSCRIBERS = new Map<string, { readonly filter: string; readonly wants: (item: string) => boolean }>([
  ['everything=', { filter: '', wants: () => true }],
  ['even=', { filter: '(filter: {lane: {eq: "even"}})', wants: (item) => laneOf(item) === 'even' }],
  ['odd=', { filter: '(filter: {lane: {ne: "even"}})', wants: (item) => laneOf(item) === 'odd' }],
  ['one=', { filter: `(id: "${itemName(1)}")`, wants: (item) => item === itemName(1) }],
]);
const COLLECT_MS = 100;

/** Sets the stage, plays on it, and leaves no process, folder or port behind, whatever becomes of the play. */
export async function onStage<T>(options: StageOptions, play: (stage: Stage) => Promise<T>): Promise<T> {
  const { name, rate, items, signal } = options;
  return withDynamoDB(signal, async (endpoint) => {
    const table = `Todos-${name}`;
    const relayTable = `relay-${name}`;
    const client = new DynamoDBClient({
      endpoint,
      region: LOCAL_REGION,
      credentials: { ...LOCAL_CREDENTIALS },
      maxAttempts: 5,
    });
    const folder = mkdtempSync(join(tmpdir(), `tablecast-${name}-`));
    const gateway = createFakeConnections();
    const server = await gateway.listen();
    const processes: WorkerProcess[] = [];
    let isOver = false;
    const history = new History(new Map([...SUBSCRIBERS].map(([id, { wants }]) => [id, wants])));
    const sdl = `type Todo @table(name: "${table}") { id: ID!  lane: String  version: Int  text: String }\n`;
    const collect = () => collectArrivals(gateway, history);
    const collecting = setInterval(collect, COLLECT_MS);
    let load: ReturnType<typeof startLoad> | undefined;
    try {
      writeFileSync(join(folder, 'schema.graphql'), sdl);
      await createTables(client, table, relayTable);
      await subscribeAll(client, relayTable, sdl, gateway);
      const env = workerEnvironment(options, { endpoint, relayTable, gateway: server.endpoint });
      const stage: Stage = {
        history,
        async start({ reportsMemory = false } = {}) {
          const worker = await startWorker({ folder, env, reportsMemory, signal });
          processes.push(worker);
          // Started while another failed: nobody would end it any more.
          if (isOver) worker.send('SIGKILL');
          await worker.ready();
          load ??= startLoad({
            client,
            table,
            items,
            rate,
            writing: (item, version) => history.writing(item, version),
          });
          return worker;
        },
        async drain(patienceMs) {
          await load?.stop();
          let before = Number.POSITIVE_INFINITY;
          let since = systemClock.monotonic();
          for (let missing = history.missing(); missing > 0; missing = history.missing()) {
            signal.throwIfAborted();
            if (missing < before) since = systemClock.monotonic();
            else if (systemClock.monotonic() - since > patienceMs) return;
            before = missing;
            await systemClock.sleep(COLLECT_MS, signal);
          }
          // A repeat may still be on its way.
          await systemClock.sleep(5 * COLLECT_MS, signal);
          collect();
        },
      };
      return await play(stage);
    } finally {
      isOver = true;
      clearInterval(collecting);
      await load?.stop().catch(() => {});
      for (const { send } of processes) send('SIGKILL');
      await Promise.all(processes.map(({ ended }) => ended));
      await server.close();
      client.destroy();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** Takes what has arrived off the gateway, so that a long run holds no more than it must. */
function collectArrivals(gateway: FakeConnections, history: History): void {
  for (const id of SUBSCRIBERS.keys()) {
    if (!gateway.isOpen(id)) continue;
    const attempts = gateway.attempts(id);
    if (attempts.length === 0) continue;
    gateway.open(id);
    for (const attempt of attempts) history.arrived(id, attempt);
  }
}

async function createTables(client: DynamoDBClient, table: string, relayTable: string): Promise<void> {
  await client.send(new CreateTableCommand(relayTableRequests(relayTable).create));
  await client.send(
    new CreateTableCommand({
      TableName: table,
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
}

/** By the real use cases, on the relay table the workers read. */
async function subscribeAll(
  client: DynamoDBClient,
  relayTable: string,
  sdl: string,
  gateway: FakeConnections,
): Promise<void> {
  const relay = createProofRelay({
    sdl,
    registry: createDynamoDBRegistry({
      client: DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } }),
      tableName: relayTable,
      clock: systemClock,
    }),
    transport: gateway.transport,
    clock: systemClock,
    random: Math.random,
  });
  for (const [id, { filter }] of SUBSCRIBERS) {
    gateway.open(id);
    await relay.connect(id);
    await relay.subscribe(id, '1', `subscription { onChangeTodo${filter} { item { id version } } }`);
  }
}

function workerEnvironment(
  { leaseMs, pageSize }: StageOptions,
  places: { readonly endpoint: string; readonly relayTable: string; readonly gateway: string },
): Readonly<Record<string, string>> {
  return {
    PATH: process.env['PATH'] ?? '',
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    DYNAMODB_ENDPOINT: places.endpoint,
    TABLECAST_CONNECTIONS_ENDPOINT: places.gateway,
    TABLECAST_RELAY_TABLE: places.relayTable,
    TABLECAST_STREAM_GRANULARITY_MS: '60000',
    TABLECAST_LOG_LEVEL: 'warn',
    TABLECAST_WORKER_LEASE_MS: String(leaseMs),
    TABLECAST_WORKER_BATCH_SIZE: String(pageSize),
    TABLECAST_WORKER_POLL_MS: '100',
    // What is kept between two flushes shall not look like growth.
    TABLECAST_WORKER_METRICS_MS: '5000',
  };
}
