import type { AttributeValue, StreamViewType } from '@aws-sdk/client-dynamodb-streams';
import type { StreamsApi } from '../adapters/dynamodb-streams/api.ts';
import type { ResolveStream } from '../adapters/dynamodb-streams/reader.ts';
import type { Clock } from '../relay/ports.ts';
import type { TokenBucketOptions } from './token-bucket.ts';

/**
 * What can go wrong with a call; nothing was done, and the same call may work a moment later.
 * - `limitExceeded`: LimitExceededException · `throttling`: ThrottlingException · `internalError`: 500 ·
 *   `unavailable`: 503
 * - `network`: the connection is reset · `timeout`: no answer for `requestTimeoutMs`, then TimeoutError
 * - `notFound`: ResourceNotFoundException although it is there
 * - `expiredIterator`: ExpiredIteratorException before its time (GetRecords only)
 * - `trimmed`: TrimmedDataAccessException although nothing was trimmed (not DescribeStream), as DynamoDB Local has it
 */
export type StreamFaultKind =
  | 'limitExceeded'
  | 'throttling'
  | 'internalError'
  | 'unavailable'
  | 'network'
  | 'timeout'
  | 'notFound'
  | 'expiredIterator'
  | 'trimmed';

export type StreamOperation = keyof StreamsApi;

/** How far a page may fall short of what the stream could give. Rates are probabilities, 0 to 1. */
export interface PageFaults {
  /** Pages that are empty although records follow. Default 0. */
  readonly empty?: number;
  /** Pages that end early, after at least one record. Default 0. */
  readonly short?: number;
}

export interface FakeStreamsOptions {
  /** Drives rotation, trimming, expiry and limits. Default: the system's clock. */
  readonly clock?: Clock;
  /** Equal seeds and equal calls give equal streams, ids and faults. Default 0. */
  readonly seed?: number;
  /** How long a shard takes records before one child replaces it, ms; up to a tenth less by seed. Default 4 h; Infinity: for ever. */
  readonly rotateAfterMs?: number;
  /** How long a record can be read, ms, and after its closing a shard be seen. Default 24 h. */
  readonly retentionMs?: number;
  /** How long an iterator is good for, ms. Default 15 min. */
  readonly iteratorLifeMs?: number;
  /** Most readers of one shard at once; one more gets LimitExceededException. Default 2. */
  readonly readersPerShard?: number;
  /** Who called GetRecords on a shard counts as its reader for this long, ms. Default 1 000. */
  readonly readerWindowMs?: number;
  /** Calls of DescribeStream, of all readers together. Default 10 a second, burst 10. */
  readonly describeLimit?: TokenBucketOptions;
  /** What ApproximateCreationDateTime is rounded down to, ms. Default 1 000. */
  readonly creationGranularityMs?: number;
  /**
   * For how long at most (ms) DescribeStream tells the past after a shard has closed; by seed, each closing is told in one
   * of these ways: children late, parent still open beside its open children, both. Default 0: never.
   */
  readonly describeLagMs?: number;
  /**
   * What DescribeStream does with a ShardFilter: as AWS, or takes no notice of it and tells every shard, as DynamoDB Local
   * does, or answers ValidationException. Default `honoured`.
   */
  readonly shardFilter?: 'honoured' | 'ignored' | 'refused';
  /** How long a call takes, ms. Default 0. */
  readonly latencyMs?: number;
  /** How long a call that times out takes, ms. Default 3 000. */
  readonly requestTimeoutMs?: number;
  readonly pages?: PageFaults;
  /** Probability of each fault for each call it can happen to, 0 to 1. Default: none. */
  readonly faults?: Partial<Readonly<Record<StreamFaultKind, number>>>;
}

export interface FakeTableOptions {
  /** Open shards at first, each with an equal part of the keys. Default 1. */
  readonly shards?: number;
  /** Attribute that decides the shard. Default: the first of a change's keys. */
  readonly partitionKey?: string;
  /** Default NEW_AND_OLD_IMAGES. */
  readonly viewType?: StreamViewType;
}

export type StreamImage = Readonly<Record<string, AttributeValue>>;

/** One committed write: INSERT with a new image only, REMOVE with an old one only, MODIFY with both. */
export interface StreamChange {
  readonly keys: StreamImage;
  readonly newImage?: StreamImage;
  readonly oldImage?: StreamImage;
  /** A deletion by Time to Live: the record carries the service's identity. */
  readonly expired?: boolean;
}

export interface WrittenRecord {
  readonly eventId: string;
  readonly sequenceNumber: string;
  readonly streamArn: string;
  readonly shardId: string;
  /** Epoch ms, not rounded. */
  readonly at: number;
}

/** One shard as it really is, whatever DescribeStream says. */
export interface FakeShardState {
  readonly shardId: string;
  readonly streamArn: string;
  /** Two after a merge, the first of which is told as ParentShardId. */
  readonly parents: readonly string[];
  readonly children: readonly string[];
  readonly open: boolean;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly closedAt?: number;
  /** Records it ever took. */
  readonly written: number;
  /** Of these, how many have left it. */
  readonly trimmed: number;
  /** Sequence numbers that left it before any reader had them. */
  readonly lost: readonly string[];
  /** Successful calls of GetRecords. */
  readonly polls: number;
  /** Everybody who ever got a page of it. */
  readonly readers: readonly string[];
  /** Most readers that asked for pages within `readerWindowMs`, those turned away included. */
  readonly maxReaders: number;
  /** True once somebody was given its closing page. */
  readonly readToEnd: boolean;
}

/** A page with records, or a closing one. */
export interface ShardRead {
  readonly readerId: string;
  readonly streamArn: string;
  readonly shardId: string;
  /** Epoch ms. */
  readonly at: number;
  /** In the order of the page. */
  readonly sequenceNumbers: readonly string[];
  /** True when no iterator followed. */
  readonly closing: boolean;
}

/** A page of a child, with records or its closing one, was handed out before its parent's closing page was. */
export interface LineageViolation {
  readonly parent: string;
  readonly child: string;
  /** Who was given the page that made it so. */
  readonly readerId: string;
  readonly at: number;
  /** False for the parent of a merge that DescribeStream does not name. */
  readonly told: boolean;
}

/** See `createFakeStreams`. Shards are named by id, tables by name; what is not known throws. */
export interface FakeStreams {
  /** Makes a table with its stream on. @returns ARN of the stream */
  createTable(name: string, options?: FakeTableOptions): string;
  /** Puts a record on the open shard its key hashes to. Undefined: the write changes nothing, or the stream is off. */
  write(table: string, change: StreamChange): WrittenRecord | undefined;
  /** DynamoDB Streams for one reader. Without an id every call counts as the same reader's. */
  api(readerId?: string): StreamsApi;
  /** The table's `LatestStreamArn` while its stream is on. Rejects with `ResourceNotFoundException` without the table. */
  resolveStream(table: string): ResolveStream;
  /** ARN of its newest stream, on or off. */
  latestStreamArn(table: string): string;

  /** Closes an open shard; two children share its keys. @returns their ids */
  split(shardId: string): readonly [string, string];
  /** Closes an open shard; one child has its keys. @returns its id */
  rotate(shardId: string): string;
  /** Closes two open neighbours; one child has the keys of both, and names the first as its parent. @returns its id */
  merge(shardId: string, neighbourId: string): string;
  /** Switches the stream off: open shards close, what is in them can be read for 24 h. */
  disable(table: string): void;
  /** Switches it on again. @returns the new stream's ARN */
  enable(table: string, options?: Omit<FakeTableOptions, 'partitionKey'>): string;
  /**
   * Deletes the table: its stream is switched off and can still be read for 24 h, but nobody is told of it any more.
   * The name is free for another table.
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html
   */
  dropTable(table: string): void;
  /** Trims the `count` oldest records of a shard (default: all) before their time. */
  trim(shardId: string, count?: number): void;
  /** Every iterator given out so far has expired. */
  expireIterators(): void;
  /** The next calls it can happen to (of `operation`, when given) fail in this way. Default `times` 1. */
  fail(
    kind: StreamFaultKind,
    options?: { readonly times?: number; readonly operation?: StreamOperation },
  ): void;
  /** How often each fault happened, planned and random. */
  readonly faultCounts: ReadonlyMap<StreamFaultKind, number>;
  /** While false, no random fault happens: faults, empty and short pages. Planned ones do. */
  faulty: boolean;

  /** Open shards of the table's newest stream, in order of their keys: neighbours can be merged. */
  openShards(table: string): readonly string[];
  /** Every shard of all the table's streams, in order of creation, those that have left the stream included. */
  shards(table: string): readonly FakeShardState[];
  /** Every page with records and every closing page handed out, in order. */
  readonly reads: readonly ShardRead[];
  /** Each pair of parent and child once. */
  readonly childReadBeforeParentEnd: readonly LineageViolation[];
  /** Most readers any shard had within `readerWindowMs`, those turned away included. */
  readonly maxReaders: number;
}
