/** How much of a proof is run: `short` is part of CI (all together under a minute), `long` is for a night. */
export type Size = 'short' | 'normal' | 'long';

export interface ProofOptions {
  readonly size: Size;
  /** Everything random comes from it: the same seed is the same run, as far as no real process takes part. */
  readonly seed: number;
  /** Aborts when the run is to end: what was started is stopped, and the proof rejects. */
  readonly signal: AbortSignal;
  /** A line on how far it is; replaces the one before. */
  readonly progress: (text: string) => void;
}

export interface ProofResult {
  readonly holds: boolean;
  /** The figure in one line, with its units: `lost 0, leaked 0, out of order 0 in 40 seeds (80 000 changes)`. */
  readonly figure: string;
  /** The same by name, for `--json`. */
  readonly measures: Readonly<Record<string, number | string | boolean>>;
  /** When it does not hold: what was seen, line by line, with the command that shows it again. */
  readonly trace?: readonly string[];
}

/** One row of the table of proofs (README): what is shown, and how. */
export interface Proof {
  /** As in RELIABILITY's list: `T1`. */
  readonly id: string;
  /** What must hold, in one line. */
  readonly claim: string;
  run(options: ProofOptions): Promise<ProofResult>;
}
