import type { BenchCase, BenchOptions, CaseReport, CaseRow, TargetRow } from '../case.ts';
import { orMissing, spreadOf } from '../figures.ts';
import { arePeersInstalled } from '../peers/install.ts';
import type { ProgramName } from '../programs/program.ts';
import { interleaved } from '../rounds.ts';
import type { Spread } from '../statistics.ts';
import type { Cell } from '../workload.ts';
import { assertSame, type Measurement, startWorld, type World } from '../world.ts';

const CELL: Cell = { subscribers: 1_000, matches: 1_000, documents: 1 };
/** Numbers of events that warm up; those that are measured begin at 0. */
const WARM_UP = 1_000_000;
const COMMAND = 'npm run bench -- --case delivery';

/** How much each program is given to do: about as long, at what each costs. Events of one batch go together in ours. */
interface Amount {
  readonly batches: number;
  readonly eventsPerBatch: number;
  readonly warmUpBatches: number;
}
const OWN: Amount = { batches: 3, eventsPerBatch: 4, warmUpBatches: 3 };
const AMOUNTS: ReadonlyMap<ProgramName, Amount> = new Map([
  ['tablecast', OWN],
  ['tablecast-worker', OWN],
  ['sdk-loop', { batches: 1, eventsPerBatch: 3, warmUpBatches: 1 }],
  ['gls-tuned', { batches: 4, eventsPerBatch: 1, warmUpBatches: 2 }],
]);

interface Setting {
  readonly concurrency: number;
  readonly serviceMs: number;
}
/** P1: what a delivery costs. */
const WARM: Setting = { concurrency: 64, serviceMs: 0 };
/** P2: how many a process manages when the answer takes its time. */
const WAITING: Setting = { concurrency: 256, serviceMs: 10 };

type Results = ReadonlyMap<ProgramName, readonly Measurement[]>;

export const delivery: BenchCase = {
  name: 'delivery',
  about: 'CPU of a delivery, and deliveries a second of one process (P1, P2)',
  isDefault: true,
  async run(options) {
    const programs: ProgramName[] = ['tablecast', 'tablecast-worker', 'sdk-loop'];
    if (arePeersInstalled()) programs.push('gls-tuned');
    const world = await startWorld();
    try {
      const warm = await measureAll(world, programs, WARM, options);
      const waiting = await measureAll(world, programs, WAITING, options);
      return reportOf(programs, warm, waiting);
    } finally {
      world.stop();
    }
  },
};

async function measureAll(
  world: World,
  programs: readonly ProgramName[],
  { concurrency, serviceMs }: Setting,
  options: BenchOptions,
): Promise<Results> {
  await world.serve({ serviceMs });
  const results = await interleaved(programs, options, async (name) => {
    const amount = AMOUNTS.get(name) ?? OWN;
    const { eventsPerBatch } = amount;
    const program = await world.start(name, concurrency);
    try {
      await program.prepare(CELL);
      await program.run(CELL, { first: WARM_UP, batches: amount.warmUpBatches, eventsPerBatch });
      return await program.run(CELL, { first: 0, batches: amount.batches, eventsPerBatch });
    } finally {
      program.stop();
    }
  });
  for (let round = 0; round < options.rounds; round += 1) {
    const own = programs.flatMap((name) => {
      const measured = results.get(name)?.[round];
      return measured ? [[name, measured] as const] : [];
    });
    assertSame(new Map(own));
  }
  return results;
}

const cpu = ({ cpuMs, deliveries }: Measurement) => (cpuMs * 1_000) / deliveries;
const rate = ({ ms, deliveries }: Measurement) => deliveries / (ms / 1_000);

function reportOf(programs: readonly ProgramName[], warm: Results, waiting: Results): CaseReport {
  const cpuOf = (name: ProgramName) => spreadOf(warm.get(name), cpu);
  const rateOf = (name: ProgramName) => spreadOf(waiting.get(name), rate);
  const dearest = Math.max(
    ...(['tablecast', 'tablecast-worker'] as const).map((name) => cpuOf(name)?.median ?? Infinity),
  );
  const best = Math.max(
    ...(['tablecast', 'tablecast-worker'] as const).map((name) => rateOf(name)?.median ?? 0),
  );
  const targets: TargetRow[] = [
    {
      id: 'P1',
      figure: 'CPU per delivery, warm, TLS, 64 in flight, whole pipeline',
      target: '≤ 60 µs (stretch 40)',
      measured: `Lambda path ${orMissing(cpuOf('tablecast'), 'µs')} · worker path ${orMissing(cpuOf('tablecast-worker'), 'µs')}`,
      peer: `AWS SDK v3 loop ${orMissing(cpuOf('sdk-loop'), 'µs')} · GLS tuned ${orMissing(cpuOf('gls-tuned'), 'µs')}`,
      met: dearest <= 60,
      command: COMMAND,
    },
    {
      id: 'P2',
      figure: 'deliveries a second of one process, 10 ms service time, 256 in flight',
      target: '≥ 17,000/s',
      measured: `Lambda path ${orMissing(rateOf('tablecast'), '/s')} · worker path ${orMissing(rateOf('tablecast-worker'), '/s')}`,
      peer: `AWS SDK v3 loop ${orMissing(rateOf('sdk-loop'), '/s')} · GLS tuned ${orMissing(rateOf('gls-tuned'), '/s')}`,
      met: best >= 17_000,
      command: COMMAND,
    },
  ];
  const rows: CaseRow[] = programs.map((label) => {
    const figures = new Map<string, Spread | number>();
    const own = cpuOf(label);
    const rated = rateOf(label);
    if (own) figures.set('CPU µs per delivery', own);
    if (rated) figures.set('deliveries/s at 10 ms', rated);
    const handshakes = [...(warm.get(label) ?? []), ...(waiting.get(label) ?? [])];
    figures.set(
      'handshakes when warm',
      handshakes.reduce((sum, one) => sum + one.handshakes, 0),
    );
    return { label, figures };
  });
  const chart = (title: string, unit: string, figure: (name: ProgramName) => number | undefined) => ({
    title,
    unit,
    groups: [title],
    series: programs.map((name) => ({ name, values: [figure(name)] })),
  });
  return {
    case: 'delivery',
    targets,
    rows,
    charts: [
      chart('CPU per delivery', 'µs', (name) => cpuOf(name)?.median),
      chart('Deliveries a second at 10 ms service time', '/s', (name) => rateOf(name)?.median),
    ],
    method: `${CELL.matches} connections, all matching, ${AMOUNTS.get('tablecast')?.eventsPerBatch} events a batch in ours, one publish after another in GLS, ready frames in the SDK loop. Ours reads the relay table for every batch; the SDK loop and GLS tuned are given less to do (3 and 4 events), for they take longer. P1: ${WARM.concurrency} posts at once, the sink answers at once. P2: ${WAITING.concurrency} at once, it answers after ${WAITING.serviceMs} ms; GLS tuned has as many sockets. A process each, warmed up. P2 is met when the better of our two paths meets it, P1 when both do.`,
  };
}
