/** A range of texts or numbers, both bounds included; without one of them it is open to that side. */
export interface Range {
  readonly low?: string;
  readonly high?: string;
  /** What it stands for. */
  readonly place: number;
}

/** Negative, 0 or positive, as the values of a field are ordered (`compareValues`). */
export type Order = (a: string, b: string) => number;

/**
 * Finds the ranges that a value lies in, in a time that grows with how many those are and with the logarithm of how many
 * there are: ranges sorted by their lower bound, as a balanced tree in which each node knows the highest upper bound
 * below it (an interval tree).
 * @see https://en.wikipedia.org/wiki/Interval_tree#Augmented_tree
 */
export class RangeIndex {
  readonly #order: Order;
  readonly #ranges: readonly Range[];
  /** At the middle of each run of ranges that makes a subtree, its highest upper bound; `undefined`: open. */
  readonly #tops: (string | undefined)[];

  constructor(ranges: readonly Range[], order: Order) {
    this.#order = order;
    this.#ranges = [...ranges].sort((a, b) => this.#byLow(a, b));
    this.#tops = new Array(ranges.length);
    this.#rise(0, ranges.length);
  }

  /** Adds the place of each range that the value lies in. */
  addTo(places: Set<number>, value: string, from = 0, to = this.#ranges.length): void {
    const middle = (from + to) >> 1;
    const range = this.#ranges[middle];
    if (from >= to || !range || this.#isBelow(this.#tops[middle], value)) return;
    this.addTo(places, value, from, middle);
    if (range.low !== undefined && this.#order(range.low, value) > 0) return;
    if (!this.#isBelow(range.high, value)) places.add(range.place);
    this.addTo(places, value, middle + 1, to);
  }

  /** @returns the highest upper bound from a place to another, which is excluded and after it */
  #rise(from: number, to: number): string | undefined {
    const middle = (from + to) >> 1;
    let top = this.#ranges[middle]?.high;
    for (const [start, end] of [
      [from, middle],
      [middle + 1, to],
    ] as const) {
      if (start >= end) continue;
      const other = this.#rise(start, end);
      if (top !== undefined && (other === undefined || this.#order(other, top) > 0)) top = other;
    }
    this.#tops[middle] = top;
    return top;
  }

  #byLow({ low: a }: Range, { low: b }: Range): number {
    if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
    return this.#order(a, b);
  }

  #isBelow(high: string | undefined, value: string): boolean {
    return high !== undefined && this.#order(high, value) < 0;
  }
}
