import { runFanOutTrial, runLambdaTrial } from './lambda-path.ts';
import type { Rule } from './rules.ts';
import { isFaulty } from './seeds.ts';
import type { TrialSize } from './trial.ts';
import { runWorkerTrial } from './worker-path.ts';

/** What a mutant is to run, as its process is told. */
export interface MutantTask {
  readonly path: Rule['path'];
  readonly size: TrialSize;
  /** The first of them. */
  readonly seed: number;
  readonly seeds: number;
}

/** What came of it. */
export type MutantResult =
  | { readonly kind: 'caught'; readonly seed: number; readonly violation: string }
  | { readonly kind: 'survived' }
  | { readonly kind: 'threw'; readonly message: string };

const TRIALS = { lambda: runLambdaTrial, 'fan-out': runFanOutTrial, worker: runWorkerTrial };

async function run({ path, size, seed, seeds }: MutantTask): Promise<MutantResult> {
  for (let own = seed; own < seed + seeds; own += 1) {
    const { verdict } = await TRIALS[path](own >>> 0, size);
    if (isFaulty(verdict)) return { kind: 'caught', seed: own >>> 0, violation: verdict.violations[0] ?? '' };
  }
  return { kind: 'survived' };
}

process.once('message', (task: MutantTask) => {
  run(task)
    .catch((error: unknown): MutantResult => ({ kind: 'threw', message: String(error) }))
    .then((result) => process.send?.(result, () => process.exit(0)));
});
