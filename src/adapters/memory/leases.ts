import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HeldLease, Lease, Leases } from '../dynamodb-streams/leases.ts';

/** Leases that live as long as the process: the port's reference, and what one process alone may use. */
export function createMemoryLeases(): Leases {
  const streams = new Map<string, Map<string, Lease>>();
  const current = new Map<string, string>();

  const of = (streamArn: string) => {
    const known = streams.get(streamArn) ?? new Map<string, Lease>();
    streams.set(streamArn, known);
    return known;
  };
  /** The row, if it is still this holding's. */
  const own = ({ streamArn, shardId, owner, token }: HeldLease) => {
    const lease = of(streamArn).get(shardId);
    return lease?.owner === owner && lease.token === token ? lease : undefined;
  };
  const put = (lease: Lease) => void of(lease.streamArn).set(lease.shardId, lease);

  return {
    async list(streamArn) {
      await nextTurn();
      return [...of(streamArn).values()];
    },
    async create(streamArn, shardId, checkpoint) {
      await nextTurn();
      if (of(streamArn).has(shardId)) return false;
      put({ streamArn, shardId, counter: 0, leaseMs: 0, checkpoint });
      return true;
    },
    async take({ streamArn, shardId, counter }, { owner, leaseMs }, first) {
      await nextTurn();
      const lease = of(streamArn).get(shardId);
      if (lease?.counter !== counter) return undefined;
      const held = { streamArn, shardId, owner, token: randomUUID() };
      put({ ...held, counter: (counter ?? 0) + 1, leaseMs, checkpoint: lease?.checkpoint ?? first });
      return held;
    },
    async renew(held) {
      await nextTurn();
      const lease = own(held);
      if (!lease) return { kind: 'lost' };
      put({ ...lease, counter: lease.counter + 1 });
      return { kind: 'held', ...(lease.wanted !== undefined && { wanted: lease.wanted }) };
    },
    async checkpoint(held, checkpoint) {
      await nextTurn();
      const lease = own(held);
      if (!lease) return false;
      const counter = lease.counter + 1;
      if (checkpoint.kind === 'end') {
        const { streamArn, shardId, leaseMs } = lease;
        put({ streamArn, shardId, leaseMs, counter, checkpoint });
      } else put({ ...lease, counter, checkpoint });
      return true;
    },
    async release(held) {
      await nextTurn();
      const lease = own(held);
      if (!lease) return false;
      const { owner: _, token: __, ...free } = lease;
      put({ ...free, counter: lease.counter + 1 });
      return true;
    },
    async ask({ streamArn, shardId, owner, token }, by) {
      await nextTurn();
      const lease = of(streamArn).get(shardId);
      if (!lease || owner === undefined || lease.owner !== owner || lease.token !== token) return false;
      if (lease.wanted !== undefined && lease.wanted !== by) return false;
      put({ ...lease, wanted: by });
      return true;
    },
    async withdraw(streamArn, shardId, by) {
      await nextTurn();
      const lease = of(streamArn).get(shardId);
      if (lease?.wanted !== by) return;
      const { wanted: _, ...rest } = lease;
      put(rest);
    },
    async forget({ streamArn, shardId, counter }) {
      await nextTurn();
      const lease = of(streamArn).get(shardId);
      if (!lease || lease.owner !== undefined || lease.counter !== counter) return false;
      return of(streamArn).delete(shardId);
    },
    async currentStream(table) {
      await nextTurn();
      return current.get(table);
    },
    async moveStream(table, from, to) {
      await nextTurn();
      const at = current.get(table);
      if (at !== undefined && at !== from) return at;
      current.set(table, to);
      return to;
    },
  };
}
