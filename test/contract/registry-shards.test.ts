import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import type { Candidate, Registry } from '../../src/relay/ports.ts';
import { DynamoDBTable } from '../../src/testing/dynamodb-table.ts';
import {
  connectionOf,
  equal,
  FIELD,
  idsOf,
  LIFE_SECONDS,
  lookupsOf,
  subscriptionOf,
  TABLE,
} from './registry-samples.ts';
import {
  jumpingClock,
  localWorld,
  memoryWorld,
  modelWorld,
  type Store,
  warmWorld,
} from './registry-worlds.ts';

const LIMITS = { rowsPerShard: 5, emptyShapeShards: 4, maxEmptyShapeShards: 16, maxShapeShards: 2 };
const MINUTE = 60_000;
const REMEMBERED = 5 * MINUTE;

/** What a batch does: the shapes, then who may want an item, under names by which a shape may get more shards. */
async function lookUpShape(registry: Registry, item = equal({})): Promise<readonly Candidate[]> {
  const shapes = await registry.shapes(TABLE);
  const lookups = await lookupsOf(registry, item);
  const found = await registry.candidates(
    lookups.map((lookup, nth) => {
      const { field = FIELD, names = [] } = shapes[nth] ?? {};
      return { ...lookup, shape: { table: TABLE, field, names } };
    }),
  );
  return [...found.values()].flat(2);
}

const shardsOf = async (registry: Registry) => (await registry.shapes(TABLE))[0]?.shards;

const named = (from: number, count: number) => Array.from({ length: count }, (_, n) => `c${from + n}`);

async function subscribeAll(
  { registry: opener, clock }: Store,
  processes: readonly Registry[],
  connections: readonly string[],
  alternatives = [equal({})],
): Promise<void> {
  const expiresAt = clock.now() / 1_000 + LIFE_SECONDS;
  await Promise.all(
    connections.map(async (id, n) => {
      await opener.open(connectionOf(id, { expiresAt }));
      const registry = processes[n % processes.length] ?? opener;
      const given = { alternatives, expiresAt, activatedAt: clock.now() };
      expect(await registry.subscribe(subscriptionOf(id, '1', given))).toBe('active');
    }),
  );
}

const worlds = [
  ['memory', memoryWorld],
  ['DynamoDB on the table model', modelWorld],
  ['DynamoDB with rows in memory', warmWorld],
  ['DynamoDB Local', localWorld()],
] as const;

describe.each(worlds)('registry, shards that grow: %s', (name, world) => {
  beforeAll(() => world.start());
  afterAll(() => world.stop());

  test('C1 active means active: while a shape grows from 4 shards to 8 and 16 beside subscribers, nobody is missed', async () => {
    const store = await world.open(LIMITS);
    // One process lives on and remembers fewer shards; the other comes anew with each wave.
    const old = store.another();
    const reader = store.another();
    const active: string[] = [];
    const expectAll = async () => {
      const before = [...active];
      const found = idsOf(await lookUpShape(reader));
      expect(found).toEqual(expect.arrayContaining(before));
      expect(new Set(found).size).toBe(found.length);
    };
    for (const [wave, size] of [24, 20, 60].entries()) {
      const connections = named(100 * wave, size);
      for (let from = 0; from < size; from += 8) {
        const few = connections.slice(from, from + 8);
        await Promise.all([
          subscribeAll(store, [old, store.another()], few).then(() => {
            active.push(...few.map((id) => `${id}/1`));
          }),
          expectAll(),
        ]);
      }
      await expectAll();
      store.clock.advance(2 * MINUTE);
      await expectAll();
    }
    expect(idsOf(await lookUpShape(reader))).toEqual([...active].sort());
    expect(await shardsOf(reader)).toBe(name === 'memory' ? 4 : 16);
    await Promise.all(named(0, 24).map((id) => store.registry.close(id)));
    expect(idsOf(await lookUpShape(reader))).toEqual(active.slice(24).sort());
  }, 60_000);
});

describe('shards of a shape on the table model', () => {
  test('a shape is spread until each shard has few enough rows, to a power of two, and no further than its kind may', async () => {
    for (const [rows, alternatives, shards] of [
      [20, [equal({})], 4],
      [21, [equal({})], 8],
      [41, [equal({})], 16],
      [200, [equal({})], 16],
      [5, [equal({ title: 'x' })], 1],
      [6, [equal({ title: 'x' })], 2],
      [50, [equal({ title: 'x' })], 2],
    ] as const) {
      const store = await modelWorld.open(LIMITS);
      await subscribeAll(store, [store.registry], named(0, rows), [...alternatives]);
      const item = alternatives[0] ?? equal({});
      await lookUpShape(store.registry, item);
      expect([rows, await shardsOf(store.registry)]).toEqual([rows, shards]);
      expect(await lookUpShape(store.registry, item)).toHaveLength(rows);
    }
  });

  test('a look-up that names no shape leaves it as it is', async () => {
    const store = await modelWorld.open(LIMITS);
    await subscribeAll(store, [store.registry], named(0, 30));
    await store.registry.candidates(await lookupsOf(store.registry, equal({})));
    expect(await shardsOf(store.registry)).toBe(4);
  });

  /** A table that counts the writes of shapes, and can refuse them. */
  function watched() {
    const clock = jumpingClock();
    const seen = { raised: 0, refused: false, shapes: 0 };
    const client = new DynamoDBTable({
      tableName: 'relay',
      step: async ({ operation, pk }) => {
        if (pk === `SHAPES#${TABLE}` && operation === 'Query') seen.shapes += 1;
        if (pk === `SHAPES#${TABLE}` && operation === 'UpdateItem') seen.raised += 1;
        if (seen.refused && operation === 'UpdateItem') throw new Error('throttled');
        return 'apply';
      },
    });
    const another = () => createDynamoDBRegistry({ client, tableName: 'relay', clock, limits: LIMITS });
    return { seen, store: { registry: another(), clock, another } };
  }

  test('a count that cannot be raised costs the batch nothing, and is tried again a minute later, not sooner', async () => {
    const { seen, store } = watched();
    await subscribeAll(store, [store.registry], named(0, 30));
    seen.refused = true;
    seen.raised = 0;
    for (const expected of [1, 1]) {
      expect(await lookUpShape(store.registry)).toHaveLength(30);
      expect(seen.raised).toBe(expected);
    }
    store.clock.advance(MINUTE);
    seen.refused = false;
    await lookUpShape(store.registry);
    expect([seen.raised, await shardsOf(store.registry)]).toEqual([2, 8]);
  });

  test('a process that subscribes follows the counts that readers raise: it reads the shapes every five minutes', async () => {
    const { seen, store } = watched();
    await subscribeAll(store, [store.registry], named(0, 30));
    await lookUpShape(store.another());
    const partitions = async (id: string) => {
      await subscribeAll(store, [store.registry], [id]);
      return (await lookUpShape(store.another()))
        .filter(({ connectionId }) => connectionId === id)
        .map(({ row }) => Number(/#(\d+) /.exec(row)?.[1]));
    };
    seen.shapes = 0;
    const early = await Promise.all(named(100, 12).map(partitions));
    expect(Math.max(...early.flat())).toBeLessThan(4);
    store.clock.advance(REMEMBERED);
    seen.shapes = 0;
    await subscribeAll(store, [store.registry], ['once']);
    await subscribeAll(store, [store.registry], ['again']);
    expect(seen.shapes).toBe(1);
    const late = await Promise.all(named(200, 24).map(partitions));
    expect(Math.max(...late.flat())).toBeGreaterThanOrEqual(4);
  });
});
