import type { Verdict } from './checker.ts';

/** How large one run is. */
export interface TrialSize {
  readonly connections: number;
  /** A connection. */
  readonly subscriptions: number;
  readonly changes: number;
  readonly items: number;
  /** Every filter names an item: many subscriptions, few of which match. Default false. */
  readonly isSelective?: boolean;
}

export interface Trial {
  readonly seed: number;
  readonly verdict: Verdict;
  /** Equal for equal seeds. */
  readonly hash: string;
  /** What happened besides, by name: to show that the faults did. */
  readonly measures: Readonly<Record<string, number>>;
  /** Of virtual time. */
  readonly seconds: number;
}

export interface TrialOptions {
  /** Takes the relay's own log, to show a run again with. */
  readonly log?: (line: string) => void;
  /** Ends the run: it rejects with the reason. */
  readonly signal?: AbortSignal;
}

/** One run of a path from one seed. */
export type RunTrial = (seed: number, size: TrialSize, options?: TrialOptions) => Promise<Trial>;
