/** What is to be done about a frame. */
export type FrameVerdict =
  /** It is answered. */
  | 'take'
  /** It is the first too many: its connection is refused. */
  | 'refuse'
  /** Its connection was refused; a client of the protocol is closing, and what it sent before is passed over. */
  | 'drop'
  /** It was refused, and has not closed: whoever sends on takes no notice of a refusal. */
  | 'disconnect';

/**
 * How many frames each connection sends, as one process sees it: a bucket of `perMinute`, filled evenly. Where several
 * processes answer a connection's frames it may send so many to each: an estimate that costs no read and no write, and
 * bounds what one connection makes one process do. Stage throttling bounds what all do together.
 */
export interface FrameRate {
  /** To be asked once for each frame, before anything else is done about it. */
  judge(connectionId: string): FrameVerdict;
}

/** A refusal reaches its client and is acted on in less; a socket cut before would have it connect again, and go on. */
const CLOSING_MS = 10_000;

/** Connections a process remembers; those that have sent nothing for longest are forgotten. */
const MAX_CONNECTIONS = 10_000;

interface Bucket {
  tokens: number;
  /** ms. */
  filledAt: number;
  /** ms of its refusal, or of the last time it was disconnected. */
  refusedAt?: number;
}

/**
 * @param perMinute `Limits.framesPerMinute`
 * @param now ms of a clock that never goes back
 * @param maxConnections by default 10,000
 */
export function createFrameRate(
  perMinute: number,
  now: () => number,
  maxConnections: number = MAX_CONNECTIONS,
): FrameRate {
  /** Least recently heard of first. */
  const buckets = new Map<string, Bucket>();
  const perMs = perMinute / 60_000;

  function bucketOf(connectionId: string, at: number): Bucket {
    const known = buckets.get(connectionId);
    buckets.delete(connectionId);
    const bucket = known ?? { tokens: perMinute, filledAt: at };
    buckets.set(connectionId, bucket);
    const [oldest] = buckets.keys();
    if (oldest !== undefined && buckets.size > maxConnections) buckets.delete(oldest);
    return bucket;
  }

  return {
    judge(connectionId) {
      const at = now();
      const bucket = bucketOf(connectionId, at);
      if (bucket.refusedAt !== undefined) {
        if (at - bucket.refusedAt < CLOSING_MS) return 'drop';
        bucket.refusedAt = at;
        return 'disconnect';
      }
      bucket.tokens = Math.min(perMinute, bucket.tokens + (at - bucket.filledAt) * perMs);
      bucket.filledAt = at;
      if (bucket.tokens < 1) {
        bucket.refusedAt = at;
        return 'refuse';
      }
      bucket.tokens -= 1;
      return 'take';
    },
  };
}
