import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/adapters/clock.ts';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import type { Equalities } from '../../src/filter/expression.ts';
import { filterKey, hash128, KEY_SCHEMES, type KeyScheme } from '../../src/filter/keys.ts';
import type { RelayContext } from '../../src/relay/context.ts';
import { createDeliver } from '../../src/relay/deliver/deliver.ts';
import { open } from '../../src/relay/open.ts';
import { receive } from '../../src/relay/receive.ts';
import { createFakeConnections, type FakeConnections } from '../../src/testing/connections.ts';
import { createRelayTable, useDynamoDB } from '../fixtures/dynamodb.ts';
import { createTestRelay, KEY, todoRecord } from '../fixtures/relay.ts';

/**
 * The scheme of filter keys changes while clients are connected, release by release, on the real relay table: each pair
 * of releases that may be at work together finds what either writes.
 */

const ONE = KEY_SCHEMES.written;
/** A scheme that is to come: other rows for the same subscriptions. */
const TWO: KeyScheme = {
  version: 2,
  key: (field, values) => hash128(JSON.stringify(['two', values, field])),
};

/** What it takes to change the scheme: the new one is looked up, then written, then the old one is forgotten. */
const RELEASES = [
  { name: 'one alone', written: ONE, lookedUp: [ONE] },
  { name: 'two looked up as well', written: ONE, lookedUp: [ONE, TWO] },
  { name: 'two written', written: TWO, lookedUp: [ONE, TWO] },
  { name: 'two alone', written: TWO, lookedUp: [TWO] },
];
type Release = (typeof RELEASES)[number];

const FIELD = 'onCreateTodo';
const SUBSCRIPTIONS: readonly (readonly [arguments_: string, keys: readonly Equalities[]])[] = [
  ['', [new Map()]],
  ['(priority: 3)', [new Map([['priority', '3']])]],
  ['(filter: {priority: {in: [2, 3]}})', [new Map([['priority', '2']]), new Map([['priority', '3']])]],
  [
    '(priority: 3, filter: {memo: {eq: null}})',
    [
      new Map([
        ['memo', null],
        ['priority', '3'],
      ]),
    ],
  ],
];

const dynamodb = useDynamoDB();
let connections: FakeConnections;
let tableName: string;
let tables = 0;
beforeEach(async () => {
  connections = createFakeConnections();
  tables += 1;
  tableName = `relay-${tables}`;
  await createRelayTable(dynamodb.client, tableName);
});

/** Everything that names a key of scheme one names that of `scheme` instead: what its registry would have written. */
function writing(client: DynamoDBClient, scheme: KeyScheme): DynamoDBClient {
  const renamed = SUBSCRIPTIONS.flatMap(([, keys]) =>
    keys.map((equalities) => [filterKey(FIELD, equalities), filterKey(FIELD, equalities, scheme)] as const),
  );
  client.middlewareStack.add(
    (next) => (args) => {
      const text = renamed.reduce(
        (input, [from, to]) => input.replaceAll(from, to),
        JSON.stringify(args.input),
      );
      return next({ ...args, input: JSON.parse(text) });
    },
    { step: 'initialize', name: 'keyScheme' },
  );
  return client;
}

function deployed({ written, lookedUp }: Release): RelayContext {
  const registryOf = (client: DynamoDBClient) =>
    createDynamoDBRegistry({ client: DynamoDBDocumentClient.from(client), tableName, clock: systemClock });
  const writer = registryOf(writing(dynamodb.newClient(), written));
  const { context } = createTestRelay();
  return {
    ...context,
    clock: systemClock,
    transport: connections.transport,
    // Rows are removed by the keys that they name themselves, whichever those are.
    registry: {
      ...registryOf(dynamodb.newClient()),
      subscribe: (subscription) => writer.subscribe(subscription),
    },
    keySchemes: { written, lookedUp },
  };
}

async function subscribed(context: RelayContext, id: string): Promise<void> {
  connections.open(id);
  const headers = new Map([['x-api-key', KEY]]);
  await open(context, {
    connectionId: id,
    stage: 'test',
    connectedAt: Date.now(),
    headers,
    query: new Map(),
  });
  await receive(context, { connectionId: id, body: '{"type":"connection_init"}' });
  for (const [index, [given]] of SUBSCRIPTIONS.entries()) {
    const payload = { query: `subscription { ${FIELD}${given} { id } }` };
    const body = JSON.stringify({ type: 'subscribe', id: String(index), payload });
    expect(await receive(context, { connectionId: id, body })).toBeUndefined();
  }
}

/** One creation that every one of {@link SUBSCRIPTIONS} asks for; the operations of each client that were told. */
async function delivered(context: RelayContext, ids: readonly string[]): Promise<string[][]> {
  const before = ids.map((id) => connections.frames(id).length);
  const newImage = { id: { S: 'a' }, title: { S: 't' }, priority: { N: '3' } };
  const outcome = await createDeliver(context)([todoRecord(Date.now(), { newImage })], {
    remainingMs: () => 60_000,
  });
  expect(outcome).toEqual({});
  return ids.map((id, index) =>
    connections
      .frames(id)
      .slice(before[index])
      .map((frame) => JSON.parse(frame))
      .map(({ id: operation, type }) => `${type} ${operation}`)
      .sort(),
  );
}

const ALL = SUBSCRIPTIONS.map((_, index) => `next ${index}`);

const keyRows = async () => {
  const { Items = [] } = await dynamodb.client.send(
    new ScanCommand({ TableName: tableName, ConsistentRead: true }),
  );
  return Items.flatMap(({ pk }) => (pk?.S?.startsWith('KEY#') ? [pk.S.split('#')[1] ?? ''] : []));
};

const PAIRS = RELEASES.slice(1).map((next, index) => {
  const from = RELEASES[index] ?? next;
  return [from.name, next.name, from, next] as const;
});

describe('C2 the scheme of filter keys changes under live connections', () => {
  test.each(PAIRS)('from "%s" to "%s": each finds, once, what either wrote', async (_from, _to, from, to) => {
    const [before, after] = [deployed(from), deployed(to)];
    await subscribed(before, 'before');
    await subscribed(after, 'after');
    expect(await delivered(before, ['before', 'after'])).toEqual([ALL, ALL]);
    expect(await delivered(after, ['after'])).toEqual([ALL]);
    if (to.lookedUp.includes(from.written)) expect(await delivered(after, ['before'])).toEqual([ALL]);

    // And each removes what the other wrote.
    await after.registry.complete('before', '1');
    await before.registry.close('after');
    await after.registry.close('before');
    expect(await keyRows()).toEqual([]);
  });

  test('a release in between cannot be left out: the functions of before do not find what those of after write', async () => {
    const [before, after] = [deployed(RELEASES[0] ?? fail()), deployed(RELEASES[2] ?? fail())];
    await subscribed(before, 'before');
    await subscribed(after, 'after');
    expect(await delivered(after, ['before', 'after'])).toEqual([ALL, ALL]);
    expect(await delivered(before, ['before', 'after'])).toEqual([ALL, []]);
  });

  test('rows do lie under other keys', async () => {
    await subscribed(deployed(RELEASES[1] ?? fail()), 'c');
    const one = new Set(await keyRows());
    await subscribed(deployed(RELEASES[2] ?? fail()), 'd');
    const both = new Set(await keyRows());
    expect(both.size).toBe(2 * one.size);
    expect(one.has(filterKey(FIELD, new Map()))).toBe(true);
    expect(both.has(filterKey(FIELD, new Map(), TWO))).toBe(true);
  });
});

function fail(): never {
  throw new Error('expected a release');
}
