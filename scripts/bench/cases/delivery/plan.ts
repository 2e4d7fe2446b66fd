import type { ProgramName } from '../../programs/program.ts';
import type { Cell } from '../../workload.ts';

export const CELL: Cell = { subscribers: 1_000, matches: 1_000, documents: 1 };
/** Numbers of events that warm up; those that are measured begin at 0. */
export const WARM_UP = 1_000_000;

/** How much each program is given to do: about as long, at what each costs. Events of one batch go together in ours. */
export interface Amount {
  readonly batches: number;
  readonly eventsPerBatch: number;
  readonly warmUpBatches: number;
}
export const OWN: Amount = { batches: 4, eventsPerBatch: 4, warmUpBatches: 7 };
const PEERS: ReadonlyMap<ProgramName, Amount> = new Map([
  ['sdk-loop', { batches: 1, eventsPerBatch: 2, warmUpBatches: 1 }],
  ['gls-tuned', { batches: 2, eventsPerBatch: 1, warmUpBatches: 1 }],
]);
export const amountOf = (program: ProgramName): Amount => PEERS.get(program) ?? OWN;

export interface Setting {
  readonly concurrency: number;
  readonly serviceMs: number;
}
/** P1: what a delivery costs. */
export const WARM: Setting = { concurrency: 64, serviceMs: 0 };
/** P2: how many a process manages when the answer takes its time. */
export const WAITING: Setting = { concurrency: 256, serviceMs: 10 };
