import type { Metrics } from '../relay/ports.ts';
import { createTally } from './tally.ts';

/** What one distribution came to. */
export interface Summary {
  /** Values kept of it, at most 500. */
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Counters kept in memory until they are taken or flushed. */
export interface Counters extends Metrics {
  /** Values since the last call, zeros left out. Takes what was measured with it. */
  take(): ReadonlyMap<string, number>;
}

/** @param write gets what was counted and measured at each flush, unless it is nothing. Default: it is dropped. */
export function createCounters(
  write: (counts: ReadonlyMap<string, number>, measures: ReadonlyMap<string, Summary>) => void = () => {},
): Counters {
  const tally = createTally();
  return {
    count: tally.count,
    measure: tally.measure,
    take: () => tally.take().counts,
    flush() {
      const { counts, values } = tally.take();
      const measures = new Map([...values].map(([name, each]) => [name, summaryOf(each)]));
      if (counts.size > 0 || measures.size > 0) write(counts, measures);
    },
  };
}

/** Percentiles by nearest rank. */
export function summaryOf(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { samples: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
