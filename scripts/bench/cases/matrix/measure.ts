import type { BenchOptions } from '../../case.ts';
import type { ProgramName } from '../../programs/program.ts';
import { interleaved } from '../../rounds.ts';
import { cellName } from '../../workload.ts';
import { assertSame, type Measurement, type World } from '../../world.ts';
import {
  CELLS,
  cellLabel,
  eventsOf,
  keepsState,
  MEETING_EVENTS,
  WARM_UP_CELL,
  warmUpEventsOf,
} from './plan.ts';

/** As many posts at once as ours makes by default; sockets, of GLS tuned. */
export const CONCURRENCY = 128;
/** Numbers of events that warm up; those that are measured begin at 0. */
const WARM_UP = 1_000_000;

export interface PerEvent {
  readonly ms: number;
  readonly cpuMs: number;
  readonly requests: number;
  readonly readUnits: number;
  readonly handshakes: number;
}

/** By cell, round by round. */
export type CellResults = ReadonlyMap<string, readonly PerEvent[]>;
export type MatrixResults = ReadonlyMap<ProgramName, CellResults>;

/** Every program through all cells, in one process a round. */
export async function measureMatrix(
  world: World,
  programs: readonly ProgramName[],
  options: BenchOptions,
): Promise<MatrixResults> {
  const results = await interleaved(programs, options, (name, round) =>
    measureCells(world, name, round, options),
  );
  for (let round = 0; round < options.rounds; round += 1) {
    for (const cell of CELLS) {
      const own = programs.flatMap((name) => {
        const measured = results.get(name)?.[round]?.get(cellName(cell));
        return measured ? [[name, measured] as const] : [];
      });
      assertSame(new Map(own));
    }
  }
  return new Map(programs.map((name) => [name, byCell(results.get(name) ?? [])]));
}

async function measureCells(
  world: World,
  name: ProgramName,
  round: number,
  { progress, signal }: BenchOptions,
): Promise<ReadonlyMap<string, Measurement>> {
  const measured = new Map<string, Measurement>();
  const program = await world.start(name, CONCURRENCY);
  try {
    await program.prepare(WARM_UP_CELL);
    await program.run(WARM_UP_CELL, { first: WARM_UP, batches: warmUpEventsOf(name), eventsPerBatch: 1 });
    for (const cell of CELLS) {
      signal.throwIfAborted();
      const batches = eventsOf(name, cell, round);
      if (batches === 0) continue;
      progress(`round ${round + 1}: ${name}, ${cellLabel(cell)}`);
      await program.prepare(cell);
      if (keepsState(name))
        await program.run(cell, { first: WARM_UP, batches: MEETING_EVENTS, eventsPerBatch: 1 });
      measured.set(cellName(cell), await program.run(cell, { first: 0, batches, eventsPerBatch: 1 }));
    }
  } finally {
    program.stop();
  }
  return measured;
}

function byCell(rounds: readonly ReadonlyMap<string, Measurement>[]): CellResults {
  return new Map(
    CELLS.map((cell) => [
      cellName(cell),
      rounds.flatMap((round) => {
        const measured = round.get(cellName(cell));
        return measured ? [perEvent(measured)] : [];
      }),
    ]),
  );
}

function perEvent({ ms, cpuMs, reads, handshakes, digests }: Measurement): PerEvent {
  const events = digests.size;
  return {
    ms: ms / events,
    cpuMs: cpuMs / events,
    requests: reads.requests / events,
    readUnits: reads.readUnits / events,
    handshakes: handshakes / events,
  };
}
