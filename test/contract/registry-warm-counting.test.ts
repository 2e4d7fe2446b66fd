import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { batchWrite } from '../../src/adapters/dynamodb/batch.ts';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import { partitionOf } from '../../src/adapters/dynamodb/rows.ts';
import { placeRows } from '../../src/adapters/dynamodb/subscription-rows.ts';
import type { Equalities } from '../../src/filter/expression.ts';
import { filterKey, hash128 } from '../../src/filter/keys.ts';
import type { Candidate, FoundCandidates, Registry } from '../../src/relay/ports.ts';
import { countRequests, type RequestCounts } from '../../src/testing/request-counts.ts';
import { connectionOf, equal, FIELD, lookupsOf, subscriptionOf } from './registry-samples.ts';
import { type JumpingClock, jumpingClock, localWorld } from './registry-worlds.ts';

const world = localWorld();
const WARM = { minRows: 1_000, maxRows: 100_000 };

let requests: RequestCounts;
let clock: JumpingClock;
let tableName: string;

beforeAll(async () => {
  await world.start();
  requests = countRequests(world.client());
});
afterAll(() => world.stop());
beforeEach(async () => {
  tableName = await world.createTable();
  clock = jumpingClock();
});

const process = (warm = WARM): Registry =>
  createDynamoDBRegistry({ client: world.client(), tableName, clock, warm });

/** As API Gateway and the usual clients make them: 16 characters, and a UUID. */
const connectionId = (n: number) => `${hash128(`connection ${n}`).slice(0, 15)}=`;
const clientId = (n: number) => `0b0e7a3c-58a1-4a70-9d1c-${String(n).padStart(12, '0')}`;

/** A subscriber of `onCreateTodo`, as the relay stores it: its document is its rendering key. */
const subscriber = (n: number, equalities: Equalities) => {
  const document = { hash: hash128('{onCreateTodo{id title memo priority completed}}'), text: 'unread' };
  return subscriptionOf(connectionId(n), clientId(n), {
    alternatives: [equalities],
    filter: JSON.stringify([...equalities].map(([name, value]) => ['eq', name, value])),
    document,
    renderingKey: document.hash,
  });
};

/** The first of each shape subscribes, so that its shape is there; the rows of the others are written as they would be. */
async function subscribers(count: number, wish: (n: number) => Equalities): Promise<void> {
  const registry = process();
  await registry.open(connectionOf(connectionId(0)));
  expect(await registry.subscribe(subscriber(0, wish(0)))).toBe('active');
  const [shape] = await registry.shapes('Todos');
  const shards = shape?.shards ?? 1;
  const rows = Array.from({ length: count - 1 }, (_, nth) => {
    const n = nth + 1;
    const equalities = wish(n);
    const key = filterKey(FIELD, equalities);
    const shard = partitionOf(connectionId(n), shards);
    const placement = { names: [...equalities.keys()], filterKey: key, shard, shards };
    return placeRows(
      subscriber(n, equalities),
      hash128(clientId(n)),
      `${n}`.padStart(16, 'n'),
      [placement],
      400,
    );
  });
  const table = { client: world.client(), name: tableName, clock, random: () => 0.5 };
  await batchWrite(table, { put: rows.flat() });
}

interface Cost {
  readonly requests: number;
  readonly readUnits: number;
  readonly queries: number;
  readonly batches: number;
}

/** One batch of changes to an item, as delivery reads it: `repeats` events that share their filter keys. */
async function batch(registry: Registry, item: Equalities, repeats = 1) {
  requests.reset();
  const lookups = await lookupsOf(registry, item);
  const found = await registry.candidates(Array.from({ length: repeats }, () => lookups).flat());
  const { total, byOperation } = requests;
  const cost: Cost = {
    requests: total.requests,
    readUnits: total.readUnits,
    queries: byOperation.get('Query')?.requests ?? 0,
    batches: byOperation.get('BatchGetItem')?.requests ?? 0,
  };
  return { found: [...found.values()].flat(2), parts: partsOf(found), cost };
}

const partsOf = (found: ReadonlyMap<string, FoundCandidates>): ReadonlySet<readonly Candidate[]> =>
  new Set([...found.values()].flat());

describe('reads of a batch, as DynamoDB bills them', () => {
  test('P4: of 10,000 subscribers with one equality the 100 that match cost 2 requests and at most 11 units, however many events share their key', async () => {
    await subscribers(10_000, (n) => equal({ title: `list ${n % 100}` }));
    const registry = process();
    for (const repeats of [1, 50]) {
      const { found, cost } = await batch(registry, equal({ title: 'list 7' }), repeats);
      expect(found).toHaveLength(100);
      expect(cost.requests).toBe(2);
      expect(cost.readUnits).toBeLessThanOrEqual(11);
    }
  }, 60_000);

  test('P4: of 10,000 subscribers to everything no row is read again while nobody comes or goes, and one shard when somebody does', async () => {
    await subscribers(10_000, () => equal({}));
    const registry = process();
    const cold = await batch(registry, equal({}));
    const loading = await batch(registry, equal({}));
    const warm = await batch(registry, equal({}));
    for (const { found } of [cold, loading, warm])
      expect(new Set(found.map(({ clientId: id }) => id)).size).toBe(10_000);
    expect(cold.cost).toMatchObject({ queries: 1 + 4, batches: 0 });
    expect(cold.cost.readUnits).toBeGreaterThan(400);
    expect(loading.cost).toMatchObject({ queries: 1 + 4, batches: 1 });
    // The shapes, and the version: one item each.
    expect(warm.cost).toEqual({ requests: 2, queries: 1, batches: 1, readUnits: 2 });
    // What was built over a part may be kept with it.
    expect(warm.parts.size).toBe(4);
    for (const part of warm.parts) expect(loading.parts.has(part)).toBe(true);

    await registry.open(connectionOf('late'));
    await process().subscribe({ ...subscriber(1, equal({})), connectionId: 'late' });
    const after = await batch(registry, equal({}));
    expect(after.found).toHaveLength(10_001);
    expect(after.cost).toMatchObject({ queries: 2, batches: 1 });
    expect([...after.parts].filter((part) => warm.parts.has(part))).toHaveLength(3);

    await process().complete('late', clientId(1));
    const left = await batch(registry, equal({}));
    expect(left.found).toHaveLength(10_000);
    expect(left.cost).toMatchObject({ queries: 2, batches: 1 });
    expect((await batch(registry, equal({}), 20)).cost).toEqual(warm.cost);
  }, 60_000);

  test('C10 work follows matches: in, or and two equalities cost the same beside 1,000 others as alone, in requests and units', async () => {
    const mine: [string, readonly Equalities[], Equalities][] = [
      ['in', [equal({ title: 'a' }), equal({ title: 'b' })], equal({ title: 'b' })],
      ['or', [equal({ title: 'c' }), equal({ owner: 'd' })], equal({ title: 'z', owner: 'd' })],
      ['two equalities', [equal({ title: 'e', owner: 'f' })], equal({ title: 'e', owner: 'f' })],
    ];
    const registry = process();
    await registry.open(connectionOf('me'));
    for (const [id, alternatives] of mine)
      expect(await registry.subscribe(subscriptionOf('me', id, { alternatives }))).toBe('active');
    const costs = async () => {
      const all: Cost[] = [];
      for (const [id, , item] of mine) {
        const { found, cost } = await batch(registry, item);
        expect(found.map(({ clientId: each }) => each)).toEqual([id]);
        all.push(cost);
      }
      return all;
    };
    const alone = await costs();
    // Three shapes: one query each beside that for the shapes, and a unit each, found or not.
    expect(alone).toEqual(
      Array.from({ length: 3 }, () => ({ requests: 4, queries: 4, batches: 0, readUnits: 4 })),
    );
    await subscribers(1_000, (n) => equal(n % 2 ? { title: `${n}` } : { title: `${n}`, owner: `${n}` }));
    expect(await costs()).toEqual(alone);
  }, 60_000);
});

test('what is kept of warm keys is bounded: a key that is larger than all that may be kept is read as ever', async () => {
  await subscribers(60, () => equal({}));
  const registry = process({ minRows: 10, maxRows: 50 });
  for (let n = 0; n < 4; n += 1) {
    const { found, cost } = await batch(registry, equal({}));
    expect(found).toHaveLength(60);
    expect(cost).toMatchObject({ queries: 1 + 4, batches: 0 });
  }
}, 30_000);

test('P11: a subscribe asks for version rows in the request it makes anyway, and counts once where there is one', async () => {
  await subscribers(30, () => equal({}));
  const reader = process({ minRows: 10, maxRows: 50 });
  const registry = process();
  await registry.open(connectionOf('a'));
  const subscribe = async (id: string) => {
    requests.reset();
    expect(await registry.subscribe({ ...subscriber(1, equal({})), connectionId: 'a', clientId: id })).toBe(
      'active',
    );
    return Object.fromEntries([...requests.byOperation].map(([name, { requests: sent }]) => [name, sent]));
  };
  await subscribe('first');
  expect(await subscribe('unversioned')).toEqual({
    PutItem: 1,
    BatchWriteItem: 1,
    Query: 1,
    BatchGetItem: 1,
  });
  await batch(reader, equal({}));
  expect(await subscribe('versioned')).toEqual({
    PutItem: 1,
    BatchWriteItem: 1,
    Query: 1,
    BatchGetItem: 1,
    UpdateItem: 1,
  });
}, 30_000);
