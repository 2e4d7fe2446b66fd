/**
 * Values of one distribution kept between two flushes. Beyond, each further value takes the place of a random one with
 * the chance that leaves every value equally likely to be kept: percentiles stay right, and so does the average.
 */
export const MAX_VALUES = 500;

/** What was counted and measured since the last time. */
export interface Tallied {
  /** Sums by name, zeros left out. */
  readonly counts: ReadonlyMap<string, number>;
  /** Values by name, at most `MAX_VALUES` of each. */
  readonly values: ReadonlyMap<string, readonly number[]>;
}

/** Adds up what is counted and measured until it is taken. */
export interface Tally {
  count(name: string, value?: number): void;
  measure(name: string, value: number): void;
  take(): Tallied;
}

/** @param random in [0, 1). Default `Math.random`. */
export function createTally(random: () => number = Math.random): Tally {
  let counts = new Map<string, number>();
  let samples = new Map<string, { readonly values: number[]; seen: number }>();
  return {
    count(name, value = 1) {
      if (value !== 0) counts.set(name, (counts.get(name) ?? 0) + value);
    },
    measure(name, value) {
      const sample = samples.get(name) ?? { values: [], seen: 0 };
      samples.set(name, sample);
      sample.seen += 1;
      if (sample.values.length < MAX_VALUES) {
        sample.values.push(value);
        return;
      }
      const place = Math.floor(random() * sample.seen);
      if (place < MAX_VALUES) sample.values[place] = value;
    },
    take() {
      const taken: Tallied = {
        counts,
        values: new Map([...samples].map(([name, { values }]) => [name, values])),
      };
      counts = new Map();
      samples = new Map();
      return taken;
    },
  };
}
