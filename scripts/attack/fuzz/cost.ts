/** What one frame cost, and the frames that came before it on its connection. */
export interface Costly {
  readonly ms: number;
  readonly name: string;
  /** Does it again, alone, on a connection of its own; resolves with what it cost, ms of CPU. */
  readonly again: () => Promise<number>;
}

/** CPU this process spent on `work`, ms: all its threads, user and system. */
export async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** The CPU of very many frames: quantiles by buckets of a twentieth, and the few that cost most. */
export interface CostBook {
  add(cost: Costly): void;
  /** Upper bound of the bucket, ms. */
  quantile(share: number): number;
  /** The worst frame by the least of three runs alone: a pause of the collector is nobody's frame. */
  worstAlone(): Promise<{ readonly ms: number; readonly name: string }>;
}

const KEPT = 12;
const STEP = 1.05;
const SMALLEST_MS = 0.001;

export function createCostBook(): CostBook {
  const buckets: number[] = [];
  const worst: Costly[] = [];
  let count = 0;
  return {
    add(cost) {
      count += 1;
      const bucket = Math.max(
        0,
        Math.ceil(Math.log(Math.max(cost.ms, SMALLEST_MS) / SMALLEST_MS) / Math.log(STEP)),
      );
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      const least = worst.at(-1);
      if (worst.length === KEPT && least && least.ms >= cost.ms) return;
      worst.push(cost);
      worst.sort((a, b) => b.ms - a.ms);
      if (worst.length > KEPT) worst.pop();
    },
    quantile(share) {
      let left = Math.ceil(count * share);
      for (const [bucket, number] of buckets.entries()) {
        left -= number ?? 0;
        if (left <= 0) return SMALLEST_MS * STEP ** bucket;
      }
      return 0;
    },
    async worstAlone() {
      let found = { ms: 0, name: 'none' };
      for (const { name, again } of worst) {
        const runs = [await again(), await again(), await again()];
        const ms = Math.min(...runs);
        if (ms > found.ms) found = { ms, name };
      }
      return found;
    },
  };
}
