import { describe, expect, test } from '@jest/globals';
import type { StreamFaultKind } from '../../../src/testing/stream-options.ts';
import { changeOf, judge, TABLE, workerWorld } from './worker-world.ts';

const KEYS = Array.from({ length: 12 }, (_, n) => `k${n}`);
const DAY_MS = 24 * 3_600_000;

describe('errors of DynamoDB Streams', () => {
  test.each<StreamFaultKind>([
    'limitExceeded',
    'throttling',
    'internalError',
    'unavailable',
    'network',
    'timeout',
    'notFound',
    'expiredIterator',
    'trimmed',
  ])('%s, for a moment: nothing is lost, nothing comes twice, and it is no gap', async (kind) => {
    const t = workerWorld({ shards: 2 });
    const a = t.worker('a');
    await a.start();
    for (let round = 0; round < 5; round += 1) {
      t.streams.fail(kind, { times: 2 });
      for (const key of KEYS) t.write(key);
      await t.poll(10_000);
    }
    expect(t.streams.faultCounts.get(kind)).toBe(10);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    expect(t.gaps).toEqual([]);
    expect(a.health()).toMatchObject({ ok: true, problems: [] });
    await a.stop();
  });

  test('the wait between tries grows, and is not the same for all', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    await t.poll();
    const before = t.streams.faultCounts.get('limitExceeded') ?? 0;
    t.streams.fail('limitExceeded', { times: 1_000, operation: 'getRecords' });
    await t.clock.advance(60_000);
    const tries = (t.streams.faultCounts.get('limitExceeded') ?? 0) - before;
    expect(tries).toBeGreaterThan(10);
    expect(tries).toBeLessThan(40);
    await a.stop();
  });

  test('an expired iterator is found again after the last delivered record, also in the middle of a page that failed', async () => {
    const t = workerWorld();
    const deliver = t.deliverAs('a');
    let failing: string | undefined;
    const a = t.worker('a', {
      deliver: async (records, how) => {
        const at = records.findIndex((record) => changeOf(record) === failing);
        if (at < 0) return deliver(records, how);
        await deliver(records.slice(0, at), how);
        t.streams.expireIterators();
        failing = undefined;
        return { batchItemFailures: [{ itemIdentifier: records[at]?.dynamodb?.SequenceNumber ?? '' }] };
      },
    });
    await a.start();
    const changes = KEYS.map((key) => t.write(key));
    failing = changes[5];
    await t.poll(10_000);
    for (const key of KEYS) t.write(key);
    await t.poll(10_000);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    await a.stop();
  });
});

describe('what delivery answers', () => {
  test('after a partial failure what was done is written down, and the rest comes again, with a pause that grows', async () => {
    const t = workerWorld();
    const deliver = t.deliverAs('a');
    let refusals = 4;
    const tries: number[] = [];
    const a = t.worker('a', {
      deliver: async (records, how) => {
        const at = records.findIndex((record) => changeOf(record) === 'k7=1');
        if (at < 0 || refusals-- <= 0) return deliver(records, how);
        tries.push(t.clock.now());
        await deliver(records.slice(0, at), how);
        return { batchItemFailures: [{ itemIdentifier: records[at]?.dynamodb?.SequenceNumber ?? '' }] };
      },
    });
    await a.start();
    for (const key of KEYS) t.write(key);
    await t.clock.advance(300);
    const [row] = await t.leases.list(t.streams.latestStreamArn(TABLE));
    expect(row?.checkpoint.kind).toBe('after');
    await t.poll(20_000);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    const pauses = tries.slice(1).map((at, n) => at - (tries[n] ?? 0));
    expect(pauses.length).toBe(3);
    expect([...pauses].sort((x, y) => x - y)).toEqual(pauses);
    await a.stop();
  });

  test('the checkpoint is written after delivery, never before', async () => {
    const t = workerWorld();
    const places: (string | undefined)[] = [];
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      deliver: async (records, how) => {
        const [row] = await t.leases.list(t.streams.latestStreamArn(TABLE));
        places.push(row?.checkpoint.kind);
        return deliver(records, how);
      },
    });
    await a.start();
    t.write('x');
    await t.poll();
    expect(places).toEqual(['since']);
    const [row] = await t.leases.list(t.streams.latestStreamArn(TABLE));
    expect(row?.checkpoint).toEqual({
      kind: 'after',
      sequenceNumber: t.streams.reads[0]?.sequenceNumbers[0],
    });
    await a.stop();
  });

  test('a page holds no more than batchSize records, and after a full one there is no wait', async () => {
    const t = workerWorld();
    const sizes: number[] = [];
    const deliver = t.deliverAs('a');
    const a = t.worker('a', {
      batchSize: 10,
      pollIntervalMs: 5_000,
      deliver: async (records, how) => {
        sizes.push(records.length);
        return deliver(records, how);
      },
    });
    await a.start();
    for (let n = 0; n < 100; n += 1) t.write(`k${n}`);
    await t.clock.advance(5_100);
    expect(sizes).toEqual(Array.from({ length: 10 }, () => 10));
    await a.stop();
  });

  test('far behind, short pages are read without a wait too', async () => {
    const t = workerWorld({ pages: { short: 1 } });
    const a = t.worker('a', { startAt: 'TRIM_HORIZON', pollIntervalMs: 5_000, leaseMs: 100_000 });
    for (let n = 0; n < 50; n += 1) t.write(`k${n}`);
    await t.clock.advance(60_000);
    await a.start();
    await t.clock.advance(1_000);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    expect(t.streams.reads.length).toBeGreaterThan(1);
    await a.stop();
  });
});

describe('gaps', () => {
  test('trimmed records are told once, and reading goes on at the oldest there is', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    for (const key of KEYS) t.write(key);
    await t.poll();
    const [shardId = ''] = t.streams.openShards(TABLE);
    const before = t.changes();
    t.write('lost');
    t.streams.trim(shardId);
    t.write('kept');
    await t.poll(5_000);
    expect(t.gaps).toEqual([{ streamArn: t.streams.latestStreamArn(TABLE), shardId, cause: 'trimmed' }]);
    expect(t.counts.get('worker.gap')).toBe(1);
    expect(t.events()).toContain('reader.gap');
    expect(t.changes()).toEqual([...before, 'kept=1']);
    await a.stop();
  });

  test('a gap that nobody could be told of is told again, and the shard waits for it', async () => {
    const t = workerWorld();
    let refusals = 5;
    const tries: number[] = [];
    const a = t.worker('a', {
      onGap: async () => {
        tries.push(t.clock.now());
        if (refusals-- > 0) throw new Error('the gateway does not answer');
      },
    });
    await a.start();
    t.write('x');
    await t.poll();
    const [shardId = ''] = t.streams.openShards(TABLE);
    t.write('lost');
    t.streams.trim(shardId);
    t.write('kept');
    await t.clock.advance(1_000);
    expect(t.changes()).toEqual(['x=1']);
    expect(tries.length).toBeGreaterThan(1);
    await t.poll(60_000);
    expect(tries).toHaveLength(6);
    expect(t.changes()).toEqual(['x=1', 'kept=1']);
    expect(t.counts.get('worker.gap')).toBe(1);
    await a.stop();
  });

  test('a gap that was not told when the worker stopped is met and told by the next', async () => {
    const t = workerWorld();
    const a = t.worker('a', { onGap: () => Promise.reject(new Error('no')) });
    await a.start();
    t.write('x');
    await t.poll();
    const [shardId = ''] = t.streams.openShards(TABLE);
    t.write('lost');
    t.streams.trim(shardId);
    t.write('kept');
    await t.poll();
    expect(await a.stop()).toBe('clean');
    const b = t.worker('b');
    await b.start();
    await t.poll(5_000);
    expect(t.gaps).toEqual([{ streamArn: t.streams.latestStreamArn(TABLE), shardId, cause: 'trimmed' }]);
    expect(t.changes()).toEqual(['x=1', 'kept=1']);
    await b.stop();
  });

  test('a gap that was told is not told again by the next worker, though nothing has come since', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    t.write('x');
    await t.poll();
    const [shardId = ''] = t.streams.openShards(TABLE);
    t.write('lost');
    t.streams.trim(shardId);
    await t.poll(5_000);
    expect(t.gaps).toHaveLength(1);
    await a.stop();
    const b = t.worker('b');
    await b.start();
    await t.poll(5_000);
    const next = t.write('y');
    await t.poll(5_000);
    expect(t.gaps).toHaveLength(1);
    expect(t.changes()).toEqual(['x=1', next]);
    await b.stop();
  });

  test('a shard that has left the stream before it was read to its end is a gap, and its children are read', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    t.write('x');
    await t.poll();
    await a.stop();
    const [shardId = ''] = t.streams.openShards(TABLE);
    for (const key of KEYS) t.write(key);
    t.streams.rotate(shardId);
    await t.clock.advance(DAY_MS + 3_600_000);
    const late = t.write('late');
    const b = t.worker('b');
    await b.start();
    await t.poll(20_000);
    expect(t.gaps[0]).toEqual({ streamArn: t.streams.latestStreamArn(TABLE), shardId, cause: 'trimmed' });
    expect(t.gaps).toHaveLength(1);
    expect(t.changes()).toContain(late);
    await b.stop();
  });
});

describe('the tombstones of ended shards', () => {
  test('a shard that was read to its end is not read again while it can be seen, by whatever worker', async () => {
    const t = workerWorld({ shards: 2 });
    const a = t.worker('a');
    await a.start();
    for (let round = 0; round < 3; round += 1) {
      for (const key of KEYS) t.write(key);
      t.streams.rotate(t.streams.openShards(TABLE)[0] ?? '');
      await t.poll(2_000);
    }
    await a.stop();
    for (let n = 0; n < 3; n += 1) {
      await t.clock.advance(3_600_000);
      const next = t.worker(`w${n}`);
      await next.start();
      await t.poll(20_000);
      await next.stop();
    }
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
  });

  test('even when its row was removed too early, an ended shard whose child was begun is not read again', async () => {
    const t = workerWorld();
    const a = t.worker('a');
    await a.start();
    for (const key of KEYS) t.write(key);
    const [shardId = ''] = t.streams.openShards(TABLE);
    t.streams.rotate(shardId);
    await t.poll();
    const rows = await t.leases.list(t.streams.latestStreamArn(TABLE));
    const tombstone = rows.find((row) => row.shardId === shardId);
    expect(tombstone?.checkpoint.kind).toBe('end');
    if (tombstone) expect(await t.leases.forget(tombstone)).toBe(true);
    await t.poll(30_000);
    expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
    await a.stop();
  });
});
