import { describe, expect, test } from '@jest/globals';
import { lambdaRecord } from '../../../src/adapters/dynamodb-streams/lambda-event.ts';
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

const only = <T>(values: readonly T[]): T => {
  const [value] = values;
  if (value === undefined || values.length !== 1) throw new Error(`expected one, got ${values.length}`);
  return value;
};

describe('records of a fake stream', () => {
  test('a record has the shape of GetRecords and passes for a Lambda record', async () => {
    const { clock, streams, arn } = streamWorld();
    await clock.advance(1_999);
    const image = { id: { S: 'é' }, n: { N: '12345' }, tags: { SS: ['ab', 'c'] } };
    const written = streams.write('Items', { keys: { id: { S: 'é' } }, oldImage: image, expired: true });
    const { records } = await page(streams, await iterate(streams, only(streams.openShards('Items'))));
    const record = only(records);
    expect(record).toEqual({
      eventID: written?.eventId,
      eventName: 'REMOVE',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      dynamodb: {
        ApproximateCreationDateTime: new Date(START + 1_000),
        Keys: { id: { S: 'é' } },
        OldImage: image,
        SequenceNumber: written?.sequenceNumber,
        // The key: 2 + 2; the item: 2 + 2, 1 + 4, 4 + 3.
        SizeBytes: 4 + 4 + 5 + 7,
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
      userIdentity: { PrincipalId: 'dynamodb.amazonaws.com', Type: 'Service' },
    });
    expect(lambdaRecord(record, arn)).toMatchObject({
      eventSourceARN: arn,
      dynamodb: { ApproximateCreationDateTime: START / 1_000 + 1 },
      userIdentity: { principalId: 'dynamodb.amazonaws.com', type: 'Service' },
    });
    expect(written).toMatchObject({ streamArn: arn, at: START + 1_999 });
  });

  test('images decide the event name; a write that changes nothing leaves no record; none at all is refused', () => {
    const { streams } = streamWorld();
    const keys = { id: { S: 'a' } };
    const one = { ...keys, n: { N: '1' } };
    const two = { ...keys, n: { N: '2' } };
    expect(streams.write('Items', { keys, newImage: one })).toBeDefined();
    expect(streams.write('Items', { keys, oldImage: one, newImage: { ...one } })).toBeUndefined();
    expect(streams.write('Items', { keys, oldImage: one, newImage: two })).toBeDefined();
    expect(() => streams.write('Items', { keys })).toThrow('expected a change with a new image');
    expect(() => streams.write('Items', { keys: {}, newImage: one })).toThrow('partition key');
    expect(() => streams.write('Other', { keys, newImage: one })).toThrow('Other');
    expect(only(streams.shards('Items')).written).toBe(2);
  });

  test.each([
    ['KEYS_ONLY', ['Keys']],
    ['NEW_IMAGE', ['Keys', 'NewImage']],
    ['OLD_IMAGE', ['Keys', 'OldImage']],
    ['NEW_AND_OLD_IMAGES', ['Keys', 'NewImage', 'OldImage']],
  ] as const)('view type %s gives %j', async (viewType, parts) => {
    const { streams } = streamWorld({}, { viewType });
    streams.write('Items', { ...insert('a', 2), oldImage: { id: { S: 'a' } } });
    const { records } = await page(streams, await iterate(streams, only(streams.openShards('Items'))));
    const names = Object.keys(only(records).dynamodb ?? {});
    expect(names.filter((name) => /Keys|Image/.test(name))).toEqual(parts);
  });

  test('sequence numbers of one shard get a digit more, and only numbers tell their order', () => {
    const { streams } = streamWorld();
    const numbers = Array.from(
      { length: 200 },
      (_, n) => streams.write('Items', insert(`${n}`))?.sequenceNumber ?? '',
    );
    const lengths = new Set(numbers.map((number) => number.length));
    expect(lengths).toEqual(new Set([21, 22]));
    const ascending = numbers.every((number, n) => n === 0 || BigInt(number) > BigInt(numbers[n - 1] ?? '0'));
    expect(ascending).toBe(true);
    expect([...numbers].sort()).not.toEqual(numbers);
  });

  test('equal seeds give equal streams, other seeds others', () => {
    const run = (seed: number) => {
      const { streams } = streamWorld({ seed });
      const [first = ''] = streams.openShards('Items');
      const written = Array.from({ length: 20 }, (_, n) => streams.write('Items', insert(`${n}`)));
      return [written, streams.split(first), streams.write('Items', insert('last'))];
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });
});

describe('iterators of a fake stream', () => {
  test('each type begins where it says, and LATEST is settled when it is asked for', async () => {
    const { streams } = streamWorld();
    const shard = only(streams.openShards('Items'));
    const numbers = ['a', 'b', 'c'].map((id) => streams.write('Items', insert(id))?.sequenceNumber ?? '');
    const latest = await iterate(streams, shard, 'LATEST');
    numbers.push(streams.write('Items', insert('d'))?.sequenceNumber ?? '');
    const from = async (
      ...of: Parameters<typeof iterate> extends [unknown, unknown, ...infer R] ? R : never
    ) => (await page(streams, await iterate(streams, shard, ...of))).numbers;
    expect(await from('TRIM_HORIZON')).toEqual(numbers);
    expect(await from('AT_SEQUENCE_NUMBER', numbers[1])).toEqual(numbers.slice(1));
    expect(await from('AFTER_SEQUENCE_NUMBER', numbers[1])).toEqual(numbers.slice(2));
    expect(await from('AFTER_SEQUENCE_NUMBER', numbers[3])).toEqual([]);
    expect(await from('LATEST')).toEqual([]);
    expect((await page(streams, latest)).numbers).toEqual([numbers[3]]);
    for (const type of ['TRIM_HORIZON', 'LATEST'] as const) {
      await expect(from(type, numbers[0])).rejects.toMatchObject({ name: 'ValidationException' });
    }
  });

  test.each([
    ['no number', undefined],
    ['letters', 'abc'],
    ['one beyond the shard', '9'.repeat(30)],
    ['one of before the shard', '1'.padStart(21, '0')],
    ['too short', '9'.repeat(20)],
  ])('a sequence number that is %s is refused', async (_, number) => {
    const { streams } = streamWorld();
    streams.write('Items', insert('a'));
    const shard = only(streams.openShards('Items'));
    for (const type of ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER'] as const) {
      await expect(iterate(streams, shard, type, number)).rejects.toMatchObject({
        name: 'ValidationException',
      });
    }
  });

  test('an iterator is good for 15 minutes from when it was given, used or not, also as the next of a page', async () => {
    const { clock, streams } = streamWorld();
    streams.write('Items', insert('a'));
    const iterator = await iterate(streams, only(streams.openShards('Items')));
    await clock.advance(15 * MINUTE - 1);
    const { next, numbers } = await page(streams, iterator);
    expect(numbers).toHaveLength(1);
    await clock.advance(1);
    await expect(page(streams, iterator)).rejects.toMatchObject({ name: 'ExpiredIteratorException' });
    expect((await page(streams, next)).numbers).toEqual([]);
    streams.expireIterators();
    await expect(page(streams, next)).rejects.toMatchObject({ name: 'ExpiredIteratorException' });
    await expect(page(streams, 'made up')).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('pages hold at most Limit records, 1 000, and 1 MB, but one record however large', async () => {
    const { streams } = streamWorld();
    const shard = only(streams.openShards('Items'));
    for (let n = 0; n < 1_100; n += 1) streams.write('Items', insert(`${n}`));
    const first = await page(streams, await iterate(streams, shard));
    expect(first.numbers).toHaveLength(1_000);
    expect((await page(streams, first.next)).numbers).toHaveLength(100);
    expect((await page(streams, await iterate(streams, shard), 7)).numbers).toHaveLength(7);
    for (const limit of [0, 1_001, 1.5]) {
      await expect(page(streams, await iterate(streams, shard), limit)).rejects.toMatchObject({
        name: 'ValidationException',
      });
    }
    const big = streamWorld();
    for (const megabytes of [0.4, 0.4, 0.4, 1.5, 0.1]) {
      const body = { S: 'x'.repeat(megabytes * 1024 * 1024) };
      big.streams.write('Items', { keys: { id: { S: 'a' } }, newImage: { id: { S: 'a' }, body } });
    }
    let next: string | undefined = await iterate(big.streams, only(big.streams.openShards('Items')));
    const sizes = [];
    for (let n = 0; n < 4; n += 1) {
      const { numbers, next: following } = await page(big.streams, next);
      sizes.push(numbers.length);
      next = following;
    }
    expect(sizes).toEqual([2, 1, 1, 1]);
  });

  test('the closing page carries records and no iterator; an open shard always gives one', async () => {
    const { streams } = streamWorld();
    const shard = only(streams.openShards('Items'));
    for (const id of ['a', 'b', 'c']) streams.write('Items', insert(id));
    const iterator = await iterate(streams, shard);
    expect((await page(streams, iterator)).next).toBeDefined();
    const child = streams.rotate(shard);
    const first = await page(streams, iterator, 2);
    const last = await page(streams, first.next, 2);
    expect([first.numbers.length, last.numbers.length, last.next]).toEqual([2, 1, undefined]);
    expect((await page(streams, await iterate(streams, shard, 'LATEST'))).next).toBeUndefined();
    expect((await page(streams, await iterate(streams, child))).next).toBeDefined();
  });

  test('records of 24 hours are trimmed: held iterators and old numbers fail, the oldest there is still reads', async () => {
    const { clock, streams } = streamWorld({ iteratorLifeMs: 48 * HOUR });
    const shard = only(streams.openShards('Items'));
    const old = streams.write('Items', insert('old'))?.sequenceNumber;
    const held = await iterate(streams, shard);
    const latest = await iterate(streams, shard, 'LATEST');
    await clock.advance(HOUR);
    const young = streams.write('Items', insert('young'))?.sequenceNumber;
    await clock.advance(23 * HOUR - 1);
    expect((await page(streams, held, 1)).numbers).toEqual([old]);
    await clock.advance(1);
    await expect(page(streams, held)).rejects.toMatchObject({ name: 'TrimmedDataAccessException' });
    for (const type of ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER'] as const) {
      await expect(iterate(streams, shard, type, old)).rejects.toMatchObject({
        name: 'TrimmedDataAccessException',
      });
    }
    expect((await page(streams, latest)).numbers).toEqual([young]);
    expect((await page(streams, await iterate(streams, shard))).numbers).toEqual([young]);
    streams.trim(shard);
    expect(only(streams.shards('Items'))).toMatchObject({ written: 2, trimmed: 2, lost: [] });
  });

  test('what nobody had read when it was trimmed counts as lost', async () => {
    const { streams } = streamWorld();
    const shard = only(streams.openShards('Items'));
    const numbers = ['a', 'b', 'c', 'd'].map(
      (id) => streams.write('Items', insert(id))?.sequenceNumber ?? '',
    );
    await page(streams, await iterate(streams, shard), 1);
    streams.trim(shard, 3);
    expect(only(streams.shards('Items'))).toMatchObject({ trimmed: 3, lost: numbers.slice(1, 3) });
    expect((await page(streams, await iterate(streams, shard))).numbers).toEqual(numbers.slice(3));
  });
});

describe('a fake stream over time', () => {
  test('shards rotate about every four hours, also when nothing looked for days, and leave 24 hours after closing', async () => {
    const { clock, streams, arn } = streamWorld({ rotateAfterMs: 4 * HOUR });
    streams.write('Items', insert('a'));
    await clock.advance(3.6 * HOUR - 1);
    expect(await described(streams, arn)).toHaveLength(1);
    await clock.advance(0.4 * HOUR + 1);
    expect(await described(streams, arn)).toHaveLength(2);
    await clock.advance(10 * 24 * HOUR);
    const seen = await described(streams, arn);
    expect(seen.filter(({ open }) => open)).toHaveLength(1);
    // 24 hours of shards that lived 3.6 to 4 hours each.
    expect(seen.length).toBeGreaterThanOrEqual(6 + 1);
    expect(seen.length).toBeLessThanOrEqual(7 + 1);
    const all = streams.shards('Items');
    for (const { children, createdAt, closedAt } of all) {
      const lifeHours = closedAt === undefined ? undefined : (closedAt - createdAt) / HOUR;
      expect(children).toHaveLength(lifeHours === undefined ? 0 : 1);
      if (lifeHours !== undefined) expect(lifeHours).toBeGreaterThan(3.59);
      if (lifeHours !== undefined) expect(lifeHours).toBeLessThanOrEqual(4);
    }
    expect(all.flatMap(({ lost }) => lost)).toHaveLength(1);
    await expect(iterate(streams, all[0]?.shardId ?? '')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('a switched-off stream closes, takes nothing, is readable for 24 hours, and comes back under another ARN', async () => {
    const { clock, streams, arn } = streamWorld();
    const shard = only(streams.openShards('Items'));
    const resolve = streams.resolveStream('Items');
    streams.write('Items', insert('a'));
    expect(await resolve(NEVER)).toBe(arn);
    streams.disable('Items');
    expect(streams.write('Items', insert('b'))).toBeUndefined();
    expect(await resolve(NEVER)).toBeUndefined();
    const off = await streams.api().describeStream({ StreamArn: arn }, NEVER);
    expect(off.StreamDescription).toMatchObject({ StreamStatus: 'DISABLED', StreamArn: arn });
    const next = streams.enable('Items', { shards: 2 });
    expect([await resolve(NEVER), streams.latestStreamArn('Items')]).toEqual([next, next]);
    expect(next).not.toBe(arn);
    expect(next.startsWith('arn:aws:dynamodb:us-east-1:000000000000:table/Items/stream/2026-01-01T')).toBe(
      true,
    );
    expect(streams.openShards('Items')).toHaveLength(2);
    const before = streams.shards('Items')[0];
    const after = streams.write('Items', insert('c'));
    const old = await page(streams, await iterate(streams, shard));
    expect([old.numbers.length, old.next, before?.open]).toEqual([1, undefined, false]);
    expect(BigInt(after?.sequenceNumber ?? '')).toBeGreaterThan(BigInt(old.numbers[0] ?? ''));
    expect(after?.streamArn).toBe(next);
    await clock.advance(24 * HOUR);
    await expect(streams.api().describeStream({ StreamArn: arn }, NEVER)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await streams.api().describeStream({ StreamArn: next }, NEVER);
    streams.dropTable('Items');
    await expect(resolve(NEVER)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const dropped = await streams.api().describeStream({ StreamArn: next }, NEVER);
    expect(dropped.StreamDescription?.StreamStatus).toBe('DISABLED');
    const again = streams.createTable('Items');
    expect(await resolve(NEVER)).toBe(again);
    await clock.advance(24 * HOUR);
    await expect(streams.api().describeStream({ StreamArn: next }, NEVER)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('numbers of a stream that came back are above those of all shards it had', () => {
    const { streams } = streamWorld();
    for (let n = 0; n < 3; n += 1) streams.rotate(streams.openShards('Items')[0] ?? '');
    const before = streams.write('Items', insert('a'))?.sequenceNumber ?? '';
    streams.disable('Items');
    streams.enable('Items');
    const after = streams.write('Items', insert('a', 2))?.sequenceNumber ?? '';
    expect(BigInt(after)).toBeGreaterThan(BigInt(before));
  });

  test('more than 100 shards come in pages, and DescribeStream takes ten calls a second', async () => {
    const { clock, streams, arn } = streamWorld({}, { shards: 250 });
    for (const Limit of [0, 101]) {
      await expect(streams.api().describeStream({ StreamArn: arn, Limit }, NEVER)).rejects.toMatchObject({
        name: 'ValidationException',
      });
    }
    await clock.advance(1_000);
    const first = await streams.api().describeStream({ StreamArn: arn }, NEVER);
    expect(first.StreamDescription?.Shards).toHaveLength(100);
    const small = await streams.api().describeStream({ StreamArn: arn, Limit: 3 }, NEVER);
    expect(small.StreamDescription?.Shards).toHaveLength(3);
    const seen = await described(streams, arn);
    expect(new Set(seen.map(({ id }) => id))).toEqual(new Set(streams.openShards('Items')));
    expect(seen).toHaveLength(250);
    await described(streams, arn);
    await streams.api().describeStream({ StreamArn: arn }, NEVER);
    await streams.api().describeStream({ StreamArn: arn }, NEVER);
    await expect(streams.api('other').describeStream({ StreamArn: arn }, NEVER)).rejects.toMatchObject({
      name: 'ThrottlingException',
    });
    await clock.advance(100);
    await streams.api().describeStream({ StreamArn: arn }, NEVER);
  });

  test('a write costs little: 20 000 changes are written and read in far less than a second', async () => {
    const { streams } = streamWorld({}, { shards: 4 });
    const started = performance.now();
    for (let n = 0; n < 20_000; n += 1) streams.write('Items', insert(`${n % 500}`, n));
    let read = 0;
    for (const shard of streams.openShards('Items')) {
      let next: string | undefined = await iterate(streams, shard);
      for (let got = 1; got > 0; ) {
        const one: Awaited<ReturnType<typeof page>> = await page(streams, next, 100);
        got = one.numbers.length;
        read += got;
        next = one.next;
      }
    }
    expect(read).toBe(20_000);
    // Some 120 ms on a quiet machine; the bound only tells a cost that grows with what was written.
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
