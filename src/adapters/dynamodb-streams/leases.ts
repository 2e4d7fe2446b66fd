import type { Checkpoint } from './checkpoints.ts';

/** What is written down of one shard: how far it was delivered, and who reads it. */
export interface Lease {
  readonly streamArn: string;
  readonly shardId: string;
  /** The worker that holds it; absent when it was given back, never taken, or the shard has ended. */
  readonly owner?: string;
  /** Different each time it is taken, so that two holdings by one worker are told apart. Present with `owner`. */
  readonly token?: string;
  /**
   * Grows by one with every take, renewal, checkpoint and release. Who sees it unchanged for `leaseMs` by its own
   * monotonic clock knows that the owner is no more; no clocks of two machines are ever compared.
   */
  readonly counter: number;
  /** How long its owner said it may go without renewal, in ms; workers need not be set alike. 0 when never taken. */
  readonly leaseMs: number;
  /** The worker that asked the owner to hand it over. Of a lease without an owner: the worker it was left to. */
  readonly wanted?: string;
  readonly checkpoint: Checkpoint;
}

/** In place of a shard: the lease of who tells that a whole stream was lost. Ids of shards begin otherwise. */
export const STREAM_ITSELF = 'stream';

/** A lease in the hands of this process, from `take` until another takes it. */
export interface HeldLease {
  readonly streamArn: string;
  readonly shardId: string;
  readonly owner: string;
  readonly token: string;
}

/** Who takes a lease, and for how long it may go without renewal. */
export interface Holder {
  readonly owner: string;
  readonly leaseMs: number;
}

/** Which lease is meant, and the state of it the caller has seen. */
export interface SeenLease {
  readonly streamArn: string;
  readonly shardId: string;
  /** `Lease.counter` as it was listed; undefined when there was no row. */
  readonly counter: number | undefined;
}

/** What came of a renewal. `wanted`: another worker asks for the lease. */
export type Renewal = { readonly kind: 'held'; readonly wanted?: string } | { readonly kind: 'lost' };

/**
 * Leases and checkpoints of shards, shared by all workers of a table (DESIGN §4, `LEASE#streamArn` · shardId). Reads
 * are strongly consistent. Each write is one conditional write: of several workers that try the same, one succeeds.
 * A write whose answer was lost and that is sent again is known by its token and succeeds. Methods reject with
 * `TablecastError` `REGISTRY_UNAVAILABLE` when the store cannot be reached; the write may have happened all the same.
 */
export interface Leases {
  /** Every lease of a stream, ended shards included, in no order. */
  list(streamArn: string): Promise<readonly Lease[]>;
  /**
   * Makes a row that nobody holds, unless there is one.
   * @returns whether it was made
   */
  create(streamArn: string, shardId: string, checkpoint: Checkpoint): Promise<boolean>;
  /**
   * Takes a lease if nobody touched it since it was seen: its counter is the same, or there still is no row.
   * @param first where the shard begins when it has no row; the checkpoint of a row stays as it is
   * @returns undefined when somebody was faster
   */
  take(seen: SeenLease, by: Holder, first: Checkpoint): Promise<HeldLease | undefined>;
  /** Says that the holder lives. `lost`: the row has another token, or is gone. */
  renew(held: HeldLease): Promise<Renewal>;
  /**
   * Writes down how far the shard was delivered, if it is still held by this very holding (owner and token): a loop of
   * an earlier holding is refused, even when the same worker has taken the lease again. A checkpoint `end` also gives
   * the lease up.
   * @returns false when the lease is another's
   */
  checkpoint(held: HeldLease, checkpoint: Checkpoint): Promise<boolean>;
  /**
   * Gives a lease back at once: to the worker that asked for it, who alone takes it within a lease length, else to
   * whoever comes first.
   * @returns false when it was another's already
   */
  release(held: HeldLease): Promise<boolean>;
  /**
   * Asks the owner of a lease to hand it over, if the lease is as it was seen but for renewals, and nobody has asked
   * before. The owner does so at the end of its page.
   * @returns whether the mark now stands there for `by`
   */
  ask(lease: Lease, by: string): Promise<boolean>;
  /** Takes such a mark back, of a lease held or left to `by`. */
  withdraw(streamArn: string, shardId: string, by: string): Promise<void>;
  /**
   * Removes a row that nobody holds, if nobody touched it since it was seen.
   * @returns whether it was removed
   */
  forget(lease: Lease): Promise<boolean>;
  /** The stream of a table the workers are at, undefined before the first ever start. */
  currentStream(table: string): Promise<string | undefined>;
  /**
   * Moves all workers of a table to another stream, if they still are at `from` (undefined: at none) or nobody knows any
   * more where they are.
   * @returns the stream they are at now, whoever moved them
   */
  moveStream(table: string, from: string | undefined, to: string): Promise<string>;
}
