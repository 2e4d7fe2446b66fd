import { createSeededRandom } from '../../../src/testing/random.ts';
import { type Path, runPoison } from '../poison/run.ts';
import { poisonWork } from '../poison/work.ts';
import type { Proof } from '../proof.ts';
import { replayCommand } from '../replay.ts';

const POISONS = 300;
const SEEDS = { short: 1, normal: 10, long: 200 } as const;
const PATHS: readonly Path[] = ['lambda', 'worker'];
/** Faults told of one run; the rest are of the same kind mostly. */
const SHOWN = 10;

/**
 * T11: records that are not as records should be, between good changes, through both ways into the relay. Odd items that
 * DynamoDB may hold are delivered as they are stored, or with an error at the field; what holds no change is stepped over.
 */
export const proof: Proof = {
  id: 'T11',
  claim:
    'a poison record costs only itself: good ones arrive in order, and each poison is counted and logged once',
  async run({ size, seed, signal, progress }) {
    const sum = { poisons: 0, good: 0, frames: 0, held: 0, counted: 0 };
    const trace: string[] = [];
    for (let run = 0; run < SEEDS[size]; run += 1) {
      for (const path of PATHS) {
        signal.throwIfAborted();
        progress(`${path} path, seed ${seed + run}`);
        const random = createSeededRandom(seed + run);
        const work = poisonWork(POISONS, random, Date.now());
        const report = await runPoison(work, path, () => random.next());
        sum.poisons += work.poisons.length;
        sum.good += report.goodFrames;
        sum.frames += report.frames;
        sum.held += report.held;
        sum.counted += report.counted;
        if (report.faults.length === 0 && report.held === 0) continue;
        trace.push(`${path} path: ${replayCommand('T11', size, seed + run)}`);
        trace.push(...report.faults.slice(0, SHOWN));
      }
    }
    return {
      holds: trace.length === 0,
      figure: `${sum.poisons} poison records: shard held ${sum.held} times, ${sum.counted} stepped over and counted, ${sum.good} good frames in order of ${sum.frames}, all valid JSON`,
      measures: { ...sum, seeds: SEEDS[size] },
      ...(trace.length > 0 && { trace }),
    };
  },
};
