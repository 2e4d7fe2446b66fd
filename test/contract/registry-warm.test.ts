import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import { partitionOf, versionKey } from '../../src/adapters/dynamodb/rows.ts';
import { filterKey } from '../../src/filter/keys.ts';
import type { Registry } from '../../src/relay/ports.ts';
import { DynamoDBTable, type TableStep } from '../../src/testing/dynamodb-table.ts';
import {
  connectionOf,
  equal,
  FIELD,
  idsOf,
  LIFE_SECONDS,
  lookUp,
  subscriptionOf,
} from './registry-samples.ts';
import { jumpingClock } from './registry-worlds.ts';

const ALL = equal({});
const VERSION = versionKey(filterKey(FIELD, ALL)).pk;

/** A relay table, a reader that keeps keys of ten rows or more, and what is asked of the table. */
function warmReader(warm: { minRows: number; maxRows: number } | undefined = { minRows: 10, maxRows: 100 }) {
  const clock = jumpingClock();
  const steps: TableStep[] = [];
  const refused = { operation: '', after: async () => {} };
  const client = new DynamoDBTable({
    tableName: 'relay',
    step: async (step) => {
      steps.push(step);
      if (step.operation !== refused.operation || step.pk !== VERSION) return 'apply';
      const { after } = refused;
      Object.assign(refused, { operation: '', after: async () => {} });
      await after();
      refused.operation = step.operation;
      throw new Error('throttled');
    },
  });
  const counted = new Map<string, number>();
  const metrics = {
    count: (name: string, value = 1) => void counted.set(name, (counted.get(name) ?? 0) + value),
    measure: (name: string, value: number) => void counted.set(name, value),
  };
  const another = () => createDynamoDBRegistry({ client, tableName: 'relay', clock });
  const reader = createDynamoDBRegistry({
    client,
    tableName: 'relay',
    clock,
    metrics,
    ...(warm.minRows > 0 && { warm }),
  });
  /** Reads of the table that one batch makes, after that for its shapes, and what it finds. */
  const batch = async () => {
    steps.length = 0;
    const found = idsOf(await lookUp(reader, ALL));
    const reads = steps.filter(({ operation }) => operation === 'Query').length - 1;
    return { found, reads };
  };
  const version = () => client.rows().find(({ pk }) => pk === VERSION);
  return { clock, client, steps, refused, counted, another, batch, version };
}

async function subscribeAll(registry: Registry, from: number, count: number, given = {}): Promise<void> {
  for (let n = from; n < from + count; n += 1) {
    await registry.open(connectionOf(`c${n}`, given));
    const subscription = subscriptionOf(`c${n}`, '1', { alternatives: [ALL], ...given });
    expect(await registry.subscribe(subscription)).toBe('active');
  }
}

test('a key of few rows has no version row, and is read as ever; the one that makes it large is', async () => {
  const { another, batch, version } = warmReader();
  await subscribeAll(another(), 0, 9);
  for (let n = 0; n < 3; n += 1) expect((await batch()).reads).toBe(4);
  expect(version()).toBeUndefined();
  await subscribeAll(another(), 9, 1);
  expect((await batch()).reads).toBe(4);
  expect(version()).toBeDefined();
  expect((await batch()).reads).toBe(4);
  const { found, reads } = await batch();
  expect([found.length, reads]).toEqual([10, 0]);
});

test('a registry that is not told to keep rows makes no version row, and asks for none', async () => {
  const { another, batch, version, steps } = warmReader({ minRows: 0, maxRows: 100 });
  await subscribeAll(another(), 0, 12);
  for (let n = 0; n < 3; n += 1) expect((await batch()).reads).toBe(4);
  expect(version()).toBeUndefined();
  expect(steps.some(({ operation }) => operation === 'BatchGetItem')).toBe(false);
});

test('C4 isolation: a version row that cannot be made, or made to last, costs the batch nothing', async () => {
  const { another, batch, version, refused, clock } = warmReader();
  await subscribeAll(another(), 0, 12, { expiresAt: clock.now() / 1_000 + 3 * LIFE_SECONDS });
  refused.operation = 'PutItem';
  for (let n = 0; n < 3; n += 1) expect((await batch()).found).toHaveLength(12);
  expect(version()).toBeUndefined();
  refused.operation = 'UpdateItem';
  for (let n = 0; n < 2; n += 1) expect((await batch()).found).toHaveLength(12);
  const made = version();
  expect(made).toBeDefined();
  clock.advance(LIFE_SECONDS * 1_000 + 1_000);
  expect((await batch()).found).toHaveLength(12);
  expect(version()).toEqual(made);
  refused.operation = '';
  expect((await batch()).found).toHaveLength(12);
  // Its counters and its nonce stay: what readers hold is as good as before.
  expect(version()).toEqual({ ...made, expiresAt: Math.floor(clock.now() / 1_000) + 2 * LIFE_SECONDS });
});

describe('C1 active: a count that the table refuses', () => {
  const inShard = (shard: number, nth: number) =>
    Array.from({ length: 200 }, (_, n) => `d${n}`).filter((id) => partitionOf(id, 4) === shard)[nth] ?? '';

  /** One subscriber's count is refused after another has counted, or nobody. */
  async function refusing(other: string | undefined) {
    const { another, batch, refused } = warmReader();
    await subscribeAll(another(), 0, 12);
    for (let n = 0; n < 3; n += 1) await batch();
    const subscribe = async (id: string) => {
      const registry = another();
      await registry.open(connectionOf(id));
      return registry.subscribe(subscriptionOf(id, '1', { alternatives: [ALL] }));
    };
    refused.operation = 'UpdateItem';
    if (other !== undefined) refused.after = async () => void (await subscribe(other));
    const own = inShard(1, 0);
    const outcome = await subscribe(own).catch((fault) => fault.code);
    return { outcome, isFound: (await batch()).found.includes(`${own}/1`) };
  }

  test('is made up for by a later one of the same shard', async () => {
    expect(await refusing(inShard(1, 1))).toEqual({ outcome: 'active', isFound: true });
  });

  test.each([
    ['none', undefined],
    ['one of another shard', inShard(2, 0)],
  ])('is not made up for by %s: nobody is told that it is active', async (_, other) => {
    expect(await refusing(other)).toEqual({ outcome: 'REGISTRY_UNAVAILABLE', isFound: false });
  });
});

test('a version row is made to last by readers for as long as its key is large, and no longer', async () => {
  const { another, batch, version, clock } = warmReader();
  await subscribeAll(another(), 0, 12, { expiresAt: clock.now() / 1_000 + LIFE_SECONDS });
  for (let n = 0; n < 3; n += 1) await batch();
  const made = version();
  clock.advance(LIFE_SECONDS * 1_000 + 1_000);
  expect((await batch()).found).toEqual([]);
  expect(version()).toEqual(made);
});

test('what nobody told of is found for five minutes at most: rows that went with whoever was to count them', async () => {
  const { another, batch, client, clock } = warmReader();
  await subscribeAll(another(), 0, 12);
  for (let n = 0; n < 3; n += 1) await batch();
  const [gone] = client.rows().filter(({ pk, sk }) => /^KEY#/.test(String(pk)) && /^c3#/.test(String(sk)));
  const Key = { pk: gone?.['pk'], sk: gone?.['sk'] };
  await client.send(new DeleteCommand({ TableName: 'relay', Key }));
  expect((await batch()).found).toContain('c3/1');
  clock.advance(5 * 60_000);
  const { found, reads } = await batch();
  expect([found.length, reads]).toEqual([11, 4]);
  expect(found).not.toContain('c3/1');
  expect((await batch()).reads).toBe(0);
});

test('C1 active: two batches at once of one process each find everybody who was active when they began', async () => {
  const { another, batch } = warmReader();
  await subscribeAll(another(), 0, 12);
  for (let n = 0; n < 3; n += 1) await batch();
  for (let n = 0; n < 8; n += 1) {
    await subscribeAll(another(), 20 + n, 1);
    for (const { found } of await Promise.all([batch(), batch(), batch()]))
      expect(found).toHaveLength(13 + n);
  }
});

test('a filter too long for its row is kept with it, and not fetched again', async () => {
  const { another, batch, steps } = warmReader();
  await subscribeAll(another(), 0, 12, { filter: 'f'.repeat(401) });
  for (let n = 0; n < 3; n += 1) expect((await batch()).found).toHaveLength(12);
  const read = steps.filter(({ operation }) => operation === 'BatchGetItem').map(({ pk }) => pk);
  expect(read).toEqual([VERSION]);
});

test('what is kept and how often it was used is counted', async () => {
  const { another, batch, counted } = warmReader();
  await subscribeAll(another(), 0, 12);
  for (let n = 0; n < 4; n += 1) await batch();
  expect(Object.fromEntries(counted)).toEqual({ 'warm.load': 4, 'warm.hit': 2 * 4, 'warm.rows': 12 });
  await subscribeAll(another(), 20, 1);
  await batch();
  expect(Object.fromEntries(counted)).toEqual({ 'warm.load': 5, 'warm.hit': 3 * 4 - 1, 'warm.rows': 13 });
});
