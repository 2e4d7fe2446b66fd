import type { NewSubscription } from '../../relay/ports.ts';

/** What every adapter of the `Registry` port keeps to. All have defaults; tests shrink them. */
export interface RegistryLimits {
  /** Longest life of a connection, in seconds. Default 7 800: API Gateway's 2 h and 10 min of grace. */
  readonly connectionLifeSeconds: number;
  /** Shapes a subscription field may have, the empty one included. Default 8: each costs every change a look-up. */
  readonly maxShapesPerField: number;
  /** How long `subscribe` looks again at an id that is taken, in ms. Default 1 000. */
  readonly lookAgainMs: number;
  /** Life of the mark a `complete` leaves for a `subscribe` still under way, in seconds. Default 60. */
  readonly tombstoneSeconds: number;
  /** Canonical filters of more UTF-8 bytes than this are kept in the subscription's row only. Default 400. */
  readonly maxInlineFilterBytes: number;
  /** Shards the empty shape starts with. Default 4: one partition serves 3 000 reads and 1 000 writes a second. */
  readonly emptyShapeShards: number;
  /**
   * Rows under one filter key for each of its shards beyond which its shape gets more shards, twice as many or more.
   * Default 1 000: about a third of a megabyte to read a shard.
   */
  readonly rowsPerShard: number;
  /** Shards the empty shape gets at most. Default 64. */
  readonly maxEmptyShapeShards: number;
  /** Shards any other shape gets at most. Default 8: every key of the shape is looked up in as many. */
  readonly maxShapeShards: number;
  /**
   * How long what is remembered of rows that others change may go unread, in seconds. Default 300. A bound on what is
   * merely useful: nobody who is active is missed by older memory.
   */
  readonly maxRememberedSeconds: number;
  /** Documents kept in memory. Default 1 000 (each ≤ 16 KB). */
  readonly maxCachedDocuments: number;
  /** Requests one call may have in flight. Default 32. */
  readonly concurrency: number;
}

export const DEFAULT_REGISTRY_LIMITS: RegistryLimits = {
  connectionLifeSeconds: 7_800,
  maxShapesPerField: 8,
  lookAgainMs: 1_000,
  tombstoneSeconds: 60,
  maxInlineFilterBytes: 400,
  emptyShapeShards: 4,
  rowsPerShard: 1_000,
  maxEmptyShapeShards: 64,
  maxShapeShards: 8,
  maxRememberedSeconds: 300,
  maxCachedDocuments: 1_000,
  concurrency: 32,
};

/** A client's own id may have this many bytes of UTF-8; longer ones are refused before they come here. */
export const MAX_CLIENT_ID_BYTES = 256;

/** @throws RangeError for an id that is too long: refusing it politely is the protocol's business, upstream. */
export function assertClientId(clientId: string): void {
  const bytes = Buffer.byteLength(clientId, 'utf8');
  if (bytes > MAX_CLIENT_ID_BYTES) {
    throw new RangeError(`expected a client id of at most ${MAX_CLIENT_ID_BYTES} bytes, got ${bytes}`);
  }
}

/** First pause before looking again at an id that is taken, in ms; each further one is twice as long. */
export const LOOK_AGAIN_FIRST_MS = 50;

/**
 * Epoch seconds until which a subscription is kept, served or not: past any end its connection can have. One that is
 * no longer served because its credential has expired is still to be told, and ended.
 */
export function subscriptionEnd(
  { activatedAt, expiresAt }: NewSubscription,
  { connectionLifeSeconds }: RegistryLimits,
): number {
  return Math.max(expiresAt, Math.floor(activatedAt / 1_000) + connectionLifeSeconds);
}
