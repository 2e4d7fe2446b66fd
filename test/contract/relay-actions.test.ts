import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '../../src/adapters/clock.ts';
import { createDynamoDBFanOutStore } from '../../src/adapters/dynamodb/fan-out-store.ts';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import { type FunctionName, RELAY_ACTIONS } from '../../src/deploy/roles.ts';
import { filterKey } from '../../src/filter/keys.ts';
import { createCounters } from '../../src/observe/counters.ts';
import { reportGap } from '../../src/relay/gap.ts';
import { keepAlive } from '../../src/relay/keepalive.ts';
import type { NewSubscription, PostOutcome, Registry, Target, Transport } from '../../src/relay/ports.ts';
import { createRelayTable, useDynamoDB } from '../fixtures/dynamodb.ts';
import { contextOf } from '../unit/relay/keepalive-context.ts';

const TABLE = 'relay';

const dynamodb = useDynamoDB();
let client: DynamoDBClient;
let sent: Set<string>;

beforeAll(async () => {
  await createRelayTable(dynamodb.client, TABLE);
  client = dynamodb.newClient();
  client.middlewareStack.add(
    (next, context) => (args) => {
      sent.add(String(context['commandName']).replace(/Command$/, ''));
      return next(args);
    },
    { step: 'initialize', name: 'recordActions' },
  );
});

/** A registry that has met nothing yet, as in a function that has just started. */
function coldRegistry(from = client): Registry {
  const document = DynamoDBDocumentClient.from(from, { marshallOptions: { removeUndefinedValues: true } });
  return createDynamoDBRegistry({ client: document, tableName: TABLE, clock: systemClock });
}

const END = Math.floor(Date.now() / 1000) + 7_200;
const IDENTITY = { kind: 'api-key', hash: 'hash-of-a-key' } as const;

function subscription(connectionId: string, clientId: string): NewSubscription {
  return {
    connectionId,
    clientId,
    field: 'onCreateTodo',
    table: 'Todos',
    alternatives: [new Map([['title', clientId]])],
    // Longer than a row under a filter key takes, so that it has to be fetched from the subscription.
    filter: JSON.stringify({ title: { eq: 'x'.repeat(1_000) } }),
    document: { hash: `document-of-${clientId}`, text: 'subscription { onCreateTodo { id } }' },
    renderingKey: 'rendering-key',
    dialect: 'graphql-transport-ws',
    stage: 'dev',
    activatedAt: Date.now(),
    expiresAt: END,
    subscriber: { identityHash: IDENTITY.hash },
    maxOnConnection: 100,
  };
}

/** Publishing finds and reaches subscribers as the stream does; either ends what it cannot reach. */
async function deliverTo(id: string, clientId: string): Promise<void> {
  const registry = coldRegistry();
  const shapes = await registry.shapes('Todos');
  expect(shapes).not.toEqual([]);
  const key = filterKey('onCreateTodo', new Map([['title', clientId]]));
  const shards = Math.max(...shapes.map((shape) => shape.shards));
  const found = await registry.candidates([{ filterKey: key, shards }]);
  expect(found.get(key)?.flat()).toHaveLength(1);
  await registry.document(`document-of-${clientId}`);
  await registry.complete(id, clientId);
  await registry.complete(id, clientId);
  await registry.close('some-connection-that-is-gone');
}

/** Connections in every state that a keep-alive run meets, made by the functions before it. */
async function connectionsToKeepAlive(): Promise<void> {
  const registry = coldRegistry(dynamodb.client);
  const minutesAgo = (minutes: number) => Date.now() - minutes * 60_000;
  const open = async (id: string, connectedAt: number, expiresAt?: number) => {
    const identity = { ...IDENTITY, ...(expiresAt !== undefined && { expiresAt }) };
    await registry.open({ id, stage: 'dev', connectedAt, expiresAt: END, identity });
  };
  await open('mute', minutesAgo(2));
  await open('due', minutesAgo(116));
  await open('gone', minutesAgo(5));
  await open('expired', minutesAgo(5), END - 10_000);
  for (const id of ['due', 'gone', 'expired']) {
    await registry.initialise(id, { dialect: 'graphql-transport-ws' });
    await registry.subscribe({ ...subscription(id, 'its-own'), expiresAt: END - 10_000 });
  }
}

/** What each function asks of the registry (src/relay), on a connection that the ones before it made. */
const WORK: Record<FunctionName, (connectionId: string) => Promise<void>> = {
  async connect(id) {
    const connection = { id, stage: 'dev', connectedAt: Date.now(), expiresAt: END };
    await coldRegistry().open({ ...connection, identity: IDENTITY });
  },
  async subscribe(id) {
    const registry = coldRegistry();
    await registry.connection(id);
    await registry.initialise(id, { dialect: 'graphql-transport-ws', identity: IDENTITY });
    for (const clientId of ['one', 'two', 'three', 'four', 'five']) {
      expect(await registry.subscribe(subscription(id, clientId))).toBe('active');
    }
    await registry.complete(id, 'one');
    await registry.complete(id, 'never-subscribed');
    const token = await registry.lock(id, 1_000);
    expect(token).toBeDefined();
    await registry.unlock(id, token ?? '');
    const { version, entries } = await registry.readStore(id);
    expect(await registry.updateStore(id, version, entries)).toBe('written');
    await registry.speak(id, 'graphql-transport-ws');
  },
  stream: (id) => deliverTo(id, 'two'),
  graphql: (id) => deliverTo(id, 'four'),
  async gap(id) {
    const registry = coldRegistry();
    const standing = async () => {
      let count = 0;
      for await (const { connectionId } of registry.live()) {
        count += (await registry.subscriptions(connectionId)).length;
      }
      return count;
    };
    expect(await standing()).toBeGreaterThan(0);
    // One of two is told; the second frame finds the client gone, so that a connection is closed too.
    const answers: PostOutcome[] = [{ kind: 'sent' }, { kind: 'sent' }, { kind: 'gone' }];
    const answer = async (): Promise<PostOutcome> => answers.shift() ?? { kind: 'sent' };
    const transport: Transport = { post: answer, disconnect: answer };
    const world = { registry, transport, clock: systemClock, counters: createCounters(), logs: [] };
    await reportGap(contextOf(world), {
      table: 'Todos',
      streamArn: 'arn',
      shardId: 'shard',
      startSequenceNumber: '1',
      endSequenceNumber: '2',
      batchSize: 2,
    });
    expect(await standing()).toBe(0);
    // What an operation's end does when its client ended it a moment before.
    await registry.complete(id, 'ended-meanwhile');
  },
  async keepalive(id) {
    await connectionsToKeepAlive();
    const registry = coldRegistry();
    const answer = async ({ connectionId }: Target): Promise<PostOutcome> => ({
      kind: connectionId === 'gone' ? 'gone' : 'sent',
    });
    const transport: Transport = { post: answer, disconnect: answer };
    const world = { registry, transport, clock: systemClock, counters: createCounters(), logs: [] };
    const report = await keepAlive(contextOf(world), { remainingMs: () => 60_000 });
    expect(report).toMatchObject({ ended: 1, gone: 1, rolledOver: 1, uninitialised: 1, left: 0 });
    // What ends between being listed and being ended leaves a mark.
    await registry.complete(id, 'ended-meanwhile');
  },
  /** What `stream` found is sent elsewhere: the same ends of those who cannot be reached, and what the queue points to. */
  async deliver(id) {
    const registry = coldRegistry();
    const store = createDynamoDBFanOutStore({
      client: DynamoDBDocumentClient.from(client),
      tableName: TABLE,
      clock: systemClock,
    });
    expect(await store.payload('never-kept')).toBeUndefined();
    await store.remove([{ id: 'token', tables: ['Todos'], lanes: 1, expiresAt: END }]);
    const others = coldRegistry(dynamodb.client);
    await others.open({ id: `${id}-fan-out`, stage: 'dev', connectedAt: Date.now(), expiresAt: END });
    await others.initialise(`${id}-fan-out`, { dialect: 'graphql-transport-ws' });
    expect(await others.subscribe(subscription(`${id}-fan-out`, 'one'))).toBe('active');
    await registry.complete(`${id}-fan-out`, 'one');
    await registry.complete(`${id}-fan-out`, 'one');
    await registry.reap('some-connection-that-is-gone', []);
  },
  async disconnect(id) {
    const others = coldRegistry(dynamodb.client);
    await others.open({ id: `${id}-leaving`, stage: 'dev', connectedAt: Date.now(), expiresAt: END });
    await others.initialise(`${id}-leaving`, { dialect: 'graphql-transport-ws' });
    expect(await others.subscribe(subscription(`${id}-leaving`, 'one'))).toBe('active');
    expect(await coldRegistry().close(`${id}-leaving`)).toBe(1);
  },
};

test('a function may do to the relay table what it does, and nothing else', async () => {
  const done = new Map<string, string[]>();
  const inOrder = [
    'connect',
    'subscribe',
    'stream',
    'graphql',
    'gap',
    'keepalive',
    'deliver',
    'disconnect',
  ] as const;
  for (const name of inOrder) {
    sent = new Set();
    await WORK[name]('connection-1');
    done.set(name, [...sent].sort());
  }
  expect(done).toEqual(new Map(Object.entries(RELAY_ACTIONS).map(([name, actions]) => [name, [...actions]])));
}, 30_000);

test('no function may Scan', () => {
  expect(Object.values(RELAY_ACTIONS).flat()).not.toContain('Scan');
});
