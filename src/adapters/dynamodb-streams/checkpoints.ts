/**
 * How far a shard has been delivered.
 * - `since`: read from `at` (epoch ms) on; nothing delivered yet. What "LATEST" is written down as, so that the
 *   place survives an iterator that expires before the first record.
 * - `beginning`: from the oldest record there is.
 * - `after`: everything up to and including this sequence number was delivered.
 * - `end`: everything was, and the shard is closed.
 */
export type Checkpoint =
  | { readonly kind: 'since'; readonly at: number }
  | { readonly kind: 'beginning' }
  | { readonly kind: 'after'; readonly sequenceNumber: string }
  | { readonly kind: 'end'; readonly at: number };

/**
 * Where checkpoints are kept. `write` is called only after delivery, in order for one shard, and the reader goes on
 * once it resolved; when it rejects, the same page is delivered again later.
 */
export interface Checkpoints {
  /** All of a stream, by shard id. */
  read(streamArn: string): Promise<ReadonlyMap<string, Checkpoint>>;
  write(streamArn: string, shardId: string, checkpoint: Checkpoint): Promise<void>;
  /** Drops what is known of a shard that has left the stream. */
  forget(streamArn: string, shardId: string): Promise<void>;
}

/** Checkpoints that live as long as the process. */
export function memoryCheckpoints(): Checkpoints {
  const streams = new Map<string, Map<string, Checkpoint>>();
  const of = (streamArn: string) => {
    const known = streams.get(streamArn) ?? new Map<string, Checkpoint>();
    streams.set(streamArn, known);
    return known;
  };
  return {
    read: async (streamArn) => new Map(of(streamArn)),
    write: async (streamArn, shardId, checkpoint) => {
      of(streamArn).set(shardId, checkpoint);
    },
    forget: async (streamArn, shardId) => {
      of(streamArn).delete(shardId);
    },
  };
}
