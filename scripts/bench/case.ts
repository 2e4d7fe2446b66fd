import type { Spread } from './statistics.ts';

/** The rows of the targets table (docs/benchmarks). P8 was given up before it was ever a target. */
export type TargetId = 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6' | 'P7' | 'P9' | 'P10' | 'P11';

/** One target, what was measured of it, and what stands beside it. Texts are whole: figure, unit and, where it was repeated, spread. */
export interface TargetRow {
  readonly id: TargetId;
  /** What is measured, such as `CPU per delivery, warm, TLS, 64 in flight`. */
  readonly figure: string;
  /** Such as `≤ 60 µs`. */
  readonly target: string;
  /** Such as `54 µs (51–58)`. */
  readonly measured: string;
  /** The same of the peers, or a limit, measured in the same run; or where it comes from, if it was not. */
  readonly peer: string;
  /** `undefined` of a figure that is published without a bound. */
  readonly met: boolean | undefined;
  /** What measures it. */
  readonly command: string;
}

/** One line of a case's own table: a label, and its figures by column. */
export interface CaseRow {
  readonly label: string;
  readonly figures: ReadonlyMap<string, Spread | number | string>;
}

/** Bars of one chart; drawn on a logarithmic axis when they are far apart. */
export interface Chart {
  readonly title: string;
  readonly unit: string;
  /** The groups along the axis, such as `S=10k M=100`. */
  readonly groups: readonly string[];
  /** One colour each, such as `tablecast`; a figure for each group, `undefined` where it was not measured. */
  readonly series: readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[];
}

export interface CaseReport {
  readonly case: string;
  readonly targets: readonly TargetRow[];
  readonly rows: readonly CaseRow[];
  readonly charts: readonly Chart[];
  /** How it was measured, in a paragraph or two. */
  readonly method: string;
}

export interface BenchOptions {
  /** Each measures every variant once, interleaved, beginning with another one each time. At least 1. */
  readonly rounds: number;
  /** Tells how far it is; a short line. */
  readonly progress: (text: string) => void;
  /** Aborts when the run is to end: children are stopped, and `run` rejects. */
  readonly signal: AbortSignal;
}

/** Something `npm run bench -- --case NAME` measures, by itself or among all. */
export interface BenchCase {
  readonly name: string;
  /** One line for `--help`. */
  readonly about: string;
  /** False of one that takes too long, or is of too little interest, to be run without being asked for. */
  readonly isDefault: boolean;
  run(options: BenchOptions): Promise<CaseReport>;
}
