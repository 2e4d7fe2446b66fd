import { describe, expect, test } from '@jest/globals';
import { streamsFault } from '../../../src/adapters/dynamodb-streams/api.ts';
import type { StreamFaultKind } from '../../../src/testing/stream-options.ts';
import { insert, iterate, NEVER, page, START, streamWorld } from './stream-reading.ts';

const NAMES: Readonly<Record<StreamFaultKind, object>> = {
  limitExceeded: { name: 'LimitExceededException', $metadata: { httpStatusCode: 400 } },
  throttling: { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } },
  internalError: { name: 'InternalServerError', $metadata: { httpStatusCode: 500 } },
  unavailable: { name: 'ServiceUnavailable', $metadata: { httpStatusCode: 503 } },
  network: { name: 'Error', code: 'ECONNRESET' },
  timeout: { name: 'TimeoutError' },
  notFound: { name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 400 } },
  expiredIterator: { name: 'ExpiredIteratorException' },
  trimmed: { name: 'TrimmedDataAccessException' },
};
const KINDS = Object.keys(NAMES).filter((name): name is StreamFaultKind => name in NAMES);
const messageOf = (error: unknown) => (error instanceof Error ? error.name : String(error));

describe('faults of a fake stream', () => {
  test.each(KINDS)('%s fails one call in the way the SDK tells it, and the next one works', async (kind) => {
    const { clock, streams } = streamWorld();
    streams.write('Items', insert('a'));
    const iterator = await iterate(streams, streams.openShards('Items')[0] ?? '');
    streams.fail(kind, { operation: 'getRecords' });
    const failed = page(streams, iterator);
    const told = expect(failed).rejects.toMatchObject(NAMES[kind]);
    await clock.runUntilIdle();
    await told;
    expect(clock.now() - START).toBe(kind === 'timeout' ? 3_000 : 0);
    expect((await page(streams, iterator)).numbers).toHaveLength(1);
    expect(streams.faultCounts.get(kind)).toBe(1);
  });

  test('the reader sorts each of them as it should', async () => {
    const sorted: string[] = [];
    for (const kind of KINDS) {
      const { clock, streams } = streamWorld();
      const iterator = await iterate(streams, streams.openShards('Items')[0] ?? '');
      streams.fail(kind);
      const failed = page(streams, iterator).catch((error: unknown) =>
        sorted.push(`${kind}: ${streamsFault(error)}`),
      );
      await clock.runUntilIdle();
      await failed;
    }
    expect(sorted).toEqual([
      'limitExceeded: transient',
      'throttling: transient',
      'internalError: transient',
      'unavailable: transient',
      'network: transient',
      'timeout: transient',
      'notFound: not-found',
      'expiredIterator: expired-iterator',
      'trimmed: trimmed',
    ]);
  });

  test('a planned fault waits for a call it can happen to', async () => {
    const { streams, arn, api } = streamWorld();
    const [shard = ''] = streams.openShards('Items');
    streams.fail('expiredIterator', { times: 2 });
    streams.fail('network', { operation: 'describeStream' });
    const iterator = await iterate(streams, shard);
    await expect(api.describeStream({ StreamArn: arn }, NEVER)).rejects.toThrow('ECONNRESET');
    await api.describeStream({ StreamArn: arn }, NEVER);
    for (let n = 0; n < 2; n += 1) {
      await expect(page(streams, iterator)).rejects.toMatchObject({ name: 'ExpiredIteratorException' });
    }
    await page(streams, iterator);
    expect(() => streams.fail('trimmed', { operation: 'describeStream' })).toThrow('can happen to');
  });

  test('random faults are the same for one seed, keep their rates roughly, and can be switched off', async () => {
    const run = async (seed: number) => {
      const { streams } = streamWorld({ seed, faults: { internalError: 0.2, expiredIterator: 0.1 } });
      const names: string[] = [];
      streams.faulty = false;
      const iterator = await iterate(streams, streams.openShards('Items')[0] ?? '');
      streams.faulty = true;
      for (let n = 0; n < 200; n += 1) names.push(await page(streams, iterator).then(() => 'ok', messageOf));
      streams.faulty = false;
      for (let n = 0; n < 50; n += 1) await page(streams, iterator);
      expect(names.filter((name) => name === 'InternalServerError')).toHaveLength(
        streams.faultCounts.get('internalError') ?? 0,
      );
      return names;
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
    const share = (name: string) => first.filter((one) => one === name).length / first.length;
    expect(share('InternalServerError')).toBeGreaterThan(0.1);
    expect(share('InternalServerError')).toBeLessThan(0.3);
    expect(share('ExpiredIteratorException')).toBeGreaterThan(0.03);
  });

  test('faults do not move keys to other shards or change their numbers', () => {
    const run = (faults: Partial<Record<StreamFaultKind, number>>) => {
      const { streams } = streamWorld({ seed: 5, faults }, { shards: 4 });
      return Array.from({ length: 50 }, (_, n) => streams.write('Items', insert(`${n}`)));
    };
    expect(run({ network: 0.5 })).toEqual(run({}));
  });

  test('empty and short pages leave nothing out', async () => {
    const { streams } = streamWorld({ seed: 1, pages: { empty: 0.4, short: 0.5 } });
    const numbers = Array.from(
      { length: 300 },
      (_, n) => streams.write('Items', insert(`${n}`))?.sequenceNumber,
    );
    const [shard = ''] = streams.openShards('Items');
    let next: string | undefined = await iterate(streams, shard);
    streams.rotate(shard);
    const sizes: number[] = [];
    const got: string[] = [];
    while (next !== undefined) {
      const one: Awaited<ReturnType<typeof page>> = await page(streams, next, 20);
      got.push(...one.numbers);
      sizes.push(one.numbers.length);
      next = one.next;
    }
    expect(got).toEqual(numbers);
    expect(sizes.filter((size) => size === 0).length).toBeGreaterThan(2);
    expect(sizes.filter((size) => size > 0 && size < 20).length).toBeGreaterThan(2);
  });
});

describe('calls of a fake stream take their time', () => {
  test('LATEST is settled on arrival: what is written while the answer travels is read', async () => {
    const { clock, streams } = streamWorld({ latencyMs: 100 });
    const iterating = iterate(streams, streams.openShards('Items')[0] ?? '', 'LATEST');
    await clock.advance(49);
    streams.write('Items', insert('before'));
    await clock.advance(1);
    const after = streams.write('Items', insert('after'))?.sequenceNumber;
    const iterator = await clock.run(iterating);
    expect(clock.now() - START).toBe(100);
    expect((await clock.run(page(streams, iterator))).numbers).toEqual([after]);
  });

  test('an aborted call ends at once with AbortError, also one that would time out', async () => {
    const { clock, streams, arn, api } = streamWorld({ latencyMs: 100 });
    for (const plan of [false, true]) {
      const controller = new AbortController();
      if (plan) streams.fail('timeout');
      const failed = expect(api.describeStream({ StreamArn: arn }, controller.signal)).rejects.toMatchObject({
        name: 'AbortError',
      });
      await clock.advance(plan ? 60 : 10);
      controller.abort();
      await failed;
      expect(clock.pending).toBe(0);
    }
    await expect(streams.resolveStream('Items')(AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});
