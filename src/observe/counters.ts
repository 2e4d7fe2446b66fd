import type { Metrics } from '../relay/ports.ts';

/** Counters kept in memory, to be read and cleared: by a log line per invocation, and by tests. */
export interface Counters extends Metrics {
  /** Values since the last call, zeros left out. */
  take(): ReadonlyMap<string, number>;
}

export function createCounters(): Counters {
  let values = new Map<string, number>();
  return {
    count(name, value = 1) {
      if (value !== 0) values.set(name, (values.get(name) ?? 0) + value);
    },
    take() {
      const taken = values;
      values = new Map();
      return taken;
    },
  };
}
