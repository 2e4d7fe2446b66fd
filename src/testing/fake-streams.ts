import type { DescribeStreamOutput } from '@aws-sdk/client-dynamodb-streams';
import { systemClock } from '../adapters/clock.ts';
import type { StreamsApi } from '../adapters/dynamodb-streams/api.ts';
import { createSeededRandom } from './random.ts';
import { getRecords, getShardIterator } from './stream-calls.ts';
import { describeStream } from './stream-describe.ts';
import { createStreamFaults, faultError, streamErrors } from './stream-failures.ts';
import type { FakeStreams, FakeStreamsOptions, StreamOperation } from './stream-options.ts';
import { createStreamReaders } from './stream-readers.ts';
import { shardState, trimOldest, trimUntil } from './stream-shards.ts';
import { createStreamTables } from './stream-tables.ts';
import { createTokenBucket } from './token-bucket.ts';

const HOUR_MS = 60 * 60 * 1_000;

/**
 * A fake of DynamoDB Streams, as AWS documents it and as its users have met it: shards that rotate, split and merge,
 * iterators that expire, records that are trimmed, pages that are empty, news that come late. Nothing happens by itself:
 * what is due by the clock is done at the next call.
 *
 * Where the documents are silent it takes the reading that is harder on the reader. A quiet shard's checkpoint is too old
 * once its record is trimmed, though nothing was missed; a shard that has left the stream is not found, whatever of it was
 * not read.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
export function createFakeStreams(options: FakeStreamsOptions = {}): FakeStreams {
  const { clock = systemClock, seed = 0, latencyMs = 0, requestTimeoutMs = 3_000 } = options;
  const { shardFilter = 'honoured' } = options;
  const { retentionMs = 24 * HOUR_MS, rotateAfterMs = 4 * HOUR_MS } = options;
  if (!(rotateAfterMs > 0)) throw new Error(`expected rotateAfterMs above 0, got ${rotateAfterMs}`);
  // Each kind of chance has its own numbers, so that a fault more does not move every key to another shard.
  const chance = createSeededRandom(seed ^ 0x2545f491);
  const tables = createStreamTables({
    clock,
    random: createSeededRandom(seed),
    rotateAfterMs,
    retentionMs,
    describeLagMs: options.describeLagMs ?? 0,
    creationGranularityMs: options.creationGranularityMs ?? 1_000,
  });
  const faults = createStreamFaults(options.faults ?? {}, chance);
  const readers = createStreamReaders({
    readersPerShard: options.readersPerShard ?? 2,
    readerWindowMs: options.readerWindowMs ?? 1_000,
  });
  const takeDescribe = createTokenBucket(options.describeLimit ?? { ratePerSecond: 10, burst: 10 }, clock);
  const settings = {
    retentionMs,
    iteratorLifeMs: options.iteratorLifeMs ?? HOUR_MS / 4,
    pages: options.pages ?? {},
  };
  let era = 0;
  let faulty = true;
  const world = {
    settings,
    readers,
    random: chance,
    get era() {
      return era;
    },
    get faulty() {
      return faulty;
    },
    stream: (arn: string | undefined) => tables.byArn(arn).stream,
  };

  /** One call: half its time on the way there, then what it does, then the way back. */
  const call = async <T>(operation: StreamOperation, signal: AbortSignal, work: () => T): Promise<T> => {
    const pass = async (ms: number) => {
      if (ms > 0) await clock.sleep(ms, signal);
      if (signal.aborted) throw streamErrors.aborted();
    };
    await pass(latencyMs / 2);
    const fault = faults.next(operation, faulty);
    if (fault === 'timeout') await pass(requestTimeoutMs);
    if (fault) throw faultError(fault);
    const result = work();
    await pass(latencyMs / 2);
    return result;
  };

  const api = (readerId = 'reader'): StreamsApi => ({
    describeStream: (input, signal) =>
      call('describeStream', signal, (): DescribeStreamOutput => {
        if (!takeDescribe()) throw streamErrors.throttled();
        const { stream, table } = tables.byArn(input.StreamArn);
        const { ShardFilter, ...unfiltered } = input;
        if (ShardFilter && shardFilter === 'refused')
          throw streamErrors.invalid('expected no ShardFilter, got one');
        const asked = shardFilter === 'ignored' ? unfiltered : input;
        return { StreamDescription: describeStream(stream, table, asked, clock.now()) };
      }),
    getShardIterator: (input, signal) =>
      call('getShardIterator', signal, () => ({
        ShardIterator: getShardIterator(world, input, clock.now()),
      })),
    getRecords: (input, signal) =>
      call('getRecords', signal, () => getRecords(world, input, readerId, clock.now())),
  });

  return {
    createTable: tables.create,
    write: tables.write,
    api,
    resolveStream: (table) => async (signal) => {
      if (signal.aborted) throw streamErrors.aborted();
      const newest = tables.newest(table);
      return newest.enabled ? newest.arn : undefined;
    },
    latestStreamArn: (table) => tables.newest(table).arn,
    split(shardId) {
      const { stream, shard } = tables.byShard(shardId);
      const [lower, upper] = stream.split(shard, clock.now());
      return [lower.id, upper.id];
    },
    rotate(shardId) {
      const { stream, shard } = tables.byShard(shardId);
      return stream.rotate(shard, clock.now()).id;
    },
    merge(shardId, neighbourId) {
      const { stream, shard } = tables.byShard(shardId);
      const neighbour = tables.byShard(neighbourId);
      return stream.merge(shard, neighbour.shard, clock.now()).id;
    },
    disable: tables.disable,
    enable: tables.enable,
    dropTable: tables.drop,
    trim(shardId, count = Number.POSITIVE_INFINITY) {
      const { shard } = tables.byShard(shardId);
      trimUntil(shard, clock.now() - retentionMs);
      trimOldest(shard, count);
    },
    expireIterators() {
      era += 1;
    },
    fail: (kind, { times = 1, operation } = {}) => faults.plan(kind, times, operation),
    faultCounts: faults.counts,
    get faulty() {
      return faulty;
    },
    set faulty(value) {
      faulty = value;
    },
    openShards: (table) => tables.newest(table).open.map(({ id }) => id),
    shards: (table) =>
      tables.streamsOf(table).flatMap(({ history }) =>
        history.map((shard) => {
          trimUntil(shard, clock.now() - retentionMs);
          return shardState(shard);
        }),
      ),
    reads: readers.reads,
    childReadBeforeParentEnd: readers.violations,
    get maxReaders() {
      return readers.maxReaders;
    },
  };
}
