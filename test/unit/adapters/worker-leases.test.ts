import { describe, expect, test } from '@jest/globals';
import { judge, LEASE_MS, TABLE, workerWorld } from './worker-world.ts';

const KEYS = Array.from({ length: 24 }, (_, n) => `k${n}`);
const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;

describe('sharing the shards', () => {
  test.each([
    [1, 4, { a: 4 }],
    [2, 4, { a: 2, b: 2 }],
    [3, 8, { a: 3, b: 3, c: 2 }],
    [5, 5, { a: 1, b: 1, c: 1, d: 1, e: 1 }],
  ])(
    '%d workers that come one by one have an even share of %d shards, and leases then stay',
    async (count, shards, shares) => {
      const t = workerWorld({ shards });
      const workers = NAMES.slice(0, count).map((name) => t.worker(name));
      for (const each of workers) {
        await each.start();
        for (const key of KEYS) t.write(key);
        await t.poll(40_000);
      }
      const sizes = (of: Readonly<Record<string, number>>) => Object.values(of).sort();
      expect(sizes(await t.shares())).toEqual(sizes(shares));
      const owners = await t.owners();
      const taken = t.counts.get('worker.lease-taken');
      await t.poll(120_000);
      expect(await t.owners()).toEqual(owners);
      expect(t.counts.get('worker.lease-taken')).toBe(taken);
      expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
      expect(t.streams.maxReaders).toBeLessThanOrEqual(2);
      for (const each of workers) await each.stop();
    },
  );

  test('one lease a round is asked for, and handed over at the end of a page, with nothing delivered twice', async () => {
    const t = workerWorld({ shards: 6 });
    const a = t.worker('a');
    const b = t.worker('b');
    await a.start();
    await b.start();
    const asked = () => t.events('b').filter((event) => event === 'worker.lease_asked').length;
    expect(asked()).toBe(1);
    // It takes a renewal of the owner to hear of it; until then no other is asked for.
    await t.clock.advance(2_000);
    expect(asked()).toBe(1);
    for (let n = 0; n < 60; n += 1) {
      for (const key of KEYS) t.write(key);
      await t.clock.advance(500);
    }
    await t.poll();
    expect(await t.shares()).toEqual({ a: 3, b: 3 });
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    expect(t.events('a').filter((event) => event === 'worker.lease_wanted')).toHaveLength(3);
    await a.stop();
    await b.stop();
  });

  test('a page under way is finished and written down before its lease is handed over', async () => {
    const t = workerWorld({ shards: 2 });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      deliver: async (records, how) => {
        const done = await deliver(records, how);
        await held;
        return done;
      },
    });
    const b = t.worker('b');
    await a.start();
    for (const key of KEYS) t.write(key);
    await t.clock.advance(1_000);
    await b.start();
    await t.clock.advance(8_000);
    expect(await t.shares()).toEqual({ a: 2 });
    expect(t.events('a')).toContain('worker.lease_wanted');
    release();
    await t.poll(5_000);
    expect(await t.shares()).toEqual({ a: 1, b: 1 });
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    await a.stop();
    await b.stop();
  });

  test('a lease left to a worker that has gone is taken by another within two lease times', async () => {
    const t = workerWorld({ shards: 2 });
    const a = t.worker('a');
    const b = t.worker('b');
    await a.start();
    await b.start();
    expect(t.events('b')).toContain('worker.lease_asked');
    b.kill();
    const at = t.clock.now();
    await t.clock.advance(5_000);
    expect(await t.shares()).toEqual({ a: 1 });
    for (const key of KEYS) t.write(key);
    await t.poll(2 * LEASE_MS);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    expect(Math.max(...t.delivered.map((each) => each.at)) - at).toBeLessThanOrEqual(2 * LEASE_MS);
    await a.stop();
  });

  test('a worker that stops takes back what it asked for', async () => {
    const t = workerWorld({ shards: 2 });
    const a = t.worker('a');
    const b = t.worker('b');
    await a.start();
    await b.start();
    expect(t.events('b')).toContain('worker.lease_asked');
    expect(await b.stop()).toBe('clean');
    const rows = await t.leases.list(t.streams.latestStreamArn(TABLE));
    expect(rows.every(({ wanted }) => wanted === undefined)).toBe(true);
    await t.poll(10_000);
    expect(await t.shares()).toEqual({ a: 2 });
    await a.stop();
  });
});

describe('a worker that dies', () => {
  test('T3: its shards are taken over within two lease times, and nothing is lost', async () => {
    const t = workerWorld({ shards: 4 });
    const a = t.worker('a');
    const b = t.worker('b');
    await a.start();
    await b.start();
    await t.poll(40_000);
    for (const key of KEYS) t.write(key);
    await t.poll();
    a.kill();
    const at = t.clock.now();
    for (const key of KEYS) t.write(key);
    await t.poll(2 * LEASE_MS);
    expect(await t.shares()).toEqual({ b: 4 });
    expect(judge(t)).toMatchObject({ lost: [], outOfOrder: [] });
    expect(Math.max(...t.delivered.map((each) => each.at)) - at).toBeLessThanOrEqual(2 * LEASE_MS);
    await b.stop();
  });

  test.each([-300_000, 300_000])(
    'whatever the time of day is on the other machine (%d ms off)',
    async (offset) => {
      const t = workerWorld({ shards: 2 });
      const a = t.worker('a', { clock: t.clock.skewed(offset) });
      const b = t.worker('b');
      await a.start();
      await b.start();
      await t.poll(40_000);
      expect(await t.shares()).toEqual({ a: 1, b: 1 });
      a.kill();
      // Not before its lease has run out,
      await t.clock.advance(LEASE_MS / 2);
      expect(await t.shares()).toEqual({ a: 1, b: 1 });
      await t.clock.advance(1.5 * LEASE_MS);
      expect(await t.shares()).toEqual({ b: 2 });
      await b.stop();
    },
  );

  test('killed between delivery and checkpoint: at most one page is delivered again, by the next', async () => {
    const t = workerWorld();
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      batchSize: 10,
      deliver: async (records, how) => {
        const done = await deliver(records, how);
        a.kill();
        return done;
      },
    });
    const b = t.worker('b');
    await a.start();
    await b.start();
    for (const key of KEYS) t.write(key);
    await t.poll(3 * LEASE_MS);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 10 });
    expect(t.by('b')).toHaveLength(KEYS.length);
    await b.stop();
  });

  test('the lease of another is judged by its own length, not by mine', async () => {
    const t = workerWorld({ shards: 2 });
    const a = t.worker('a', { leaseMs: 60_000, takeIntervalMs: 2_000 });
    const b = t.worker('b', { leaseMs: 3_000 });
    await a.start();
    await b.start();
    await t.poll(120_000);
    expect(await t.shares()).toEqual({ a: 1, b: 1 });
    expect(t.events('a')).not.toContain('worker.lease_lost');
    a.kill();
    await t.clock.advance(50_000);
    expect(await t.shares()).toEqual({ a: 1, b: 1 });
    await t.clock.advance(40_000);
    expect(await t.shares()).toEqual({ b: 2 });
    await b.stop();
  });
});

describe('a lease that cannot be renewed', () => {
  test('fencing: what is under way is broken off at two thirds of the lease, and nothing is written down any more', async () => {
    const t = workerWorld();
    const signals: AbortSignal[] = [];
    let began = 0;
    let brokenAt = 0;
    const a = t.worker('a', {
      deliver: async (_records, { signal }) => {
        began = t.clock.monotonic();
        signals.push(signal);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        brokenAt = t.clock.monotonic();
        return { batchItemFailures: [] };
      },
    });
    await a.start();
    for (const key of KEYS) t.write(key);
    await t.clock.advance(500);
    expect(began).toBeGreaterThan(0);
    const [before] = await t.leases.list(t.streams.latestStreamArn(TABLE));
    a.breakLeases();
    await t.clock.advance((2 / 3) * LEASE_MS + 500);
    expect(signals[0]?.aborted).toBe(true);
    expect(brokenAt).toBeLessThanOrEqual((2 / 3) * LEASE_MS + 2);
    a.mendLeases();
    await t.clock.advance(100);
    const [after] = await t.leases.list(t.streams.latestStreamArn(TABLE));
    expect(after?.checkpoint).toEqual(before?.checkpoint);
    expect(t.events('a')).toContain('worker.lease_fenced');
    expect(t.counts.get('worker.lease-lost')).toBe(1);
    await a.stop(0);
  });

  test('mended in time it goes on as if nothing had been, and mended late it takes its own lease back at once', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    for (const key of KEYS) t.write(key);
    await t.poll();
    a.breakLeases();
    await t.clock.advance(LEASE_MS / 3);
    a.mendLeases();
    for (const key of KEYS) t.write(key);
    await t.poll(LEASE_MS);
    expect(t.events('a')).not.toContain('worker.lease_fenced');
    a.breakLeases();
    await t.clock.advance(LEASE_MS);
    expect(t.events('a')).toContain('worker.lease_fenced');
    a.mendLeases();
    for (const key of KEYS) t.write(key);
    await t.clock.advance(6_000);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    await a.stop();
  });

  test('a worker frozen for longer than its lease neither writes a checkpoint nor begins a page when it wakes up', async () => {
    const t = workerWorld();
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      deliver: async (records, how) => {
        const done = await deliver(records, how);
        // Frozen with the page posted and nothing written down.
        if (t.by('a').length === KEYS.length) a.freeze();
        return done;
      },
    });
    const b = t.worker('b');
    await a.start();
    await b.start();
    for (const key of KEYS) t.write(key);
    await t.poll(3 * LEASE_MS);
    expect(t.by('b')).toHaveLength(KEYS.length);
    for (const key of KEYS) t.write(key);
    await t.poll();
    const [row] = await t.leases.list(t.streams.latestStreamArn(TABLE));
    expect(row).toMatchObject({ owner: 'b' });
    a.resume();
    await t.clock.advance(2_000);
    expect(t.by('a')).toHaveLength(KEYS.length);
    const [after] = await t.leases.list(t.streams.latestStreamArn(TABLE));
    expect(after).toMatchObject({ owner: 'b', checkpoint: row?.checkpoint ?? {} });
    expect(judge(t)).toMatchObject({ lost: [], outOfOrder: [] });
    await a.stop();
    await b.stop();
  });

  test('a checkpoint that cannot be written is tried again, and its page is not delivered twice', async () => {
    const t = workerWorld();
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      deliver: async (records, how) => {
        const done = await deliver(records, how);
        a.breakLeases();
        return done;
      },
    });
    await a.start();
    for (const key of KEYS) t.write(key);
    await t.clock.advance(2_000);
    a.mendLeases();
    await t.poll(5_000);
    expect(t.events('a')).toContain('worker.checkpoint_error');
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    await a.stop();
  });

  test('an older loop of a lease that was lost and taken back writes nothing', async () => {
    const t = workerWorld();
    let calls = 0;
    const late: (() => void)[] = [];
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      deliver: async (records, how) => {
        calls += 1;
        const done = await deliver(records, how);
        // The first page hangs and does not heed its signal.
        if (calls === 1) await new Promise<void>((resolve) => late.push(resolve));
        return done;
      },
    });
    await a.start();
    for (const key of KEYS) t.write(key);
    await t.clock.advance(500);
    a.breakLeases();
    await t.clock.advance(LEASE_MS);
    a.mendLeases();
    // While it hangs no second loop may begin in this process.
    await t.clock.advance(3 * LEASE_MS);
    expect(calls).toBe(1);
    for (const end of late) end();
    await t.poll(5_000);
    expect(calls).toBe(2);
    expect(judge(t)).toMatchObject({ lost: [], outOfOrder: [], repeats: KEYS.length });
    await a.stop();
  });
});
