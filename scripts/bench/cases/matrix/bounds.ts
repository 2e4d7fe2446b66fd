import { spreadOf } from '../../figures.ts';
import type { ProgramName } from '../../programs/program.ts';
import { type Cell, cellName } from '../../workload.ts';
import type { MatrixResults, PerEvent } from './measure.ts';
import { CELLS } from './plan.ts';

/** Least multiple of ours that each peer's time and CPU are to be, in every cell (P3). */
export const BOUNDS: ReadonlyMap<ProgramName, number> = new Map([
  ['gls', 8],
  ['gls-tuned', 4],
  ['alg', 25],
]);

/** What P3 is about, each a figure of its own. */
export const MEASURES = [
  { name: 'time', of: ({ ms }: PerEvent) => ms },
  { name: 'CPU', of: ({ cpuMs }: PerEvent) => cpuMs },
] as const;
export type Measure = (typeof MEASURES)[number];

export interface Ratio {
  readonly cell: Cell;
  readonly measure: Measure['name'];
  readonly peer: ProgramName;
  /** The peer's median over ours: the rounds are too few for more. */
  readonly times: number;
  readonly bound: number;
  readonly holds: boolean;
}

/** Every peer over one of our paths, in every cell where both were measured. */
export function ratiosOf(results: MatrixResults, own: ProgramName): readonly Ratio[] {
  const median = (program: ProgramName, cell: Cell, { of }: Measure) =>
    spreadOf(results.get(program)?.get(cellName(cell)), of)?.median;
  return [...BOUNDS].flatMap(([peer, bound]) =>
    CELLS.flatMap((cell) =>
      MEASURES.flatMap((measure) => {
        const ours = median(own, cell, measure);
        const theirs = median(peer, cell, measure);
        if (ours === undefined || theirs === undefined) return [];
        const times = theirs / ours;
        return [{ cell, measure: measure.name, peer, times, bound, holds: times >= bound }];
      }),
    ),
  );
}

/** The one nearest to its bound, or furthest below it. */
export const worstOf = (ratios: readonly Ratio[]): Ratio | undefined =>
  ratios.toSorted((a, b) => a.times / a.bound - b.times / b.bound)[0];
