import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { chunk, mapConcurrently } from '../../src/adapters/dynamodb/concurrency.ts';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import type { Registry } from '../../src/relay/ports.ts';
import { DynamoDBTable, type TableRow } from '../../src/testing/dynamodb-table.ts';
import { connectionOf, equal, idsOf, lookUp, lookupsOf, subscriptionOf } from './registry-samples.ts';
import { jumpingClock, localWorld, scan } from './registry-worlds.ts';

const world = localWorld();

/** Requests sent since it was last emptied, by the SDK's name of the command; reads with their consistency. */
const sent = new Map<string, number>();
const weakReads: string[] = [];

const counts = () => Object.fromEntries([...sent].sort(([a], [b]) => (a < b ? -1 : 1)));

async function counted<T>(work: () => Promise<T>): Promise<T> {
  sent.clear();
  return work();
}

function consistent(input: unknown): boolean {
  if (typeof input !== 'object' || input === null) return false;
  if ('IndexName' in input) return false;
  if ('ConsistentRead' in input) return input.ConsistentRead === true;
  const { RequestItems = {} } = input as { RequestItems?: Record<string, unknown> };
  return Object.values(RequestItems).every(consistent);
}

let registry: Registry;
let tableName: string;

beforeAll(async () => {
  await world.start();
  world.client().middlewareStack.add(
    (next, context) => async (args) => {
      const name = (context.commandName ?? 'unknown').replace(/Command$/, '');
      sent.set(name, (sent.get(name) ?? 0) + 1);
      if (/Get|Query/.test(name) && !consistent(args.input)) weakReads.push(name);
      return next(args);
    },
    { step: 'initialize', name: 'counting' },
  );
});
afterAll(() => world.stop());

beforeEach(async () => {
  tableName = await world.createTable();
  registry = createDynamoDBRegistry({ client: world.client(), tableName, clock: jumpingClock() });
  await registry.open(connectionOf('a'));
  await registry.initialise('a', { dialect: 'graphql-transport-ws' });
  weakReads.length = 0;
});

/** The rows that so many subscribers leave, each of a value of its own: made in memory, where 3,000 requests cost little. */
async function rowsOfOthers(count: number): Promise<TableRow[]> {
  const client = new DynamoDBTable({ tableName });
  const others = createDynamoDBRegistry({ client, tableName, clock: jumpingClock() });
  for (let n = 0; n < count; n += 1) {
    const alternatives = [equal({ title: `other ${n}` })];
    const connectionId = `others ${Math.floor(n / 20)}`;
    if (n % 20 === 0) await others.open(connectionOf(connectionId));
    expect(await others.subscribe(subscriptionOf(connectionId, `${n}`, { alternatives }))).toBe('active');
  }
  return client.rows().filter(({ pk }) => /^KEY#|^CONN#/.test(String(pk)));
}

async function putAll(rows: readonly TableRow[]): Promise<void> {
  const puts = rows.map((Item) => ({ PutRequest: { Item } }));
  await mapConcurrently(chunk(puts, 25), 8, async (batch) => {
    const { UnprocessedItems } = await world
      .client()
      .send(new BatchWriteCommand({ RequestItems: { [tableName]: batch } }));
    expect(UnprocessedItems).toEqual({});
  });
}

describe('registry counting', () => {
  test('C10 work follows matches: with 1,000 subscribers of other values a change costs the requests it costs with one', async () => {
    const change = async () => {
      const found = await lookUp(registry, equal({ title: 'mine' }));
      return { found: idsOf(found), requests: counts() };
    };
    await registry.subscribe(subscriptionOf('a', 'mine', { alternatives: [equal({ title: 'mine' })] }));
    const alone = await counted(change);
    expect(alone).toEqual({ found: ['a/mine'], requests: { Query: 2 } });
    await putAll(await rowsOfOthers(1_000));
    expect((await scan(world.client(), tableName)).length).toBeGreaterThan(2_000);
    expect(await counted(change)).toEqual(alone);
  }, 60_000);

  test('C10 work follows matches: equal filter keys of a batch are looked up once, and a table nobody watches costs one read', async () => {
    await registry.subscribe(subscriptionOf('a', '1', { alternatives: [equal({ title: 'x' })] }));
    const [lookup] = await lookupsOf(registry, equal({ title: 'x' }));
    const asked = lookup ? [lookup, lookup, lookup] : [];
    const found = await counted(() => registry.candidates(asked));
    expect([...found.values()].flat()).toHaveLength(1);
    expect(counts()).toEqual({ Query: 1 });
    await counted(() => lookUp(registry, equal({ title: 'x' }), 'Unwatched'));
    expect(counts()).toEqual({ Query: 1 });
  });

  test('C10 work follows matches: the empty shape costs its four shards, and a long filter one read by hundreds', async () => {
    const long = { alternatives: [equal({})], filter: 'f'.repeat(401), maxOnConnection: 101 };
    await Promise.all(
      Array.from({ length: 101 }, (_, n) => registry.subscribe(subscriptionOf('a', `${n}`, long))),
    );
    const found = await counted(() => lookUp(registry, equal({})));
    expect(found).toHaveLength(101);
    expect(counts()).toEqual({ Query: 1 + 4, BatchGetItem: 2 });
  });

  test('P11: connecting and init cost one batch and one update, and an identity that comes with init one batch and one look more', async () => {
    await counted(() => registry.open(connectionOf('b')));
    expect(counts()).toEqual({ BatchWriteItem: 1 });
    // META, which says who was first; what sweeps read is told by the first of them.
    await counted(() => registry.initialise('b', { dialect: 'graphql-transport-ws' }));
    expect(counts()).toEqual({ UpdateItem: 1 });
    await counted(() => registry.initialise('b', { dialect: 'graphql-transport-ws' }));
    expect(counts()).toEqual({ UpdateItem: 1 });
    await counted(() => registry.speak('b', 'apollo'));
    expect(counts()).toEqual({ UpdateItem: 2 });
    const { identity: _, ...bare } = connectionOf('c');
    await registry.open(bare);
    const { dialect: __, ...unspoken } = connectionOf('d');
    await registry.open(unspoken);
    const identity = { kind: 'api-key', hash: 'h' } as const;
    await counted(() => registry.initialise('c', { dialect: 'graphql-transport-ws', identity }));
    expect(counts()).toEqual({ UpdateItem: 1, BatchWriteItem: 1, GetItem: 1 });
    await counted(() => registry.speak('d', 'apollo'));
    expect(counts()).toEqual({ UpdateItem: 1 });
    await counted(() => registry.noteExpiry('c', 10));
    expect(counts()).toEqual({ UpdateItem: 1 });
  });

  test('P11: subscribing costs four requests once the process has met shape and document, and completing four', async () => {
    await counted(() => registry.subscribe(subscriptionOf('a', '1')));
    // The first: the table's shapes are read, the shape and the document written.
    expect(counts()).toEqual({ Query: 2, PutItem: 2, UpdateItem: 1, BatchWriteItem: 1, BatchGetItem: 1 });
    await counted(() => registry.subscribe(subscriptionOf('a', '2')));
    expect(counts()).toEqual({ PutItem: 1, BatchWriteItem: 1, Query: 1, BatchGetItem: 1 });
    await counted(() => registry.complete('a', '2'));
    expect(counts()).toEqual({ UpdateItem: 1, BatchWriteItem: 1, BatchGetItem: 1, DeleteItem: 1 });
    await counted(() => registry.complete('a', 'unknown'));
    expect(counts()).toEqual({ UpdateItem: 1, PutItem: 1 });
  });

  test('P11: storing costs a write between two looks, a lock a write and a look, and reading or giving back one request', async () => {
    await counted(() => registry.readStore('a'));
    expect(counts()).toEqual({ GetItem: 1 });
    await counted(() => registry.updateStore('a', 0, new Map([['x', 1]])));
    expect(counts()).toEqual({ GetItem: 2, PutItem: 1 });
    const token = await counted(() => registry.lock('a', 1_000));
    expect(counts()).toEqual({ PutItem: 1, GetItem: 1 });
    await counted(() => registry.lock('a', 1_000));
    expect(counts()).toEqual({ PutItem: 1 });
    await counted(() => registry.unlock('a', token ?? ''));
    expect(counts()).toEqual({ DeleteItem: 1 });
  });

  test('P11: closing costs one mark, one query, and its rows in batches of 25, those under filter keys first, and one look by hundred of these', async () => {
    const alternatives = [equal({ title: 'x' }), equal({ title: 'y' })];
    for (let n = 0; n < 30; n += 1) await registry.subscribe(subscriptionOf('a', `${n}`, { alternatives }));
    await counted(() => registry.close('a'));
    // 60 rows under filter keys, then 30 SUB rows with ID and LIVE.
    expect(counts()).toEqual({
      UpdateItem: 1,
      Query: 1,
      BatchWriteItem: Math.ceil(92 / 25),
      BatchGetItem: 1,
    });
    const few = await counted(() => registry.close('a'));
    expect(few).toBe(0);
    expect(counts()).toEqual({ UpdateItem: 1, Query: 1, BatchWriteItem: 1 });
  });

  test('P11: reaping costs what a close costs, a place one read or one write', async () => {
    for (let n = 0; n < 30; n += 1) await registry.subscribe(subscriptionOf('a', `${n}`));
    const rows = (await lookUp(registry, equal({ title: '買い物' }))).map(({ row }) => row);
    expect(await counted(() => registry.reap('a', rows))).toBe(30);
    expect(counts()).toEqual({
      UpdateItem: 1,
      Query: 1,
      BatchWriteItem: Math.ceil(62 / 25),
      BatchGetItem: 1,
    });
    const place = { eventId: 'e', done: [{ through: 'a', records: ['1'] }] };
    await counted(() => registry.savePlace(place));
    expect(counts()).toEqual({ PutItem: 1 });
    expect(await counted(() => registry.readPlace('e'))).toEqual(place);
    expect(counts()).toEqual({ GetItem: 1 });
  });

  test('R2: no read of the registry is weakly consistent or uses an index', async () => {
    await registry.subscribe(subscriptionOf('a', '1', { filter: 'f'.repeat(500) }));
    await lookUp(registry, equal({ title: '買い物' }));
    await registry.document(subscriptionOf('a', '1').document.hash);
    await registry.subscriptions('a');
    await registry.connection('a');
    await registry.speak('a', 'appsync');
    await registry.updateStore('a', 0, new Map());
    await registry.readStore('a');
    await registry.lock('a', 1_000);
    await registry.readPlace('e');
    for await (const connection of registry.live()) expect(connection.connectionId).toBe('a');
    await registry.complete('a', '1');
    await registry.close('a');
    expect(weakReads).toEqual([]);
    expect(sent.get('Scan')).toBeUndefined();
  });
});
