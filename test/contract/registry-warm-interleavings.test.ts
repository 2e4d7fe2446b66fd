import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  isVersionPartition,
  type WarmAction,
  type WarmMutant,
  WarmWorld,
  watchedPartitions,
} from './registry-warm-world.ts';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Every request's effect on every row is released by the scheduler, one at a time, each run to its next wait. */
const scheduler = fc.scheduler({
  act: async (release) => {
    await release();
    await nextTurn();
  },
});

const id = fc.constantFrom('1', '2');
const title = fc.constantFrom('x' as const, 'y' as const);
const reader = fc.constantFrom('warm' as const, 'cold' as const);
const action: fc.Arbitrary<WarmAction> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('subscribe' as const),
      id,
      titles: fc.constantFrom<('x' | 'y')[]>(['x'], ['y'], ['x', 'y']),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('complete' as const), id }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('reuse' as const, 'hand over' as const),
      id,
      titles: fc.tuple(title, title),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'close' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('batches' as const),
      reader,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('expire' as const), title }) },
);

async function run(
  s: fc.Scheduler,
  actions: readonly WarmAction[],
  mutant?: WarmMutant,
  repeats?: boolean,
): Promise<void> {
  let isScheduled = false;
  const world = new WarmWorld(
    async ({ operation, pk }) => {
      if (isScheduled) await s.schedule(Promise.resolve(), `${operation} ${pk}`);
    },
    mutant,
    repeats,
  );
  await world.open();
  isScheduled = true;
  await s.waitFor(Promise.all(actions.map((each) => world.play(each))));
  isScheduled = false;
  await world.settle();
}

/** As {@link run}, of subscribers alone, some of whose counts are refused. */
async function runRefusing(
  s: fc.Scheduler,
  actions: readonly WarmAction[],
  refused: readonly boolean[],
  mutant?: WarmMutant,
): Promise<number> {
  let isScheduled = false;
  let refusals = 0;
  const rest = [...refused];
  const world = new WarmWorld(async ({ operation, pk }) => {
    if (!isScheduled) return;
    await s.schedule(Promise.resolve(), `${operation} ${pk}`);
    if (operation !== 'UpdateItem' || !isVersionPartition(pk) || !rest.shift()) return;
    refusals += 1;
    throw new Error('throttled');
  }, mutant);
  await world.open();
  isScheduled = true;
  await s.waitFor(Promise.all(actions.map((each) => world.play(each))));
  isScheduled = false;
  for (const reader of ['warm', 'cold'] as const) await world.batch(reader);
  return refusals;
}

const refusals = fc.array(fc.boolean(), { minLength: 4, maxLength: 8 });

const property = (actions: fc.Arbitrary<readonly WarmAction[]>, mutant?: WarmMutant) =>
  fc.asyncProperty(scheduler, actions, (s, each) => run(s, each, mutant));

/** Both readers, each through more batches than it takes to hold rows, beside `others`. */
const beside = (...others: WarmAction[]): WarmAction[] => [
  ...others,
  { kind: 'batches', reader: 'cold', count: 4 },
  { kind: 'batches', reader: 'warm', count: 3 },
];

const subscribe = { kind: 'subscribe', id: '1', titles: ['x'] } satisfies WarmAction;
const subscribers: WarmAction[] = ['1', '2', '3'].map((each) => ({ ...subscribe, id: each }));
const handOver: WarmAction = { kind: 'hand over', id: '1', titles: ['x', 'y'] };
const expire: WarmAction = { kind: 'expire', title: 'x' };

describe('warm sets: whatever order the requests of subscribers and readers fall in', () => {
  test('C1 active means active, and what was ended is found no more: any actions', async () => {
    await fc.assert(property(fc.array(action, { minLength: 2, maxLength: 6 })), { numRuns: 50 });
  }, 60_000);

  test.each<[string, WarmAction[]]>([
    ['a subscribe, a cold and a warm reader', beside(subscribe)],
    ['a subscribe while the version row goes and comes again', beside(subscribe, expire)],
    ['an id that is had again under another key', beside(handOver)],
    ['a subscribe and its complete', beside(subscribe, { kind: 'complete', id: '1' }, expire)],
    ['a subscribe and a close', beside(subscribe, { kind: 'close' })],
  ])(
    'C1 active means active, and what was ended is found no more: %s',
    async (_, actions) => {
      await fc.assert(property(fc.constant(actions)), { numRuns: 20 });
    },
    60_000,
  );

  test('C1 active means active, and what was ended is found no more: any actions, each write of which the SDK repeats', async () => {
    const actions = fc.array(action, { minLength: 2, maxLength: 5 });
    const repeated = fc.asyncProperty(scheduler, actions, (s, each) => run(s, each, undefined, true));
    await fc.assert(repeated, { numRuns: 16 });
  }, 60_000);

  test('C1 active means active: some counts are refused, and who is acknowledged all the same is found', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(scheduler, refusals, async (s, each) => {
        refused += await runRefusing(s, beside(...subscribers), each);
      }),
      { numRuns: 20 },
    );
    expect(refused).toBeGreaterThan(20);
  }, 60_000);
});

/** Runs `scenario` once for every order in which the steps it asks for can be released. */
async function inEveryOrder(
  scenario: (step: (isRelevant: boolean) => Promise<void>) => Promise<void>,
): Promise<number> {
  let path: number[] = [];
  for (let runs = 1; ; runs += 1) {
    const waiting: (() => void)[] = [];
    const options: number[] = [];
    let isDone = false;
    let fault: unknown;
    const running = scenario((isRelevant) =>
      isRelevant ? new Promise<void>((resolve) => waiting.push(resolve)) : Promise.resolve(),
    ).then(
      () => {
        isDone = true;
      },
      (error: unknown) => {
        isDone = true;
        fault = error;
      },
    );
    while (!isDone) {
      await nextTurn();
      if (waiting.length === 0) continue;
      const chosen = path[options.length] ?? 0;
      options.push(waiting.length);
      waiting.splice(chosen, 1)[0]?.();
    }
    await running;
    if (fault) throw fault;
    const taken = options.map((_, depth) => path[depth] ?? 0);
    const last = taken.findLastIndex((chosen, depth) => chosen + 1 < (options[depth] ?? 0));
    if (last < 0) return runs;
    path = [...taken.slice(0, last), (taken[last] ?? 0) + 1];
  }
}

const watched = watchedPartitions('x');

/** Steps on rows under filter keys of `x` in the shard of connection `a`, and on its version row: the rest runs on. */
async function everyOrder(actions: readonly WarmAction[], warmBatches: number): Promise<number> {
  return inEveryOrder(async (step) => {
    let isScheduled = false;
    const world = new WarmWorld(({ pk }) => step(isScheduled && watched.has(pk)));
    await world.open();
    isScheduled = true;
    const batches = async () => {
      for (let n = 0; n < warmBatches; n += 1) await world.batch('warm');
    };
    await Promise.all([...actions.map((each) => world.play(each)), batches()]);
    isScheduled = false;
    await world.settle();
  });
}

describe('warm sets: every order there is', () => {
  test.each<[string, WarmAction[], number, number]>([
    [
      'a subscribe, the end of the version row, and two batches of a reader that holds rows',
      [subscribe, expire],
      2,
      100,
    ],
    [
      'a subscribe, and three batches of a reader that comes to hold rows',
      [subscribe, { kind: 'batches', reader: 'cold', count: 3 }],
      0,
      50,
    ],
    [
      'a subscribe while another reader makes the version row anew, and a batch of one that holds rows of before',
      [subscribe, expire, { kind: 'batches', reader: 'cold', count: 1 }],
      1,
      500,
    ],
    [
      'an id that is had again under the same key, and two batches of a reader that holds rows',
      [{ kind: 'reuse', id: '1', titles: ['x', 'x'] }],
      2,
      100,
    ],
  ])(
    'C1 active means active, and what was ended is found no more: %s',
    async (_, actions, warmBatches, least) => {
      expect(await everyOrder(actions, warmBatches)).toBeGreaterThan(least);
    },
    60_000,
  );
});

describe('the suite can fail: it finds a violation', () => {
  test.each<[WarmMutant, WarmAction[]]>([
    ['subscribe does not count', beside(subscribe)],
    ['complete does not count', beside(subscribe, { kind: 'complete', id: '1' })],
    ['complete counts once the id is free', beside(handOver)],
    ['the version is read after the rows', beside(subscribe)],
    ['the nonce is ignored', beside(subscribe, expire)],
  ])(
    'when %s',
    async (mutant, actions) => {
      const result = await fc.check(property(fc.constant(actions), mutant), {
        numRuns: 2_000,
        seed: 1,
        endOnFailure: true,
      });
      expect(result.failed).toBe(true);
      expect(String(result.errorInstance)).toMatch(/expect\(/);
    },
    60_000,
  );

  test('when a count that is refused is passed over', async () => {
    const refusing = fc.asyncProperty(scheduler, refusals, async (s, each) => {
      await runRefusing(s, beside(...subscribers), each, 'a count that is refused is passed over');
    });
    const result = await fc.check(refusing, { numRuns: 500, seed: 1, endOnFailure: true });
    expect(result.failed).toBe(true);
    expect(String(result.errorInstance)).toMatch(/expect\(/);
  }, 60_000);
});
