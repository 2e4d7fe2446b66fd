import { describe, expect, test } from '@jest/globals';
import { createMemoryLeases } from '../../../src/adapters/memory/leases.ts';
import { createSeededRandom } from '../../../src/testing/random.ts';
import { judge, LEASE_MS, TABLE, type WorkerWorld, workerWorld } from './worker-world.ts';

const KEYS = Array.from({ length: 12 }, (_, n) => `k${n}`);

const writeFor = async (t: WorkerWorld, seconds: number) => {
  for (let second = 0; second < seconds; second += 1) {
    for (const key of KEYS) t.write(key);
    await t.clock.advance(1_000);
  }
};

describe('told to stop at a bad moment', () => {
  test('while the stream is off it ends at once, and cleanly', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    t.streams.disable(TABLE);
    await t.clock.advance(60_000);
    const from = t.clock.now();
    expect(await a.stop()).toBe('clean');
    expect(t.clock.now() - from).toBeLessThan(100);
    expect(t.clock.pending).toBe(0);
  });

  test('while a gap is told and nobody answers, it is cut, and the next tells it', async () => {
    const t = workerWorld();
    const a = t.worker('a', { onGap: () => new Promise<void>(() => {}) });
    await a.start();
    t.write('x');
    await t.poll();
    t.write('lost');
    t.streams.trim(t.streams.openShards(TABLE)[0] ?? '');
    await t.poll();
    expect(await a.stop(5_000)).toBe('cut');
    expect(t.gaps).toEqual([]);
    const b = t.worker('b');
    await b.start();
    await t.clock.advance(3 * LEASE_MS);
    expect(t.gaps).toHaveLength(1);
    await b.stop();
  });
});

describe('what nobody should do', () => {
  test('two workers of one name share the work, and lose and repeat nothing', async () => {
    const t = workerWorld({ shards: 4 });
    const workers = ['twin', 'twin'].map((name) => t.worker(name));
    for (const each of workers) await each.start();
    await writeFor(t, 60);
    for (const each of workers) await each.stop();
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
  });

  test('the relay table is emptied under two workers: they begin anew, and nothing is lost', async () => {
    const t = workerWorld({ shards: 3 });
    let store = createMemoryLeases();
    const leases: typeof store = {
      list: (...args) => store.list(...args),
      create: (...args) => store.create(...args),
      take: (...args) => store.take(...args),
      renew: (...args) => store.renew(...args),
      checkpoint: (...args) => store.checkpoint(...args),
      release: (...args) => store.release(...args),
      ask: (...args) => store.ask(...args),
      withdraw: (...args) => store.withdraw(...args),
      forget: (...args) => store.forget(...args),
      currentStream: (...args) => store.currentStream(...args),
      moveStream: (...args) => store.moveStream(...args),
    };
    const workers = ['a', 'b'].map((name) => t.worker(name, { leases }));
    for (const each of workers) await each.start();
    await writeFor(t, 20);
    store = createMemoryLeases();
    await writeFor(t, 40);
    expect(judge(t)).toMatchObject({ lost: [], outOfOrder: [] });
    for (const each of workers) expect(each.health()).toMatchObject({ ok: true, problems: [] });
    t.streams.disable(TABLE);
    t.streams.enable(TABLE);
    await writeFor(t, 40);
    expect(judge(t)).toMatchObject({ lost: [], outOfOrder: [] });
    expect(await store.currentStream(TABLE)).toBe(t.streams.latestStreamArn(TABLE));
    for (const each of workers) await each.stop();
  });
});

test('a minute in which nine of ten calls to the lease table are throttled', async () => {
  const t = workerWorld({ shards: 4 });
  const random = createSeededRandom(7);
  let throttled = false;
  const refuse = async () => {
    if (throttled && random.chance(0.9)) throw new Error('throttled');
  };
  const { leases: real } = t;
  const leases: typeof real = {
    ...real,
    list: async (...args) => refuse().then(() => real.list(...args)),
    take: async (...args) => refuse().then(() => real.take(...args)),
    renew: async (...args) => refuse().then(() => real.renew(...args)),
    // Some are done all the same, and only the answer is lost.
    checkpoint: async (...args) => {
      const done = await real.checkpoint(...args);
      await refuse();
      return done;
    },
    release: async (...args) => refuse().then(() => real.release(...args)),
  };
  const workers = ['a', 'b'].map((name) => t.worker(name, { leases }));
  for (const each of workers) await each.start();
  await writeFor(t, 20);
  throttled = true;
  await writeFor(t, 60);
  throttled = false;
  await writeFor(t, 30);
  expect(judge(t)).toMatchObject({ lost: [], outOfOrder: [] });
  for (const each of workers) expect(each.health()).toMatchObject({ ok: true, problems: [] });
  for (const each of workers) await each.stop();
});
