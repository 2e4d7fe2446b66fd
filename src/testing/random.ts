/** Numbers that look random and are the same for the same seed. Not for secrets. */
export interface SeededRandom {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, `below`). */
  integer(below: number): number;
  /** True with probability `rate` (0 never, 1 always). Draws a number either way, so that runs stay comparable. */
  chance(rate: number): boolean;
  /** One of `choices`, which must not be empty. */
  pick<T>(choices: readonly T[]): T;
}

/**
 * A seeded generator (SplitMix32): equal seeds give equal runs on every machine, so a failing run can be repeated.
 * @param seed Any whole number; only its lowest 32 bits count.
 */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number) => Math.floor(next() * below);
  return {
    next,
    integer,
    chance: (rate) => next() < rate,
    pick: (choices) => {
      if (choices.length === 0) throw new RangeError('expected at least one choice, got none');
      return choices[integer(choices.length)] as (typeof choices)[number];
    },
  };
}
