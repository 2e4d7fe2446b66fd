import { describe, expect, test } from '@jest/globals';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import pino from 'pino';
import { type Checkpoints, memoryCheckpoints } from '../../../src/adapters/dynamodb-streams/checkpoints.ts';
import type { Gap } from '../../../src/adapters/dynamodb-streams/gap.ts';
import {
  createStreamReader,
  type StreamReaderOptions,
} from '../../../src/adapters/dynamodb-streams/reader.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';
import { fakeStream, named } from './fake-streams.ts';

const START = Date.UTC(2026, 0, 1, 12);

type Answer = (
  keys: readonly string[],
  event: DynamoDBStreamEvent,
) => DynamoDBBatchResponse | null | undefined;

function setUp(options: Partial<StreamReaderOptions> = {}, answer: Answer = () => undefined) {
  const stream = fakeStream();
  const clock = createVirtualClock(START);
  const batches: (readonly string[])[] = [];
  const delivered: string[] = [];
  const gaps: Gap[] = [];
  const streams = [stream];
  const reader = createStreamReader({
    api: {
      describeStream: (input, signal) => byArn(input.StreamArn).api.describeStream(input, signal),
      getShardIterator: (input, signal) => byArn(input.StreamArn).api.getShardIterator(input, signal),
      getRecords: (input, signal) => (streams.at(-1) ?? stream).api.getRecords(input, signal),
    },
    resolveStream: async () => streams.at(-1)?.arn,
    invoke: async (event) => {
      const keys = event.Records.map((record) => record.dynamodb?.Keys?.['id']?.S ?? '?');
      batches.push(keys);
      const response = answer(keys, event);
      const failed = response?.batchItemFailures.map((failure) => failure.itemIdentifier) ?? [];
      const until = event.Records.findIndex((record) =>
        failed.includes(record.dynamodb?.SequenceNumber ?? '?'),
      );
      delivered.push(...(failed.length === 0 ? keys : keys.slice(0, Math.max(until, 0))));
      return response;
    },
    logger: pino({ level: 'silent' }),
    clock,
    random: () => 0.5,
    onGap: (gap) => void gaps.push(gap),
    ...options,
  });
  function byArn(arn: string | undefined) {
    const found = streams.find((candidate) => candidate.arn === arn);
    if (!found) throw named('ResourceNotFoundException', 'no such stream');
    return found;
  }
  return {
    stream,
    streams,
    clock,
    reader,
    batches,
    delivered,
    gaps,
    async start() {
      const started = reader.start();
      await clock.advance(0);
      await started;
    },
    /** Polls for a while; long enough for any back-off that is not meant to last. */
    poll: (ms = 2_000) => clock.advance(ms),
    async stop() {
      const stopped = reader.stop(0);
      await clock.advance(0);
      await stopped;
    },
  };
}

describe('where a reader begins', () => {
  test('LATEST passes over what was there and delivers whatever is written once start has resolved', async () => {
    const t = setUp();
    t.stream.addShard('s1');
    t.stream.write('s1', 'before');
    await t.start();
    t.stream.write('s1', 'after');
    await t.poll();
    expect(t.delivered).toEqual(['after']);
    await t.stop();
  });

  test('TRIM_HORIZON begins at the oldest record', async () => {
    const t = setUp({ startAt: 'TRIM_HORIZON' });
    t.stream.addShard('s1');
    t.stream.write('s1', 'before');
    await t.start();
    await t.poll();
    expect(t.delivered).toEqual(['before']);
    await t.stop();
  });

  test('a table without a stream is refused', async () => {
    const t = setUp({ resolveStream: async () => undefined });
    await expect(t.reader.start()).rejects.toMatchObject({ code: 'STREAM_UNUSABLE' });
  });

  test('a second reader with the same checkpoints goes on after the last delivered record', async () => {
    const checkpoints = memoryCheckpoints();
    const first = setUp({ checkpoints });
    first.stream.addShard('s1');
    await first.start();
    first.stream.write('s1', 'a');
    await first.poll();
    await first.stop();
    const second = setUp({ checkpoints });
    second.streams[0] = first.stream;
    first.stream.write('s1', 'b');
    await second.start();
    await second.poll();
    expect(second.delivered).toEqual(['b']);
    await second.stop();
  });
});

describe('shard lineage', () => {
  test('a child is read from its oldest record, and only after its parent ended', async () => {
    const t = setUp({ batchSize: 1 });
    t.stream.addShard('parent');
    await t.start();
    for (const key of ['p1', 'p2', 'p3']) t.stream.write('parent', key);
    t.stream.close('parent');
    t.stream.addShard('left', 'parent');
    t.stream.addShard('right', 'parent');
    t.stream.write('left', 'l1');
    t.stream.write('right', 'r1');
    t.stream.write('left', 'l2');
    await t.poll();
    expect(t.delivered.slice(0, 3)).toEqual(['p1', 'p2', 'p3']);
    expect(t.delivered.slice(3).sort()).toEqual(['l1', 'l2', 'r1']);
    expect(t.delivered.indexOf('l1')).toBeLessThan(t.delivered.indexOf('l2'));
    expect(t.stream.calls.filter((call) => call.startsWith('iterator left'))).toEqual([
      'iterator left TRIM_HORIZON',
    ]);
    await t.stop();
  });

  test('a parent whose batch keeps failing holds its children back', async () => {
    let working = false;
    const t = setUp({}, (keys) => {
      if (!working && keys.includes('p1')) throw new Error('not now');
      return undefined;
    });
    t.stream.addShard('parent');
    await t.start();
    t.stream.write('parent', 'p1');
    t.stream.close('parent');
    t.stream.addShard('child', 'parent');
    t.stream.write('child', 'c1');
    await t.poll(30_000);
    expect(t.delivered).toEqual([]);
    working = true;
    await t.poll(30_000);
    expect(t.delivered).toEqual(['p1', 'c1']);
    await t.stop();
  });

  test('a child that shows only a while after its parent ended is found', async () => {
    const t = setUp();
    t.stream.addShard('parent');
    await t.start();
    t.stream.close('parent');
    await t.poll(5_000);
    t.stream.addShard('child', 'parent');
    t.stream.write('child', 'c1');
    await t.poll(1_000);
    expect(t.delivered).toEqual(['c1']);
    await t.stop();
  });

  test('a shard without a known parent that appears later is read from its oldest record', async () => {
    const t = setUp();
    t.stream.addShard('s1');
    await t.start();
    t.stream.addShard('s2', 'trimmed-long-ago');
    t.stream.write('s2', 'x');
    await t.poll(15_000);
    expect(t.delivered).toEqual(['x']);
    await t.stop();
  });

  test('an open child under an open parent waits for it, then begins at its oldest record', async () => {
    const t = setUp();
    t.stream.addShard('parent');
    t.stream.addShard('child', 'parent');
    t.stream.write('child', 'c1');
    await t.start();
    t.stream.write('parent', 'p1');
    await t.poll();
    expect(t.delivered).toEqual(['p1']);
    t.stream.close('parent');
    await t.poll();
    expect(t.delivered).toEqual(['p1', 'c1']);
    await t.stop();
  });

  test('250 shards on three pages of DescribeStream are all read', async () => {
    const t = setUp();
    for (let i = 0; i < 250; i++) t.stream.addShard(`s${i}`);
    await t.start();
    for (let i = 0; i < 250; i++) t.stream.write(`s${i}`, `k${i}`);
    await t.poll(1_000);
    expect(new Set(t.delivered)).toEqual(new Set(Array.from({ length: 250 }, (_, i) => `k${i}`)));
    await t.stop();
  });

  test('the records of the closing page are delivered before the shard counts as ended', async () => {
    const checkpoints = memoryCheckpoints();
    const t = setUp({ checkpoints });
    t.stream.addShard('s1');
    await t.start();
    t.stream.write('s1', 'last');
    t.stream.close('s1');
    await t.poll();
    expect(t.delivered).toEqual(['last']);
    expect((await checkpoints.read(t.stream.arn)).get('s1')).toMatchObject({ kind: 'end' });
    await t.stop();
  });
});

describe('what goes wrong at the stream', () => {
  test('an expired iterator is found again after the last delivered record', async () => {
    const t = setUp();
    t.stream.addShard('s1');
    await t.start();
    const last = t.stream.write('s1', 'a');
    await t.poll();
    t.stream.expireIterators();
    t.stream.write('s1', 'b');
    await t.poll();
    expect(t.delivered).toEqual(['a', 'b']);
    expect(t.stream.calls).toContain(`iterator s1 AFTER_SEQUENCE_NUMBER ${last}`);
    await t.stop();
  });

  test('an iterator that expires before the first record loses nothing and floods nothing', async () => {
    const t = setUp();
    t.stream.addShard('s1');
    t.stream.write('s1', 'old', START - 3_600_000);
    await t.start();
    t.stream.write('s1', 'new', START);
    t.stream.expireIterators();
    await t.poll();
    expect(t.delivered).toEqual(['new']);
    await t.stop();
  });

  test('at LATEST nothing is dropped by its time: the two clocks need not agree', async () => {
    const t = setUp();
    t.stream.addShard('s1');
    await t.start();
    t.stream.write('s1', 'from a clock an hour behind', START - 3_600_000);
    await t.poll();
    expect(t.delivered).toEqual(['from a clock an hour behind']);
    await t.stop();
  });

  test('a record as old as the rounding of its time allows is delivered', async () => {
    const t = setUp({ creationGranularityMs: 60_000 });
    t.stream.addShard('s1');
    await t.start();
    t.stream.write('s1', 'rounded', START - 59_000);
    t.stream.expireIterators();
    await t.poll();
    expect(t.delivered).toEqual(['rounded']);
    await t.stop();
  });

  test('trimmed records are a gap that is told, and reading goes on at the oldest there is', async () => {
    const t = setUp();
    t.stream.addShard('s1');
    await t.start();
    t.stream.write('s1', 'first');
    await t.poll();
    t.stream.fail(named('TypeError', 'fetch failed'));
    for (const key of ['a', 'b', 'c']) t.stream.write('s1', key);
    t.stream.trim('s1', 3);
    await t.poll();
    expect(t.delivered).toEqual(['first', 'c']);
    expect(t.gaps).toEqual([{ streamArn: t.stream.arn, shardId: 's1', cause: 'trimmed' }]);
    await t.stop();
  });

  test('within 24 hours of the start nothing can have been trimmed: no gap is told, and all is delivered', async () => {
    const t = setUp();
    t.stream.addShard('s1');
    await t.start();
    t.stream.fail(named('TrimmedDataAccessException', 'as DynamoDB Local says it of a table that was empty'));
    t.stream.write('s1', 'a', START);
    await t.poll();
    expect(t.delivered).toEqual(['a']);
    expect(t.gaps).toEqual([]);
    await t.stop();
  });

  test('network errors and throttling are waited out, and the place is kept', async () => {
    const t = setUp();
    t.stream.addShard('s1');
    await t.start();
    t.stream.write('s1', 'a');
    t.stream.fail(
      named('TimeoutError', 'socket hang up'),
      named('LimitExceededException', 'slow down'),
      named('InternalServerError', 'oops'),
    );
    await t.poll(10_000);
    expect(t.delivered).toEqual(['a']);
    expect(t.stream.calls.filter((call) => call.startsWith('iterator'))).toHaveLength(1);
    await t.stop();
  });

  test('an outage is told once, however many shards meet it, and once when it is over', async () => {
    const told: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line) => told.push(JSON.parse(line).event) });
    const t = setUp({ logger });
    for (const id of ['a', 'b', 'c']) t.stream.addShard(id);
    await t.start();
    told.length = 0;
    t.stream.fail(...Array.from({ length: 20 }, () => new Error('connect ECONNREFUSED')));
    await t.poll(60_000);
    expect(told).toEqual(['reader.shard_error', 'reader.recovered']);
    t.stream.write('a', 'after');
    await t.poll();
    expect(t.delivered).toEqual(['after']);
    await t.stop();
  });

  test('a place that is refused again and again is told, though one expired iterator is not', async () => {
    const told: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line) => told.push(JSON.parse(line).event) });
    const t = setUp({ logger });
    t.stream.addShard('a');
    await t.start();
    told.length = 0;
    t.stream.expireIterators();
    await t.poll();
    expect(told).toEqual([]);
    t.stream.fail(
      ...Array.from({ length: 6 }, () => named('ValidationException', 'no such sequence number')),
    );
    await t.poll(60_000);
    expect(told).toEqual(['reader.shard_error', 'reader.recovered']);
    await t.stop();
  });

  test('a stream that is gone is replaced by the newest of the table, from its oldest record', async () => {
    const t = setUp();
    t.stream.addShard('s1');
    await t.start();
    t.stream.lose();
    const next = fakeStream('arn:aws:dynamodb:us-east-1:1:table/Items/stream/two');
    next.addShard('n1');
    next.write('n1', 'early');
    t.streams.push(next);
    await t.poll(10_000);
    next.write('n1', 'late');
    await t.poll();
    expect(t.delivered).toEqual(['early', 'late']);
    expect(t.gaps).toEqual([{ streamArn: t.stream.arn, cause: 'stream-replaced' }]);
    await t.stop();
  });

  test('a stream switched off is drained before the next one is read', async () => {
    const t = setUp({ batchSize: 1 });
    t.stream.addShard('s1');
    await t.start();
    t.stream.write('s1', 'a');
    t.stream.write('s1', 'b');
    t.stream.disable();
    await t.poll(12_000);
    const next = fakeStream('arn:aws:dynamodb:us-east-1:1:table/Items/stream/two');
    next.addShard('n1');
    next.write('n1', 'c');
    t.streams.push(next);
    await t.poll(10_000);
    expect(t.delivered).toEqual(['a', 'b', 'c']);
    expect(t.gaps).toEqual([]);
    await t.stop();
  });

  test('C2 C3 a stream switched off while its last records are still refused is not left before they are delivered', async () => {
    let refusing = true;
    const t = setUp({ batchSize: 1 }, (keys) => {
      if (refusing && keys.includes('b')) throw new Error('not yet');
      return undefined;
    });
    t.stream.addShard('s1');
    await t.start();
    t.stream.write('s1', 'a');
    t.stream.write('s1', 'b');
    t.stream.disable();
    const next = fakeStream('arn:aws:dynamodb:us-east-1:1:table/Items/stream/two');
    next.addShard('n1');
    next.write('n1', 'c');
    // Longer than the stream is looked at anew, several times over.
    await t.poll(60_000);
    expect(t.delivered).toEqual(['a']);
    refusing = false;
    await t.poll(30_000);
    expect(t.delivered).toEqual(['a', 'b']);
    t.streams.push(next);
    await t.poll(30_000);
    expect(t.delivered).toEqual(['a', 'b', 'c']);
    expect(t.gaps).toEqual([]);
    await t.stop();
  });
});

describe('what the handler answers', () => {
  test('the batch is sent again from the lowest reported sequence number, compared as a number', async () => {
    let failures: string[] = [];
    const t = setUp({}, () => {
      const batchItemFailures = failures.map((itemIdentifier) => ({ itemIdentifier }));
      failures = [];
      return { batchItemFailures };
    });
    t.stream.addShard('s1');
    await t.start();
    const numbers = ['a', 'b', 'c', 'd'].map((key) => t.stream.write('s1', key));
    failures = [numbers[3] ?? '', `000${numbers[1]}`];
    await t.poll(5_000);
    expect(t.batches).toEqual([
      ['a', 'b', 'c', 'd'],
      ['b', 'c', 'd'],
    ]);
    await t.stop();
  });

  test.each([
    ['an empty identifier', ''],
    ['an identifier that is none of the batch', '7'],
    ['an identifier that is no number', 'abc'],
  ])('%s fails the whole batch', async (_name, itemIdentifier) => {
    let first = true;
    const t = setUp({}, () => {
      const answer = first ? { batchItemFailures: [{ itemIdentifier }] } : { batchItemFailures: [] };
      first = false;
      return answer;
    });
    t.stream.addShard('s1');
    await t.start();
    t.stream.write('s1', 'a');
    t.stream.write('s1', 'b');
    await t.poll(5_000);
    expect(t.batches).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    await t.stop();
  });

  test('a handler that throws gets the whole batch again for as long as it throws; nothing is skipped', async () => {
    let working = false;
    const t = setUp({}, () => {
      if (!working) throw new Error('no');
      return null;
    });
    t.stream.addShard('s1');
    await t.start();
    t.stream.write('s1', 'a');
    await t.poll(60_000);
    t.stream.write('s1', 'b');
    const tries = t.batches.length;
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(30);
    expect(new Set(t.batches.flat())).toEqual(new Set(['a']));
    working = true;
    await t.poll(30_000);
    expect(t.delivered).toEqual(['a', 'b']);
    await t.stop();
  });

  test('C4 isolation: a page over what one invocation takes goes out in several, in order, a record too large in one alone', async () => {
    const sizes: number[] = [];
    const t = setUp({ maxBatchBytes: 700 }, (_keys, event) => {
      sizes.push(Buffer.byteLength(JSON.stringify(event)));
      return undefined;
    });
    t.stream.addShard('a');
    await t.start();
    const keys = ['k0', 'k1', '漢字'.repeat(200), 'k3', 'k4', 'k5', 'k6'];
    for (const key of keys) t.stream.write('a', key);
    await t.poll(300);
    expect(t.delivered).toEqual(keys);
    expect(t.batches.length).toBeGreaterThan(3);
    expect(t.batches.every((batch, index) => batch.length === 1 || (sizes[index] ?? 0) <= 720)).toBe(true);
    await t.stop();
  });

  test('a page in several invocations is sent again from the failed one on', async () => {
    let refusals = 1;
    const t = setUp({ maxBatchBytes: 700 }, (keys, event) => {
      const refused = event.Records[keys.indexOf('k5')]?.dynamodb?.SequenceNumber;
      if (refused === undefined || refusals-- <= 0) return undefined;
      return { batchItemFailures: [{ itemIdentifier: refused }] };
    });
    t.stream.addShard('a');
    await t.start();
    const keys = Array.from({ length: 8 }, (_, index) => `k${index}`);
    for (const key of keys) t.stream.write('a', key);
    await t.poll();
    expect(t.delivered).toEqual(keys);
    expect(t.batches.flat().filter((key) => key === 'k0')).toHaveLength(1);
    await t.stop();
  });

  test('one shard that fails does not hold another', async () => {
    const t = setUp({}, (keys) => {
      if (keys.includes('bad')) throw new Error('no');
      return undefined;
    });
    t.stream.addShard('s1');
    t.stream.addShard('s2');
    await t.start();
    t.stream.write('s1', 'bad');
    t.stream.write('s2', 'good');
    await t.poll(10_000);
    expect(t.delivered).toEqual(['good']);
    await t.stop();
  });

  test('a checkpoint is written only after delivery, and a failed write delivers the page again', async () => {
    const kept = memoryCheckpoints();
    let failing = true;
    const order: string[] = [];
    const checkpoints: Checkpoints = {
      ...kept,
      async write(arn, shard, checkpoint) {
        if (checkpoint.kind === 'after') {
          order.push('write');
          if (failing) {
            failing = false;
            throw new Error('table is away');
          }
        }
        await kept.write(arn, shard, checkpoint);
      },
    };
    const t = setUp({ checkpoints }, () => {
      order.push('deliver');
      return undefined;
    });
    t.stream.addShard('s1');
    await t.start();
    t.stream.write('s1', 'a');
    await t.poll();
    expect(order).toEqual(['deliver', 'write', 'deliver', 'write']);
    await t.stop();
  });
});

test('stop waits for the invocation under way, then breaks it off, and takes no new page', async () => {
  let aborted = false;
  const t = setUp({
    invoke: (_event, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(new Error('aborted'));
        });
      }),
  });
  t.stream.addShard('s1');
  await t.start();
  t.stream.write('s1', 'a');
  await t.poll(300);
  await t.reader.stop(10);
  expect(aborted).toBe(true);
  expect(t.clock.pending).toBe(0);
});
