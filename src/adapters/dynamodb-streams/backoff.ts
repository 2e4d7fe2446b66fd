/** Bounds of waiting before another try, in ms. */
export interface BackoffLimits {
  readonly baseMs: number;
  readonly capMs: number;
}

/** Exponential waits with equal jitter: half certain, half random, so that readers of many shards do not march in step. */
export interface Backoff {
  /** The next wait in ms; each call doubles the ceiling up to the cap. */
  next(): number;
  reset(): void;
}

export function createBackoff(limits: BackoffLimits, random: () => number = Math.random): Backoff {
  let tries = 0;
  return {
    next() {
      const ceiling = Math.min(limits.capMs, limits.baseMs * 2 ** Math.min(tries++, 30));
      return Math.ceil(ceiling / 2 + (random() * ceiling) / 2);
    },
    reset() {
      tries = 0;
    },
  };
}
