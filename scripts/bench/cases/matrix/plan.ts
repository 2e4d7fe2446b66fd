import type { ProgramName } from '../../programs/program.ts';
import type { Cell } from '../../workload.ts';

const cell = (subscribers: number, matches: number): Cell => ({ subscribers, matches, documents: 1 });

export const CELLS: readonly Cell[] = [
  cell(1_000, 10),
  cell(1_000, 100),
  cell(1_000, 1_000),
  cell(10_000, 10),
  cell(10_000, 100),
  cell(10_000, 10_000),
];

/** What warms a program up that keeps nothing of a cell: its code and its sockets. */
export const WARM_UP_CELL: Cell = cell(200, 10);
/** Events of it, about a second's for each at what they cost, which is what Node's compiler wants. */
export function warmUpEventsOf(program: ProgramName): number {
  if (keepsState(program)) return 300;
  return program === 'alg' ? 10 : 40;
}

/** Programs that keep what they read of a cell are let meet it before: a batch to see it, and one to load it. */
export const MEETING_EVENTS = 2;
export const keepsState = (program: ProgramName): boolean => program.startsWith('tablecast');

export const cellLabel = ({ subscribers, matches }: Cell): string =>
  `S=${thousands(subscribers)} M=${thousands(matches)}`;

const thousands = (count: number): string => (count >= 1_000 ? `${count / 1_000}k` : String(count));

/**
 * Events measured of one cell in one round, about as long for each program at what it costs; 0 leaves the cell out. The
 * cells that take seconds are measured in the first round only.
 */
export function eventsOf(program: ProgramName, { subscribers, matches }: Cell, round: number): number {
  if (matches >= 10_000) return round > 0 ? 0 : 1;
  if (keepsState(program)) return Math.max(2, Math.min(20, Math.floor(3_000 / matches)));
  if (program !== 'alg' && matches >= 1_000) return round > 0 ? 0 : 1;
  if (program !== 'alg') return 4;
  if (round > 0 && (subscribers >= 10_000 || matches >= 1_000)) return 0;
  return 1;
}
