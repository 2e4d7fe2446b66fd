import type { Lease } from './leases.ts';

/** A shard that may be read now, as one worker sees it. */
export interface Claimable {
  readonly shardId: string;
  /** Absent when it has no row yet. */
  readonly lease: Lease | undefined;
  /** For how long its row has stood as it is, ms. */
  readonly unchangedMs: number;
  /** True when this process reads it, or still ends a loop on it. */
  readonly mine: boolean;
  /** True when the row names a holding of this process that was given up: nobody has to be waited for. */
  readonly abandoned: boolean;
}

export interface LeasePlanInput {
  readonly workerId: string;
  /** Every shard that may be read now. */
  readonly shards: readonly Claimable[];
  /** A free lease that nobody has taken for so long is taken beyond the fair share, ms. */
  readonly overdueMs: number;
  readonly random: () => number;
}

export interface LeasePlan {
  /** To take now. */
  readonly take: readonly Claimable[];
  /** To ask its owner for. */
  readonly ask?: Lease;
}

/**
 * What one worker does about the leases it sees. Its fair share is the shards over the workers that hold some, itself
 * included, rounded up. Free leases are taken up to that; only when there are none, one is asked of the worker that has
 * most, if that has two more than this one: so the shares get even, and no lease goes to and fro.
 */
export function planLeases({ workerId, shards, overdueMs, random }: LeasePlanInput): LeasePlan {
  const others = shards.filter(({ mine }) => !mine);
  const free = others.filter((shard) => isFree(shard, workerId));
  const held = others.filter((shard) => !free.includes(shard));
  const mine = shards.length - others.length;

  const counts = new Map<string, number>();
  for (const { lease } of held) {
    if (lease?.owner !== undefined) counts.set(lease.owner, (counts.get(lease.owner) ?? 0) + 1);
  }
  const target = Math.ceil(shards.length / (counts.size + (counts.has(workerId) ? 0 : 1)));
  const left = ({ lease }: Claimable) => lease?.owner === undefined && lease?.wanted === workerId;
  const overdue = ({ lease, unchangedMs }: Claimable) =>
    unchangedMs >= overdueMs + (lease?.owner === undefined ? 0 : lease.leaseMs);
  const certain = free.filter((shard) => left(shard) || overdue(shard));
  const rest = shuffled(
    free.filter((shard) => !certain.includes(shard)),
    random,
  );
  const take = [...certain, ...rest.slice(0, Math.max(0, target - mine - certain.length))];
  if (free.length > 0 || mine >= target) return { take };

  const asked = held.some(({ lease }) => lease?.wanted === workerId);
  const [fullest, most] = [...counts].reduce((one, other) => (other[1] > one[1] ? other : one), ['', 0]);
  if (asked || most < mine + 2) return { take };
  const ask = shuffled(held, random).find(
    ({ lease }) => lease?.owner === fullest && lease.wanted === undefined,
  )?.lease;
  return ask ? { take, ask } : { take };
}

/** Nobody's, left to this worker, or of one that no longer lives. */
function isFree({ lease, unchangedMs, abandoned }: Claimable, workerId: string): boolean {
  if (lease === undefined || abandoned) return true;
  const expired = unchangedMs >= lease.leaseMs;
  if (lease.owner !== undefined) return expired;
  return lease.wanted === undefined || lease.wanted === workerId || expired;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const out = [...items];
  for (let at = out.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const [a, b] = [out[at], out[other]];
    if (a === undefined || b === undefined) continue;
    out[at] = b;
    out[other] = a;
  }
  return out;
}
