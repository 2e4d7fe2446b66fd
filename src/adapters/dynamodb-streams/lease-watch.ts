import type { Lease } from './leases.ts';

/**
 * How long each lease has stood as it is, by this process's monotonic clock alone. What another machine's clock says is
 * never asked: a lease is expired when nobody has touched it for its length while this process looked.
 */
export interface LeaseWatch {
  /**
   * What was just listed. `askedAt` and `answeredAt` are monotonic ms around the read; `absent` are shards that may be
   * read and have no row.
   */
  observe(
    leases: readonly Lease[],
    absent: readonly string[],
    read: { readonly askedAt: number; readonly answeredAt: number },
  ): void;
  /** For how long (ms) at least a shard's row has been as it was listed last. */
  unchangedMs(shardId: string): number;
}

interface Sight {
  /** -1 where there is no row. */
  readonly counter: number;
  readonly since: number;
  readonly until: number;
}

export function createLeaseWatch(): LeaseWatch {
  let sights = new Map<string, Sight>();
  return {
    observe(leases, absent, { askedAt, answeredAt }) {
      const next = new Map<string, Sight>();
      const see = (shardId: string, counter: number) => {
        const before = sights.get(shardId);
        // From the end of the first read to the begin of the last: what is certain to have passed.
        const since = before?.counter === counter ? before.since : answeredAt;
        next.set(shardId, { counter, since, until: askedAt });
      };
      for (const { shardId, counter } of leases) see(shardId, counter);
      for (const shardId of absent) see(shardId, -1);
      sights = next;
    },
    unchangedMs(shardId) {
      const sight = sights.get(shardId);
      return sight ? Math.max(0, sight.until - sight.since) : 0;
    },
  };
}
