import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '../../src/adapters/clock.ts';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import { type FunctionName, RELAY_ACTIONS } from '../../src/deploy/roles.ts';
import { filterKey } from '../../src/filter/keys.ts';
import type { NewSubscription, Registry } from '../../src/relay/ports.ts';
import { createRelayTable, useDynamoDB } from '../fixtures/dynamodb.ts';

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
function coldRegistry(): Registry {
  const document = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
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
  };
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
    for (const clientId of ['one', 'two', 'three']) {
      expect(await registry.subscribe(subscription(id, clientId))).toBe('active');
    }
    await registry.complete(id, 'one');
    await registry.complete(id, 'never-subscribed');
  },
  async stream(id) {
    const registry = coldRegistry();
    const shapes = await registry.shapes('Todos');
    expect(shapes).not.toEqual([]);
    const key = filterKey('onCreateTodo', new Map([['title', 'two']]));
    const shards = Math.max(...shapes.map((shape) => shape.shards));
    const found = await registry.candidates([{ filterKey: key, shards }]);
    expect(found.get(key)).toHaveLength(1);
    await registry.document('document-of-two');
    await registry.complete(id, 'two');
    await registry.complete(id, 'two');
    await registry.close('some-connection-that-is-gone');
  },
  async gap(id) {
    const registry = coldRegistry();
    for await (const connection of registry.live()) await registry.subscriptions(connection.connectionId);
    await registry.complete(id, 'three');
    await registry.complete(id, 'three');
    await registry.close('some-connection-that-is-gone');
  },
  async disconnect(id) {
    await coldRegistry().close(id);
  },
};

test('a function may do to the relay table what it does, and nothing else', async () => {
  const done = new Map<string, string[]>();
  for (const name of ['connect', 'subscribe', 'stream', 'gap', 'disconnect'] as const) {
    sent = new Set();
    await WORK[name]('connection-1');
    done.set(name, [...sent].sort());
  }
  expect(done).toEqual(new Map(Object.entries(RELAY_ACTIONS).map(([name, actions]) => [name, [...actions]])));
}, 30_000);

test('no function may Scan', () => {
  expect(Object.values(RELAY_ACTIONS).flat()).not.toContain('Scan');
});
