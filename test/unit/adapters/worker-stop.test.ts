import { describe, expect, test } from '@jest/globals';
import { judge, LEASE_MS, TABLE, workerWorld } from './worker-world.ts';

const KEYS = Array.from({ length: 24 }, (_, n) => `k${n}`);

describe('stopping', () => {
  test('T4: the page is finished and written down, the leases are free at once, and the next worker repeats nothing', async () => {
    const t = workerWorld({ shards: 3 });
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      batchSize: 5,
      deliver: async (records, how) => {
        await t.clock.sleep(400);
        return deliver(records, how);
      },
    });
    await a.start();
    for (const key of KEYS) t.write(key);
    await t.clock.advance(300);
    expect(await a.stop()).toBe('clean');
    expect(t.by('a').length).toBeGreaterThan(0);
    expect(t.by('a').length).toBeLessThan(KEYS.length);
    expect(await t.shares()).toEqual({});
    expect(t.counts.get('worker.lease-released')).toBe(3);
    const at = t.clock.now();
    const b = t.worker('b');
    await b.start();
    await t.poll();
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    const first = t.delivered.find(({ worker }) => worker === 'b');
    expect((first?.at ?? Infinity) - at).toBeLessThan(1_000);
    await b.stop();
  });

  test('a worker beside it takes over within a round', async () => {
    const t = workerWorld({ shards: 4 });
    const a = t.worker('a');
    const b = t.worker('b');
    await a.start();
    await b.start();
    await t.poll(30_000);
    expect(await t.shares()).toEqual({ a: 2, b: 2 });
    expect(await a.stop()).toBe('clean');
    for (const key of KEYS) t.write(key);
    await t.clock.advance(LEASE_MS / 5 + 500);
    expect(await t.shares()).toEqual({ b: 4 });
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    await b.stop();
  });

  test('while it finishes its page it renews its lease, and tells delivery how much time is left', async () => {
    const t = workerWorld();
    let left: (() => number) | undefined;
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      deliver: async (records, how) => {
        left = how.remainingMs;
        await t.clock.sleep(20_000);
        return deliver(records, how);
      },
    });
    const b = t.worker('b');
    await a.start();
    await b.start();
    for (const key of KEYS) t.write(key);
    await t.clock.advance(500);
    expect(left?.()).toBe(Number.POSITIVE_INFINITY);
    const stopped = a.stopping(25_000);
    await t.clock.advance(1_000);
    expect(left?.()).toBe(24_000);
    expect(await t.shares()).toEqual({ a: 1 });
    expect(await t.clock.run(stopped)).toBe('clean');
    await t.poll(10_000);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    await b.stop();
  });

  test('when time runs out it is cut: the signal aborts, nothing is written down, and the next worker repeats the page', async () => {
    const t = workerWorld();
    let aborted = false;
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      deliver: async (records, how) => {
        const done = await deliver(records, how);
        await new Promise<void>((resolve) => how.signal.addEventListener('abort', () => resolve()));
        aborted = true;
        return done;
      },
    });
    await a.start();
    for (const key of KEYS) t.write(key);
    await t.clock.advance(500);
    const [before] = await t.leases.list(t.streams.latestStreamArn(TABLE));
    const at = t.clock.now();
    expect(await a.stop(3_000)).toBe('cut');
    expect(t.clock.now() - at).toBeLessThanOrEqual(4_000);
    expect(aborted).toBe(true);
    const [after] = await t.leases.list(t.streams.latestStreamArn(TABLE));
    expect(after?.checkpoint).toEqual(before?.checkpoint);
    const b = t.worker('b');
    await b.start();
    await t.poll(2 * LEASE_MS);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: KEYS.length });
    await b.stop();
  });

  test('a delivery that never ends, signal or no signal, does not hold the stop', async () => {
    const t = workerWorld();
    const a = t.worker('a', { deliver: () => new Promise(() => {}) });
    await a.start();
    t.write('x');
    await t.clock.advance(500);
    const at = t.clock.now();
    expect(await a.stop(2_000)).toBe('cut');
    expect(t.clock.now() - at).toBeLessThanOrEqual(3_000);
  });

  test('no page is taken once it was told, also where one follows at once', async () => {
    const t = workerWorld();
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      batchSize: 4,
      deliver: async (records, how) => {
        await t.clock.sleep(100);
        return deliver(records, how);
      },
    });
    await a.start();
    for (const key of KEYS) t.write(key);
    await t.clock.advance(350);
    expect(await a.stop()).toBe('clean');
    const count = t.by('a').length;
    expect(count % 4).toBe(0);
    await t.clock.advance(60_000);
    expect(t.by('a')).toHaveLength(count);
  });

  test('it is idempotent, and leaves nothing behind that waits', async () => {
    const t = workerWorld({ shards: 3 });
    const a = t.worker('a');
    await a.start();
    const one = a.stopping();
    const two = a.stopping(5);
    expect(two).toBe(one);
    expect(await t.clock.run(one)).toBe('clean');
    await t.clock.runUntilIdle();
    expect(t.clock.pending).toBe(0);
  });

  test('before it was started, and while it looks for its stream, it stops at once', async () => {
    const t = workerWorld();
    expect(await t.worker('a').stop()).toBe('clean');
    const b = t.worker('b');
    b.breakLeases();
    const started = b.begin();
    await t.clock.advance(5_000);
    expect(await b.stop()).toBe('clean');
    await expect(started).resolves.toBeUndefined();
  });
});

describe('health', () => {
  test('a worker that has not begun is not well; one that reads is, and says how far behind each shard is', async () => {
    const t = workerWorld({ shards: 2 });
    const a = t.worker('a', { startAt: 'TRIM_HORIZON' });
    expect(a.health()).toMatchObject({ ok: false, workerId: 'a', table: TABLE, shards: [] });
    expect(a.health().problems[0]).toContain('has not begun');
    for (const key of KEYS) t.write(key);
    await t.clock.advance(40_000);
    await a.start();
    await t.clock.advance(1);
    expect(a.health().shards.map(({ iteratorAgeMs }) => iteratorAgeMs)).toEqual([0, 0]);
    expect(t.counts.get('worker.iterator-age.max')).toBe(40_000);
    expect(a.health()).toMatchObject({ ok: true, problems: [] });
    await t.clock.advance(10_000);
    for (const shard of a.health().shards) expect(t.clock.now() - shard.progressedAt).toBeLessThan(500);
    await a.stop();
  });

  test('a shard that does not get ahead is named', async () => {
    const t = workerWorld();
    const a = t.worker('a', { deliver: () => Promise.reject(new Error('no')), staleAfterMs: 30_000 });
    await a.start();
    t.write('x');
    await t.clock.advance(29_000);
    expect(a.health().ok).toBe(true);
    await t.clock.advance(5_000);
    const [shardId = ''] = t.streams.openShards(TABLE);
    expect(a.health()).toMatchObject({ ok: false });
    expect(a.health().problems[0]).toMatch(new RegExp(`^${shardId} has not got ahead for 3\\d s$`));
    await a.stop(0);
  });

  test('while a page is not delivered, its shard is said to fall behind, and so does the metric', async () => {
    const t = workerWorld();
    let refused = true;
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      deliver: async (records, how) => {
        if (refused) throw new Error('no');
        return deliver(records, how);
      },
    });
    await a.start();
    await t.poll(20_000);
    t.write('x');
    await t.clock.advance(60_000);
    const ages = () => a.health().shards.map(({ iteratorAgeMs }) => Math.round(iteratorAgeMs / 10_000));
    expect(ages()).toEqual([6]);
    expect(t.counts.get('worker.iterator-age.max')).toBeGreaterThan(55_000);
    refused = false;
    await t.clock.advance(20_000);
    expect(ages()).toEqual([0]);
    expect(t.counts.get('worker.iterator-age.max')).toBeLessThan(80_000);
    await a.stop();
  });

  test('leases that cannot be renewed or looked at make it unwell, until they can', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    await t.poll();
    a.breakLeases();
    await t.clock.advance(2_500);
    expect(a.health().ok).toBe(false);
    expect(a.health().problems.join()).toContain('could not be renewed');
    await t.clock.advance(2 * LEASE_MS);
    expect(a.health().problems.join()).toContain('could not be looked at');
    a.mendLeases();
    await t.clock.advance(10_000);
    expect(a.health()).toMatchObject({ ok: true, problems: [] });
    await a.stop();
  });
});
