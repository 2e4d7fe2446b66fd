import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { FakeStreams } from '../../../src/testing/stream-options.ts';
import {
  described,
  HOUR,
  insert,
  iterate,
  MINUTE,
  NEVER,
  page,
  START,
  streamWorld,
} from './stream-reading.ts';

/** Reads shard after shard to its end, parents first, by what DescribeStream tells, as a plain reader would. */
async function readAll(streams: FakeStreams, arn: string): Promise<readonly string[]> {
  const got: string[] = [];
  const ended = new Set<string>();
  for (let progress = true; progress; ) {
    progress = false;
    const shards = await described(streams, arn);
    const known = new Set(shards.map(({ id }) => id));
    for (const { id, parent } of shards) {
      if (ended.has(id) || (parent !== undefined && known.has(parent) && !ended.has(parent))) continue;
      let next: string | undefined = await iterate(streams, id);
      // A page may be empty though records follow; in an open shard some twenty in a row mean that there are none.
      for (let empty = 0; next !== undefined && empty < 20; ) {
        const one: Awaited<ReturnType<typeof page>> = await page(streams, next, 7);
        got.push(...one.numbers);
        empty = one.numbers.length === 0 ? empty + 1 : 0;
        next = one.next;
      }
      if (next === undefined) progress = true;
      ended.add(id);
    }
  }
  return got;
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), key: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('split' as const), shard: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rotate' as const), shard: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('merge' as const), shard: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(HOUR) }) },
);

describe('lineage of a fake stream', () => {
  test('each record is read once, and those of an item in the order of its writes, however shards come and go', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 120 }),
        fc.nat(),
        fc.integer({ min: 1, max: 5 }),
        async (steps, seed, shards) => {
          const { clock, streams, arn } = streamWorld(
            {
              seed,
              rotateAfterMs: 4 * HOUR,
              retentionMs: 1_000 * HOUR,
              pages: { empty: 0.2, short: 0.3 },
              describeLimit: { ratePerSecond: 1, burst: 1e6 },
            },
            { shards },
          );
          const written: string[] = [];
          const keyOf = new Map<string, number>();
          for (const one of steps) {
            const open = streams.openShards('Items');
            const place = 'shard' in one ? one.shard % open.length : 0;
            const shard = open[place] ?? '';
            const neighbour = open[place + 1];
            if (one.do === 'write') {
              const sequenceNumber = streams.write('Items', insert(`${one.key}`))?.sequenceNumber ?? '';
              written.push(sequenceNumber);
              keyOf.set(sequenceNumber, one.key);
            } else if (one.do === 'split') streams.split(shard);
            else if (one.do === 'rotate') streams.rotate(shard);
            else if (one.do === 'merge' && neighbour) streams.merge(shard, neighbour);
            else if (one.do === 'wait') await clock.advance(one.ms);
          }
          const got = await readAll(streams, arn);
          expect([...got].sort()).toEqual([...written].sort());
          const merged = streams.shards('Items').some(({ parents }) => parents.length === 2);
          // Of a merge only one parent is told: who goes by that may read the other one late.
          for (let key = 0; !merged && key < 10; key += 1) {
            const ofKey = (numbers: readonly string[]) =>
              numbers.filter((number) => keyOf.get(number) === key);
            expect(ofKey(got)).toEqual(ofKey(written));
          }
          const told = streams.childReadBeforeParentEnd.filter((violation) => violation.told);
          expect(told).toEqual([]);
          for (let key = 0; key < 10; key += 1) {
            const numbers = written.filter((number) => keyOf.get(number) === key).map(BigInt);
            expect(numbers.every((number, n) => n === 0 || number > (numbers[n - 1] ?? 0n))).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('open shards always share out all keys between them', () => {
    const { streams } = streamWorld({ seed: 3 }, { shards: 3 });
    const [first = '', second = ''] = streams.openShards('Items');
    const [lower, upper] = streams.split(first);
    const merged = streams.merge(upper, second);
    expect(streams.openShards('Items')).toHaveLength(3);
    for (let n = 0; n < 500; n += 1) streams.write('Items', insert(`${n}`));
    const open = streams.shards('Items').filter((shard) => shard.open);
    expect(open.reduce((sum, { written }) => sum + written, 0)).toBe(500);
    for (const { written } of open) expect(written).toBeGreaterThan(20);
    expect(streams.shards('Items').find(({ shardId }) => shardId === merged)?.parents).toEqual([
      upper,
      second,
    ]);
    expect(() => streams.merge(lower, streams.openShards('Items')[2] ?? '')).toThrow('neighbouring');
    expect(() => streams.split(first)).toThrow('closed');
    expect(() => streams.rotate('shardId-none')).toThrow('not found');
  });

  test('a merge names one parent in DescribeStream; CHILD_SHARDS finds the child from either', async () => {
    const { streams, arn, api } = streamWorld({}, { shards: 2 });
    const [first = '', second = ''] = streams.openShards('Items');
    const child = streams.merge(second, first);
    const told = await described(streams, arn);
    expect(told.find(({ id }) => id === child)).toEqual({ id: child, parent: second, open: true });
    for (const ShardId of [first, second]) {
      const found = await api.describeStream(
        { StreamArn: arn, ShardFilter: { Type: 'CHILD_SHARDS', ShardId } },
        NEVER,
      );
      expect(found.StreamDescription?.Shards?.map((shard) => shard.ShardId)).toEqual([child]);
    }
    const none = await api.describeStream(
      { StreamArn: arn, ShardFilter: { Type: 'CHILD_SHARDS', ShardId: child } },
      NEVER,
    );
    expect(none.StreamDescription?.Shards).toEqual([]);
  });

  test('a ShardFilter can be ignored, as by DynamoDB Local, or refused', async () => {
    const found = async (shardFilter: 'ignored' | 'refused') => {
      const { streams, arn, api } = streamWorld({ shardFilter });
      const [ShardId = ''] = streams.openShards('Items');
      const child = streams.rotate(ShardId);
      const input = { StreamArn: arn, ShardFilter: { Type: 'CHILD_SHARDS', ShardId } } as const;
      const { StreamDescription } = await api.describeStream(input, NEVER);
      expect(StreamDescription?.Shards?.map((shard) => shard.ShardId).sort()).toEqual(
        [ShardId, child].sort(),
      );
    };
    await found('ignored');
    await expect(found('refused')).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('after a closing, DescribeStream may tell late: all of it, the children, or the end of the parent', async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 30; seed += 1) {
      const { clock, streams, arn } = streamWorld({ seed, describeLagMs: MINUTE });
      const [parent = ''] = streams.openShards('Items');
      streams.split(parent);
      const look = async () => {
        const shards = await described(streams, arn);
        return `parent ${shards.some(({ id, open }) => id === parent && open) ? 'open' : 'closed'}, ${shards.length - 1} children`;
      };
      seen.add(await look());
      await clock.advance(MINUTE);
      expect(await look()).toBe('parent closed, 2 children');
    }
    expect([...seen].sort()).toEqual([
      'parent closed, 0 children',
      'parent open, 0 children',
      'parent open, 2 children',
    ]);
  });

  test('of a stream that is off all is told at once', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const { streams, arn } = streamWorld({ seed, describeLagMs: HOUR });
      streams.split(streams.openShards('Items')[0] ?? '');
      streams.disable('Items');
      expect((await described(streams, arn)).map(({ open }) => open)).toEqual([false, false, false]);
    }
  });

  test('a child of a child that is told late is told late as well', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const { streams, arn } = streamWorld({ seed, describeLagMs: HOUR });
      const [parent = ''] = streams.openShards('Items');
      streams.rotate(streams.rotate(parent));
      const ids = (await described(streams, arn)).map(({ id }) => id);
      const known = new Set(ids);
      const orphans = streams
        .shards('Items')
        .filter(({ shardId, parents }) => known.has(shardId) && parents.some((id) => !known.has(id)));
      expect(orphans).toEqual([]);
    }
  });
});

describe('what a fake stream sees of its readers', () => {
  test('a child that is read before the end of its parent is reported once, whichever of the two was read last', async () => {
    const { streams } = streamWorld();
    const [parent = ''] = streams.openShards('Items');
    for (const id of ['a', 'b', 'c']) streams.write('Items', insert(id));
    const child = streams.rotate(parent);
    streams.write('Items', insert('d'));
    const first = await page(streams, await iterate(streams, parent), 2);
    expect(streams.childReadBeforeParentEnd).toEqual([]);
    await page(streams, await iterate(streams, child), 2, 'two');
    await page(streams, await iterate(streams, child), 2, 'two');
    const violation = { parent, child, readerId: 'two', at: START, told: true };
    expect(streams.childReadBeforeParentEnd).toEqual([violation]);
    await page(streams, first.next);
    expect(streams.childReadBeforeParentEnd).toHaveLength(1);

    const other = streamWorld();
    const [before = ''] = other.streams.openShards('Items');
    other.streams.write('Items', insert('a'));
    const after = other.streams.rotate(before);
    other.streams.write('Items', insert('a', 2));
    await page(other.streams, await iterate(other.streams, after));
    expect(other.streams.childReadBeforeParentEnd).toEqual([]);
    await page(other.streams, await iterate(other.streams, before));
    expect(other.streams.childReadBeforeParentEnd).toMatchObject([{ parent: before, child: after }]);
  });

  test('a child after its parent, and again after it, is in order; a parent that has left the stream holds up nobody', async () => {
    const { clock, streams } = streamWorld();
    const [parent = ''] = streams.openShards('Items');
    streams.write('Items', insert('a'));
    streams.write('Items', insert('b'));
    const child = streams.rotate(parent);
    streams.write('Items', insert('a', 2));
    const first = await page(streams, await iterate(streams, parent));
    expect(first.next).toBeUndefined();
    await page(streams, await iterate(streams, child));
    // A repeat after a crash.
    await page(streams, await iterate(streams, parent));
    await page(streams, await iterate(streams, child));
    expect(streams.childReadBeforeParentEnd).toEqual([]);
    streams.write('Items', insert('c'));
    await page(streams, await iterate(streams, child), 1);
    const grandchild = streams.rotate(child);
    await clock.advance(24 * HOUR);
    streams.write('Items', insert('d'));
    await page(streams, await iterate(streams, grandchild));
    expect(streams.childReadBeforeParentEnd).toEqual([]);
  });

  test('the untold parent of a merge is told apart', async () => {
    const { streams } = streamWorld({}, { shards: 2 });
    for (let n = 0; n < 20; n += 1) streams.write('Items', insert(`${n}`));
    const [first = '', second = ''] = streams.openShards('Items');
    const child = streams.merge(first, second);
    streams.write('Items', insert('a'));
    await page(streams, await iterate(streams, first));
    await page(streams, await iterate(streams, second), 1);
    await page(streams, await iterate(streams, child));
    expect(streams.childReadBeforeParentEnd).toMatchObject([{ parent: second, child, told: false }]);
  });

  test('two readers may share a shard; a third is turned away until one has been quiet for a second', async () => {
    const { clock, streams } = streamWorld({}, { shards: 2 });
    const [shard = '', other = ''] = streams.openShards('Items');
    const iterator = await iterate(streams, shard);
    await page(streams, iterator, 1, 'one');
    await page(streams, iterator, 1, 'two');
    await expect(page(streams, iterator, 1, 'three')).rejects.toMatchObject({
      name: 'LimitExceededException',
    });
    await page(streams, await iterate(streams, other), 1, 'three');
    await clock.advance(500);
    await page(streams, iterator, 1, 'one');
    await expect(page(streams, iterator, 1, 'three')).rejects.toMatchObject({
      name: 'LimitExceededException',
    });
    await clock.advance(500);
    await page(streams, iterator, 1, 'three');
    expect(streams.maxReaders).toBe(3);
    const states = streams.shards('Items');
    expect(states.find(({ shardId }) => shardId === shard)).toMatchObject({
      polls: 4,
      readers: ['one', 'two', 'three'],
      maxReaders: 3,
    });
    expect(states.find(({ shardId }) => shardId === other)).toMatchObject({
      readers: ['three'],
      maxReaders: 1,
    });
  });

  test('the log of reads has every page with records and every closing one: who, when, what', async () => {
    const { clock, streams, arn } = streamWorld();
    const [shard = ''] = streams.openShards('Items');
    const iterator = await iterate(streams, shard);
    await page(streams, iterator);
    const numbers = ['a', 'b'].map((id) => streams.write('Items', insert(id))?.sequenceNumber);
    await clock.advance(10);
    const { next } = await page(streams, iterator, 2, 'two');
    const child = streams.rotate(shard);
    await page(streams, next);
    const common = { streamArn: arn, shardId: shard, at: START + 10 };
    expect(streams.reads).toEqual([
      { ...common, readerId: 'two', sequenceNumbers: numbers, closing: false },
      { ...common, readerId: 'one', sequenceNumbers: [], closing: true },
    ]);
    expect(streams.shards('Items')).toMatchObject([
      { shardId: shard, readToEnd: true, open: false, closedAt: START + 10, children: [child], polls: 3 },
      { shardId: child, readToEnd: false, open: true, parents: [shard], polls: 0, readers: [] },
    ]);
  });
});

test('a record can be read until it is 24 hours old, and never after', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(6 * HOUR), { minLength: 1, maxLength: 30 }),
      fc.nat(40 * HOUR),
      async (waits, last) => {
        const { clock, streams } = streamWorld({ rotateAfterMs: 4 * HOUR });
        const written: { readonly sequenceNumber: string; readonly at: number }[] = [];
        for (const wait of waits) {
          await clock.advance(wait);
          const record = streams.write('Items', insert('a'));
          if (record) written.push(record);
        }
        await clock.advance(last);
        const got: string[] = [];
        for (const { shardId, closedAt } of streams.shards('Items')) {
          if (closedAt !== undefined && closedAt + 24 * HOUR <= clock.now()) continue;
          got.push(...(await page(streams, await iterate(streams, shardId))).numbers);
        }
        const young = written.filter(({ at }) => clock.now() - at < 24 * HOUR);
        expect(got).toEqual(young.map(({ sequenceNumber }) => sequenceNumber));
        const trimmed = streams.shards('Items').reduce((sum, shard) => sum + shard.trimmed, 0);
        expect(trimmed).toBe(written.length - young.length);
      },
    ),
    { numRuns: 60 },
  );
});
