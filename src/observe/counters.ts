import type { Metrics } from '../relay/ports.ts';

/** Counters kept in memory until they are taken or flushed. */
export interface Counters extends Metrics {
  /** Values since the last call, zeros left out. */
  take(): ReadonlyMap<string, number>;
}

/** @param write gets what was counted at each flush, unless it is nothing. Default: it is dropped. */
export function createCounters(write: (counts: ReadonlyMap<string, number>) => void = () => {}): Counters {
  let values = new Map<string, number>();
  const take = () => {
    const taken = values;
    values = new Map();
    return taken;
  };
  return {
    count(name, value = 1) {
      if (value !== 0) values.set(name, (values.get(name) ?? 0) + value);
    },
    take,
    flush() {
      const counts = take();
      if (counts.size > 0) write(counts);
    },
  };
}
