import type { BenchCase, BenchOptions } from '../case.ts';
import { arePeersInstalled } from '../peers/install.ts';
import type { ProgramName } from '../programs/program.ts';
import { interleaved } from '../rounds.ts';
import { assertSame, startWorld, type World } from '../world.ts';
import { amountOf, CELL, type Setting, WAITING, WARM, WARM_UP } from './delivery/plan.ts';
import { measureRefused } from './delivery/refused.ts';
import { type Results, reportOf } from './delivery/report.ts';

/** P1 and P2, and that refusals are handled while it is measured. */
export const delivery: BenchCase = {
  name: 'delivery',
  about: 'CPU of a delivery, and deliveries a second of one process (P1, P2)',
  isDefault: true,
  async run(options) {
    const programs: ProgramName[] = ['tablecast', 'tablecast-https', 'sdk-loop'];
    if (arePeersInstalled()) programs.push('gls-tuned');
    const world = await startWorld();
    try {
      const warm = await measureAll(world, programs, WARM, options);
      const waiting = await measureAll(world, programs, WAITING, options);
      return reportOf(warm, waiting, await measureRefused(world, options));
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
  const results = await interleaved(programs, options, async (name, round) => {
    // A setting that few will use, and a peer that takes its time: told once.
    if ((name === 'tablecast-https' || name === 'gls-tuned') && round > 0) return undefined;
    const { batches, eventsPerBatch, warmUpBatches } = amountOf(name);
    const program = await world.start(name, concurrency);
    try {
      await program.prepare(CELL);
      await program.run(CELL, { first: WARM_UP, batches: warmUpBatches, eventsPerBatch });
      return await program.run(CELL, { first: 0, batches, eventsPerBatch });
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
