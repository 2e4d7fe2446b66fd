import { createSeededRandom } from '../../../src/testing/random.ts';
import { runIsolation } from '../isolation/run.ts';
import type { Proof } from '../proof.ts';
import { replayCommand } from '../replay.ts';

const CONNECTIONS = 1_000;
const SIZES = {
  short: { batches: 1, changes: 3 },
  normal: { batches: 5, changes: 10 },
  long: { batches: 40, changes: 25 },
} as const;

/**
 * T12: one dead, one slow and one oversized connection among 1 000, through the real pipeline and transport over HTTP.
 * What they cost the others in time is a ratio of the benchmark: `npm run bench -- --case isolation`.
 */
export const proof: Proof = {
  id: 'T12',
  claim:
    'one dead, one slow and one oversized client among 1 000 cost the others nothing of what they are owed',
  async run({ size, seed, signal, progress }) {
    const { batches, changes } = SIZES[size];
    const trace: string[] = [];
    let complete = 0;
    let frames = 0;
    let failed = 0;
    for (let batch = 0; batch < batches; batch += 1) {
      signal.throwIfAborted();
      progress(`batch ${batch + 1} of ${batches}`);
      const random = createSeededRandom(seed + batch);
      const report = await runIsolation({
        connections: CONNECTIONS,
        changes,
        troubled: true,
        signal,
        random: () => random.next(),
      });
      complete += report.complete;
      frames += report.frames;
      if (!report.done) failed += 1;
      trace.push(...report.faults.map((fault) => `batch ${batch + 1}: ${fault}`));
    }
    return {
      holds: trace.length === 0,
      figure: `${complete} of ${batches * (CONNECTIONS - 3)} others had every change, in order; batches failed ${failed} (${frames} posts)`,
      measures: { connections: CONNECTIONS, complete, batches, changes, posts: frames },
      ...(trace.length > 0 && { trace: [...trace, replayCommand('T12', size, seed)] }),
    };
  },
};
