import type { _Record as StreamsRecord } from '@aws-sdk/client-dynamodb-streams';
import type { SeededRandom } from './random.ts';
import type { FakeShardState } from './stream-options.ts';

/** One record in a shard. */
export interface StreamEntry {
  readonly record: StreamsRecord;
  readonly sequenceNumber: string;
  /** The same as a number. */
  readonly number: bigint;
  /** Epoch ms. */
  readonly at: number;
  readonly bytes: number;
  /** True once some reader had it. */
  handedOut: boolean;
}

/** What DescribeStream tells too late of a shard that has closed, until `until` (epoch ms). */
export interface DescribeLag {
  readonly until: number;
  readonly parentOpen: boolean;
  readonly childrenHidden: boolean;
}

/** One shard: the keys in [`from`, `to`) of the hash space while it is open, and what readers did with it. */
export interface StreamShard {
  readonly id: string;
  readonly streamArn: string;
  readonly from: number;
  readonly to: number;
  readonly parents: readonly StreamShard[];
  readonly children: StreamShard[];
  /** Highest digits of its sequence numbers: more than those of its parents. */
  readonly prefix: bigint;
  readonly startingNumber: bigint;
  readonly createdAt: number;
  readonly rotatesAt: number;
  closedAt: number | undefined;
  lag: DescribeLag | undefined;
  /** What has not been trimmed; `first` counts what has. */
  entries: StreamEntry[];
  first: number;
  lastTrimmed: bigint | undefined;
  /** Number of the last record it took. */
  lastNumber: bigint | undefined;
  /** Left the stream with all it had. */
  gone: boolean;
  readonly lost: string[];
  polls: number;
  /** Who got a page, and when the last one (epoch ms). */
  readonly readers: Map<string, number>;
  maxReaders: number;
  /** True once a page with records, or the closing one, was handed out. */
  begun: boolean;
  readToEnd: boolean;
}

/** Where the next record would be, counted from the shard's first ever. */
export function endOf(shard: StreamShard): number {
  return shard.first + shard.entries.length;
}

/** Drops the `count` oldest records that are left. */
export function trimOldest(shard: StreamShard, count: number): void {
  const trimmed = shard.entries.splice(0, count);
  shard.first += trimmed.length;
  shard.lastTrimmed = trimmed.at(-1)?.number ?? shard.lastTrimmed;
  for (const { handedOut, sequenceNumber } of trimmed) if (!handedOut) shard.lost.push(sequenceNumber);
}

/** Drops the records written at `until` (epoch ms) or before. */
export function trimUntil(shard: StreamShard, until: number): void {
  const [oldest] = shard.entries;
  if (!oldest || oldest.at > until) return;
  const kept = shard.entries.findIndex(({ at }) => at > until);
  trimOldest(shard, kept < 0 ? shard.entries.length : kept);
}

/**
 * A shard's sequence numbers: its prefix, then a number of this many digits that all shards of a table count up. The
 * service takes 21 to 40 digits.
 */
const COUNTER_DIGITS = 20n;
const PREFIX_WEIGHT = 10n ** COUNTER_DIGITS;
/** First shards are numbered up to their next power of ten, so that their numbers soon get a digit more. */
const FIRST_PREFIX = 9n;

/** Sequence numbers of one table: rising within a shard and from parent to child, of different lengths, with holes. */
export interface SequenceNumbers {
  /** Prefix of a new shard. */
  prefix(parents: readonly StreamShard[]): bigint;
  /** The next number for a shard with this prefix. */
  next(prefix: bigint): bigint;
  /** A new stream of the table goes on above all there were. */
  renew(): void;
}

export function createSequenceNumbers(random: SeededRandom): SequenceNumbers {
  let counter = PREFIX_WEIGHT - 60n - BigInt(random.integer(60));
  let first = FIRST_PREFIX;
  let highest = FIRST_PREFIX;
  return {
    prefix(parents) {
      let prefix = first;
      for (const parent of parents)
        if (parent.prefix >= prefix) prefix = parent.prefix + 1n + BigInt(random.integer(20));
      if (prefix > highest) highest = prefix;
      return prefix;
    },
    next(prefix) {
      counter += 1n + BigInt(random.integer(3));
      return prefix * PREFIX_WEIGHT + counter;
    },
    renew() {
      first = highest + 1n;
      highest = first;
    },
  };
}

/** The shard as tests see it. */
export function shardState(shard: StreamShard): FakeShardState {
  const ids = (shards: readonly StreamShard[]) => shards.map(({ id }) => id);
  const { closedAt } = shard;
  return {
    shardId: shard.id,
    streamArn: shard.streamArn,
    parents: ids(shard.parents),
    children: ids(shard.children),
    open: closedAt === undefined,
    createdAt: shard.createdAt,
    ...(closedAt !== undefined && { closedAt }),
    written: endOf(shard),
    trimmed: shard.first,
    lost: [...shard.lost],
    polls: shard.polls,
    readers: [...shard.readers.keys()],
    maxReaders: shard.maxReaders,
    readToEnd: shard.readToEnd,
  };
}
