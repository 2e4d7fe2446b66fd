import type { BenchOptions } from './case.ts';

/**
 * Measures every variant once a round, one at a time, beginning with another one each round, so that none is always
 * first and what slows the machine slows all.
 * @param measure nothing when this variant sits this round out
 * @returns by variant, in the order given: what was measured, round by round
 */
export async function interleaved<Variant, Result>(
  variants: readonly Variant[],
  { rounds, progress, signal }: BenchOptions,
  measure: (variant: Variant, round: number) => Promise<Result | undefined>,
): Promise<ReadonlyMap<Variant, readonly Result[]>> {
  const results = new Map<Variant, Result[]>(variants.map((variant) => [variant, []]));
  for (let round = 0; round < rounds; round += 1) {
    const turn = round % variants.length;
    for (const variant of [...variants.slice(turn), ...variants.slice(0, turn)]) {
      signal.throwIfAborted();
      progress(`round ${round + 1} of ${rounds}: ${String(variant)}`);
      const result = await measure(variant, round);
      if (result !== undefined) results.get(variant)?.push(result);
    }
  }
  return results;
}
