import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda';

/** What a worker hands its pages to: the delivery pipeline, in process. */
export type DeliverPage = (
  records: readonly DynamoDBRecord[],
  options: {
    /** `Infinity` until the worker is told to stop. */
    readonly remainingMs: () => number;
    /** Aborts when the lease can no longer be relied on, or the time to stop is over: nothing more may be posted. */
    readonly signal: AbortSignal;
  },
) => Promise<DynamoDBBatchResponse>;

/** One shard that this worker reads. */
export interface ShardHealth {
  readonly shardId: string;
  /** Epoch ms of the last time it got ahead: a page delivered, or an empty one read. */
  readonly progressedAt: number;
  /**
   * How far behind it is, in ms, by the creation time of the last record delivered, or of the first of the page that is
   * being delivered; 0 when caught up.
   */
  readonly iteratorAgeMs: number;
}

export interface WorkerHealth {
  /** False when a shard has not got ahead for longer than allowed, or leases cannot be renewed. */
  readonly ok: boolean;
  readonly workerId: string;
  readonly table: string;
  readonly shards: readonly ShardHealth[];
  /** Why it is not ok, in words; empty when it is. */
  readonly problems: readonly string[];
}

/** Reads a table's stream together with other workers, each shard by one of them (RELIABILITY §1.4). */
export interface Worker {
  /**
   * Resolves once the stream was found and this worker takes part.
   * @throws TablecastError `STREAM_UNUSABLE` when the table has no stream that can be read
   */
  start(): Promise<void>;
  /**
   * Takes no new page, finishes those under way within `graceMs` (default 25 000), writes their checkpoints and gives
   * its leases back, so that another worker goes on at once. Idempotent.
   * @returns `clean`, or `cut` when time ran out: then nothing of the unfinished page was written down
   */
  stop(graceMs?: number): Promise<'clean' | 'cut'>;
  health(): WorkerHealth;
}
