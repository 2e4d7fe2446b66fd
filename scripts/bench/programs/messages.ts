import type { Cell } from '../workload.ts';
import type { ProgramName, Surroundings } from './program.ts';

/** What the parent tells a program's process: first to start, then any number of runs, one after another. */
export type ProgramRequest =
  | { readonly kind: 'start'; readonly program: ProgramName; readonly surroundings: Surroundings }
  /** Set up for a cell, where that was not done yet: not measured. */
  | { readonly kind: 'prepare'; readonly cell: Cell }
  | { readonly kind: 'run'; readonly cell: Cell; readonly work: Work };

/** Batches of events, by their numbers. */
export interface Work {
  /** Number of the first event. */
  readonly first: number;
  readonly batches: number;
  readonly eventsPerBatch: number;
}

export type ProgramReply =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'measured';
      readonly ms: number;
      /** User and system time of the process. */
      readonly cpuMs: number;
      /** `undefined` of a program that renders nothing. */
      readonly renderings?: number;
    };
