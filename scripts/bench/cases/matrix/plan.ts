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
export const WARM_UP_CELL: Cell = cell(200, 200);
export const WARM_UP_EVENTS = 3;

/** Programs that keep what they read of a cell are let meet it before: a batch to see it, one to load, one to use. */
export const MEETING_EVENTS = 3;
export const keepsState = (program: ProgramName): boolean => program.startsWith('tablecast');

export const cellLabel = ({ subscribers, matches }: Cell): string =>
  `S=${thousands(subscribers)} M=${thousands(matches)}`;

const thousands = (count: number): string => (count >= 1_000 ? `${count / 1_000}k` : String(count));

/**
 * Events measured of one cell in one round, about as long for each program at what it costs; 0 leaves the cell out. The
 * cells that take seconds are measured in the first round only.
 */
export function eventsOf(program: ProgramName, { subscribers, matches }: Cell, round: number): number {
  if (keepsState(program) && matches < 10_000) return Math.max(2, Math.min(20, Math.floor(4_000 / matches)));
  const isLarge = subscribers >= 10_000;
  if (program === 'alg') {
    if (round > 0 && (isLarge || matches >= 1_000)) return 0;
    return isLarge || matches >= 1_000 ? 1 : 2;
  }
  if (matches >= 10_000) return round > 0 ? 0 : keepsState(program) ? 2 : 1;
  return matches >= 1_000 ? 2 : 4;
}
