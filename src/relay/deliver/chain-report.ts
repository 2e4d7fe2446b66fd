import type { Target } from '../ports.ts';
import type { OwedFrame } from './owed.ts';

/** Why an invocation ended before all records were done. */
export interface Stop {
  /** First record that is not done: it and all after it come again. */
  readonly record: number;
  readonly reason: string;
}

/** A connection that could not keep up, and what it was owed and did not get. */
export interface SlowConnection {
  readonly target: Target;
  readonly detail: string;
  readonly undelivered: readonly OwedFrame[];
}

/** How far a batch came. */
export interface Cut {
  readonly through: string | undefined;
  /** They are done with every record, even of a batch that is sent record by record. */
  readonly isWhole?: true;
}

/** What became of everything that was owed. */
export interface ChainReport {
  sent: number;
  tooLarge: number;
  /** Left out for a newer one of the same item, where the subscriber chose `overflow: latest`. */
  skipped: number;
  /** Connections the gateway no longer knows, and the rows they were found by. */
  readonly gone: Map<string, readonly string[]>;
  readonly slow: Map<string, SlowConnection>;
  stop: Stop | undefined;
  /**
   * Set when time ran out, or when something else stopped it after some were done: connections up to and including
   * `through`, in the order of their ids, are done with all that was owed; none are without it. Chains begin in that order,
   * so that who comes again can go on behind it.
   */
  cut: Cut | undefined;
}

/** The earliest record that is not done is the one that stands. */
export function stopAt(report: ChainReport, record: number, reason: string): void {
  if (!report.stop || record < report.stop.record) report.stop = { record, reason };
}

/** Before anything was sent. */
export function emptyReport(): ChainReport {
  return {
    sent: 0,
    tooLarge: 0,
    skipped: 0,
    gone: new Map(),
    slow: new Map(),
    stop: undefined,
    cut: undefined,
  };
}
