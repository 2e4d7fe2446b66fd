import type { BenchCase } from '../case.ts';
import { arePeersInstalled } from '../peers/install.ts';
import type { ProgramName } from '../programs/program.ts';
import { startWorld } from '../world.ts';
import { measureMatrix } from './matrix/measure.ts';
import { reportOf } from './matrix/report.ts';

/** As long as AWS is taken to need for a post (assumed, not measured). */
const POST_MS = 10;

/** The case that takes longest by far: more rounds are not worth the minutes. */
const MOST_ROUNDS = 2;

/** P3 and P4: what an event costs, by how many subscribe and how many of them match. */
export const matrix: BenchCase = matrixCase({
  name: 'matrix',
  about: 'time, CPU and DynamoDB reads of an event, by subscribers and matches (P3, P4)',
  isSlow: false,
});

/** The same with answers as late as on AWS. */
export const matrixLatency: BenchCase = matrixCase({
  name: 'matrix-latency',
  about: 'the same, the fake DynamoDB and the sink as slow as AWS is taken to be',
  isSlow: true,
});

function matrixCase({ name, about, isSlow }: { name: string; about: string; isSlow: boolean }): BenchCase {
  return {
    name,
    about,
    isDefault: !isSlow,
    async run(options) {
      const programs: ProgramName[] = ['tablecast'];
      if (arePeersInstalled()) programs.push('gls', 'gls-tuned', 'alg');
      const world = await startWorld();
      try {
        await world.serve(isSlow ? { serviceMs: POST_MS, isDynamoDBSlow: true } : {});
        return reportOf(
          name,
          await measureMatrix(world, programs, { ...options, rounds: Math.min(options.rounds, MOST_ROUNDS) }),
        );
      } finally {
        world.stop();
      }
    },
  };
}
