import type { MonotonicClock } from '../../relay/ports.ts';
import type { StreamsApi } from './api.ts';
import { childShards, describeShards, type StreamShape } from './shards.ts';

/** What DescribeStream told last, looked at again when it is time to. */
export interface StreamView {
  /**
   * The stream as it is known, after a look at it when one is due.
   * @throws whatever DescribeStream does; then the next call looks again
   */
  look(signal: AbortSignal): Promise<StreamShape>;
  /** The stream as it was seen last. */
  known(): StreamShape | undefined;
  /** A shard ended: its children are to be found soon. */
  seekChildren(shardId: string): void;
  /** True while children of some ended shard are looked for. */
  seeking(): boolean;
  /** For how long (ms) all looks have told the same. */
  settledMs(): number;
}

export interface StreamViewDeps {
  readonly api: StreamsApi;
  readonly streamArn: string;
  readonly clock: MonotonicClock;
  /** Between two looks when nothing happens, ms. DescribeStream allows 10 calls a second, of all workers together. */
  readonly syncIntervalMs: number;
}

/** The children of an ended shard may show a little later; looked for this often, for a while. */
export const SEEK_INTERVAL_MS = 500;
const SEEK_FOR_MS = 30_000;
/** A stream that is off is about to be left. */
const OFF_INTERVAL_MS = 1_000;
/** Shards in one answer of DescribeStream. Beyond, asking for the children of one costs less than asking for all. */
const ONE_PAGE = 100;

export function createStreamView({ api, streamArn, clock, syncIntervalMs }: StreamViewDeps): StreamView {
  /** Ended shard → monotonic ms until which its children are looked for. */
  const sought = new Map<string, number>();
  let shape: StreamShape | undefined;
  let dueAt = Number.NEGATIVE_INFINITY;
  let told = '';
  let sameSince = 0;
  let lookedAt = 0;

  const children = async (known: StreamShape, signal: AbortSignal): Promise<StreamShape | undefined> => {
    const [only, ...others] = sought.keys();
    if (only === undefined || others.length > 0 || known.shards.length <= ONE_PAGE) return undefined;
    const found = await childShards(api, streamArn, only, signal);
    // One child may be that of a merge: then the state of all other shards counts too.
    if (!found || found.length < 2) return undefined;
    const ids = new Set(found.map(({ id }) => id));
    const parent = known.shards.map((shard) => (shard.id === only ? { ...shard, open: false } : shard));
    sought.clear();
    return { ...known, shards: [...parent.filter(({ id }) => !ids.has(id)), ...found] };
  };

  return {
    async look(signal) {
      const now = clock.monotonic();
      if (shape && now < dueAt) {
        if (sought.size === 0 || now < lookedAt + SEEK_INTERVAL_MS) return shape;
        const grown = await children(shape, signal);
        if (grown) {
          shape = grown;
          return shape;
        }
      }
      shape = await describeShards(api, streamArn, signal);
      lookedAt = now;
      dueAt = now + (shape.enabled ? syncIntervalMs : OFF_INTERVAL_MS);
      for (const [id, until] of sought)
        if (now > until || shape.shards.some(({ parent }) => parent === id)) sought.delete(id);
      const tells = `${shape.enabled} ${shape.shards.map(({ id, open }) => `${id}${open ? '+' : '.'}`).join(' ')}`;
      if (tells !== told) sameSince = now;
      told = tells;
      return shape;
    },
    known: () => shape,
    seekChildren(shardId) {
      // The first look is at once.
      lookedAt = Number.NEGATIVE_INFINITY;
      sought.set(shardId, clock.monotonic() + SEEK_FOR_MS);
    },
    seeking: () => sought.size > 0,
    settledMs: () => lookedAt - sameSince,
  };
}
