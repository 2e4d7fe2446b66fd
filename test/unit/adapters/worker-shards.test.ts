import { describe, expect, test } from '@jest/globals';
import { changeOf, judge, START, TABLE, workerWorld } from './worker-world.ts';

const KEYS = Array.from({ length: 12 }, (_, n) => `k${n}`);
const only = (ids: readonly string[]) => ids[0] ?? '';

describe('where the first worker ever begins', () => {
  test('LATEST passes over what was there and delivers what is written once start has resolved', async () => {
    const t = workerWorld();
    t.write('old');
    const a = t.worker('a');
    await t.clock.advance(60_000);
    await a.start();
    t.write('new');
    await t.poll();
    expect(t.changes()).toEqual(['new=1']);
    await a.stop();
  });

  test('TRIM_HORIZON begins at the oldest record', async () => {
    const t = workerWorld();
    t.write('old');
    const a = t.worker('a', { startAt: 'TRIM_HORIZON' });
    await a.start();
    await t.poll();
    expect(t.changes()).toEqual(['old=1']);
    await a.stop();
  });

  test('LATEST is written down: an iterator that expires before the first record loses nothing and floods nothing', async () => {
    const t = workerWorld();
    t.write('old');
    await t.clock.advance(3_600_000);
    const a = t.worker('a');
    await a.start();
    t.write('new');
    t.streams.expireIterators();
    await t.poll();
    expect(t.changes()).toEqual(['new=1']);
    await a.stop();
  });

  test.each([-300_000, 300_000])('a clock %d ms off loses nothing at the start', async (offset) => {
    const t = workerWorld();
    const a = t.worker('a', { clock: t.clock.skewed(offset) });
    await a.start();
    t.write('x');
    t.streams.expireIterators();
    await t.poll();
    expect(t.changes()).toEqual(['x=1']);
    await a.stop();
  });

  test('what is written while nobody reads is delivered by the next worker, whatever it would begin with', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    await a.stop();
    t.write('between');
    const b = t.worker('b');
    await b.start();
    await t.poll();
    expect(t.changes()).toEqual(['between=1']);
    await b.stop();
  });

  test('of several that start at once, with a split under way, what is written after the first start is lost to none', async () => {
    const t = workerWorld({ shards: 3 });
    const workers = ['a', 'b', 'c'].map((name) => t.worker(name));
    const started = workers.map((each) => each.begin());
    const first = started[0];
    t.streams.split(only(t.streams.openShards(TABLE)));
    await t.clock.run(first ?? Promise.resolve());
    for (const key of KEYS) t.write(key);
    await t.clock.run(Promise.all(started));
    await t.poll(20_000);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    for (const each of workers) await each.stop();
  });

  test('a stream of 110 shards is begun though one call in ten fails', async () => {
    const t = workerWorld({ shards: 110, faults: { internalError: 0.1 } });
    const a = t.worker('a');
    await a.start();
    expect(t.clock.now() - START).toBeLessThan(120_000);
    t.streams.faulty = false;
    for (const key of KEYS) t.write(key);
    await t.poll();
    expect(t.changes().sort()).toEqual(KEYS.map((key) => `${key}=1`).sort());
    await a.stop();
  });

  test('a table whose stream is off is refused', async () => {
    const t = workerWorld();
    t.streams.disable(TABLE);
    await expect(t.worker('a').start()).rejects.toMatchObject({ code: 'STREAM_UNUSABLE' });
  });

  test('a second start is refused', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    expect(() => a.begin()).toThrow('it came twice');
    await a.stop();
  });
});

describe('shard lineage', () => {
  test('teleport#65534: what is written between a split and the first look at the children is delivered', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    t.streams.split(only(t.streams.openShards(TABLE)));
    for (const key of KEYS) t.write(key);
    await t.poll();
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    await a.stop();
  });

  test('teleport#53795: the records of the closing page are delivered', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    for (const key of KEYS) t.write(key);
    t.streams.rotate(only(t.streams.openShards(TABLE)));
    await t.poll();
    const closing = t.streams.reads.find(({ closing: last }) => last);
    expect(closing?.sequenceNumbers).toHaveLength(KEYS.length);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    await a.stop();
  });

  test('camel#24861: two days of rotation every four hours are followed', async () => {
    const t = workerWorld({ shards: 2 });
    const a = t.worker('a', {
      pollIntervalMs: 60_000,
      takeIntervalMs: 30_000,
      leaseMs: 600_000,
      syncIntervalMs: 600_000,
    });
    await a.start();
    for (let hour = 0; hour < 48; hour += 1) {
      for (const key of KEYS) t.write(key);
      await t.clock.advance(3_600_000);
    }
    expect(t.streams.shards(TABLE).length).toBeGreaterThan(20);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    // Ends are forgotten in time, and nothing was begun anew for it.
    const rows = await t.leases.list(t.streams.latestStreamArn(TABLE));
    const listed = t.streams
      .shards(TABLE)
      .filter(({ lost: _, closedAt }) => (closedAt ?? Infinity) > t.clock.now() - 25 * 3_600_000);
    expect(rows.length).toBeLessThanOrEqual(listed.length + 2);
    await a.stop();
  });

  test('250 shards, on three pages of DescribeStream, are all read; a split among them is found', async () => {
    const t = workerWorld({ shards: 250 });
    const a = t.worker('a');
    await a.start();
    for (let n = 0; n < 600; n += 1) t.write(`k${n}`);
    await t.poll();
    const [first, second] = t.streams.split(t.streams.openShards(TABLE)[7] ?? '');
    for (let n = 0; n < 600; n += 1) t.write(`k${n}`);
    await t.poll();
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    const state = (id: string) => t.streams.shards(TABLE).find(({ shardId }) => shardId === id);
    expect([state(first)?.readers, state(second)?.readers]).toEqual([['a'], ['a']]);
    await a.stop();
  });

  test.each([1, 2, 3, 4, 5, 6])(
    'DescribeStream that tells late (parent open beside its open child, child hidden), seed %d',
    async (seed) => {
      const t = workerWorld({ shards: 2, seed, describeLagMs: 8_000 });
      const a = t.worker('a');
      await a.start();
      for (let round = 0; round < 4; round += 1) {
        for (const key of KEYS) t.write(key);
        const open = t.streams.openShards(TABLE);
        if (round % 2 === 0) t.streams.split(only(open));
        else t.streams.rotate(only(open));
        for (const key of KEYS) t.write(key);
        await t.poll(2_000);
      }
      await t.poll(20_000);
      expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
      expect(t.streams.childReadBeforeParentEnd).toEqual([]);
      await a.stop();
    },
  );

  test('reader#422: a parent whose page keeps failing holds its children back, and no other shard', async () => {
    const t = workerWorld({ shards: 2 });
    const [left = ''] = t.streams.openShards(TABLE);
    let stuck: string | undefined;
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      deliver: async (records, how) => {
        if (records.some((record) => changeOf(record) === stuck)) throw new Error('not now');
        return deliver(records, how);
      },
    });
    await a.start();
    const first = KEYS.map((key) => t.write(key));
    const inLeft = first.filter((change) => t.shardOf.get(change) === left);
    stuck = inLeft[0];
    t.streams.split(left);
    const second = KEYS.map((key) => t.write(key));
    await t.poll(60_000);
    const held = [
      ...inLeft,
      ...second.filter(
        (change) => t.shardOf.get(change) !== t.shardOf.get(first.find((c) => !inLeft.includes(c)) ?? ''),
      ),
    ];
    expect(held.length).toBeGreaterThan(2);
    expect(judge(t)).toEqual({ lost: held, outOfOrder: [], repeats: 0 });
    stuck = undefined;
    await t.poll(30_000);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    expect(t.streams.childReadBeforeParentEnd).toEqual([]);
    await a.stop();
  });

  test('of a merge both parents are read to their end before the child, though one is not named', async () => {
    const t = workerWorld({ shards: 2 });
    const [left = '', right = ''] = t.streams.openShards(TABLE);
    let stuck: string | undefined;
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      deliver: async (records, how) => {
        if (records.some((record) => changeOf(record) === stuck)) throw new Error('not now');
        return deliver(records, how);
      },
    });
    await a.start();
    const first = KEYS.map((key) => t.write(key));
    // The parent that is not named is behind.
    stuck = first.find((change) => t.shardOf.get(change) === right);
    const child = t.streams.merge(left, right);
    for (const key of KEYS) t.write(key);
    await t.poll(30_000);
    expect(t.streams.reads.filter(({ shardId }) => shardId === child)).toEqual([]);
    expect(t.streams.reads.some(({ shardId, closing }) => shardId === left && closing)).toBe(true);
    stuck = undefined;
    await t.poll(30_000);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    expect(t.streams.childReadBeforeParentEnd).toEqual([]);
    await a.stop();
  });
});

describe('streams that are switched off and on', () => {
  test('the old one is read to its end, then the new one from its oldest record', async () => {
    const t = workerWorld({ shards: 2 });
    const a = t.worker('a', { batchSize: 2 });
    await a.start();
    for (const key of KEYS) t.write(key);
    t.streams.disable(TABLE);
    await t.poll(60_000);
    expect(a.health().problems).toEqual(['the table has no stream that is on; waiting for one']);
    t.streams.enable(TABLE);
    for (const key of KEYS) t.write(key);
    await t.poll(10_000);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    expect(t.gaps).toEqual([]);
    expect(a.health().ok).toBe(true);
    await a.stop();
  });

  test('switched while nobody works: the next worker drains the old one first', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    await a.stop();
    for (const key of KEYS) t.write(key);
    t.streams.disable(TABLE);
    t.streams.enable(TABLE);
    for (const key of KEYS) t.write(key);
    const b = t.worker('b');
    await b.start();
    await t.poll(20_000);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    await b.stop();
  });

  test('switched off and on three times in a row, every stream between is read, in turn', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    for (let n = 0; n < 3; n += 1) {
      for (const key of KEYS) t.write(key);
      t.streams.disable(TABLE);
      t.streams.enable(TABLE);
      await t.clock.advance(100);
    }
    for (const key of KEYS) t.write(key);
    await t.poll(40_000);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    await a.stop();
  });

  test('C5 not allowed to list the streams, it tells that there may have been one between that nobody read', async () => {
    const t = workerWorld();
    const denied = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' });
    const api = { ...t.streams.api('ab'), listStreams: () => Promise.reject(denied) };
    const [a, b] = ['a', 'b'].map((name) => t.worker(name, { api }));
    await a?.start();
    await b?.start();
    const arn = t.streams.latestStreamArn(TABLE);
    t.streams.disable(TABLE);
    t.streams.enable(TABLE);
    t.write('x');
    await t.poll(40_000);
    expect(t.changes()).toEqual(['x=1']);
    expect(t.gaps).toEqual([{ streamArn: arn, cause: 'stream-replaced' }]);
    await a?.stop();
    await b?.stop();
  });

  test('three workers move on together', async () => {
    const t = workerWorld({ shards: 3 });
    const workers = ['a', 'b', 'c'].map((name) => t.worker(name));
    for (const each of workers) await each.start();
    await t.poll(20_000);
    for (const key of KEYS) t.write(key);
    t.streams.disable(TABLE);
    t.streams.enable(TABLE, { shards: 3 });
    for (const key of KEYS) t.write(key);
    await t.poll(40_000);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    expect(await t.shares()).toEqual({ a: 1, b: 1, c: 1 });
    for (const each of workers) await each.stop();
  });

  test('a stream that was gone before it was read is a gap told once by all workers together, and the new one is read', async () => {
    const t = workerWorld({ shards: 2 });
    const a = t.worker('a');
    await a.start();
    await a.stop();
    const arn = t.streams.latestStreamArn(TABLE);
    for (const key of KEYS) t.write(key);
    t.streams.disable(TABLE);
    await t.clock.advance(25 * 3_600_000);
    t.streams.enable(TABLE);
    t.write('x');
    const others = ['b', 'c'].map((name) => t.worker(name));
    await t.clock.run(Promise.all(others.map((each) => each.begin())));
    await t.poll(30_000);
    expect(t.gaps).toEqual([{ streamArn: arn, cause: 'stream-replaced' }]);
    expect(t.counts.get('worker.gap')).toBe(1);
    expect(t.changes()).toEqual(['x=1']);
    for (const each of others) await each.stop();
  });

  test('a table made anew is followed once the old one is read to its end', async () => {
    const t = workerWorld({ shards: 2 });
    const a = t.worker('a');
    await a.start();
    t.write('x');
    t.streams.dropTable(TABLE);
    await t.poll(20_000);
    t.streams.createTable(TABLE);
    t.write('x');
    await t.poll(20_000);
    expect(t.changes()).toEqual(['x=1', 'x=2']);
    expect(t.gaps).toEqual([]);
    await a.stop();
  });

  test('a stream that is said not to be there for a moment is neither left nor a gap', async () => {
    const t = workerWorld({ shards: 2 });
    const a = t.worker('a', { syncIntervalMs: 1_000 });
    await a.start();
    t.streams.fail('notFound', { times: 30 });
    for (const key of KEYS) t.write(key);
    await t.poll(120_000);
    expect(t.streams.faultCounts.get('notFound')).toBe(30);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    expect(t.gaps).toEqual([]);
    await a.stop();
  });
});
