import { fork } from 'node:child_process';
import type { Proof, ProofOptions, Size } from '../proof.ts';
import { bundleMutant } from '../simulation/mutant-bundle.ts';
import type { MutantResult, MutantTask } from '../simulation/mutant-run.ts';
import { RULES, type Rule } from '../simulation/rules.ts';

const SMALL = { connections: 10, subscriptions: 5, changes: 160, items: 8 };
/** Seeds a mutant is given to be caught in. */
const SEEDS: Readonly<Record<Size, number>> = { short: 8, normal: 12, long: 60 };
/** Seeds that the relay as it is must come through. */
const SOUND_SEEDS = 2;
/** Mutants that run at once, each in a process of its own. */
const AT_ONCE = 2;
/** Real time for one mutant; some run in circles. */
const PATIENCE_MS = 180_000;

/** T5: each rule is taken out of the relay's source, and T1 or T2 must notice. */
export const proof: Proof = {
  id: 'T5',
  claim: 'each rule of the relay, taken away, is missed by T1 or T2',
  async run(options) {
    const { size, seed, signal, progress } = options;
    const rules = RULES.filter(({ isShort }) => size !== 'short' || isShort);
    const sound = await soundness(options);
    const survivors: string[] = [...sound];
    const caught: string[] = [];
    const queue = rules.entries();
    const lane = async () => {
      for (const [index, rule] of queue) {
        signal.throwIfAborted();
        progress(`${caught.length} caught of ${rules.length}: ${rule.name}`);
        const task = { path: rule.path, size: SMALL, seed, seeds: SEEDS[size] };
        const result = await judgeMutant(`rule-${index}`, rule, task, signal);
        if (result.kind === 'caught') caught.push(rule.name);
        else {
          const why = result.kind === 'threw' ? `could not be judged: ${result.message}` : 'survived';
          survivors.push(`${rule.name} (src/${rule.file}): ${why} ${SEEDS[size]} seeds from ${seed}`);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return {
      holds: survivors.length === 0,
      figure: `${caught.length} of ${rules.length} caught`,
      measures: { caught: caught.length, rules: rules.length },
      ...(survivors.length > 0 && { trace: survivors }),
    };
  },
};

/** Without it a simulation that finds fault with everything would seem to catch everything. */
async function soundness({ seed, signal }: ProofOptions): Promise<string[]> {
  const judged = (['lambda', 'worker'] as const).map(async (path) => {
    const task = { path, size: SMALL, seed, seeds: SOUND_SEEDS };
    const result = await judgeMutant(`sound-${path}`, undefined, task, signal);
    if (result.kind === 'survived') return [];
    return [`the relay as it is, ${path} path: expected no fault, got ${JSON.stringify(result)}`];
  });
  return (await Promise.all(judged)).flat();
}

async function judgeMutant(
  name: string,
  rule: Rule | undefined,
  task: MutantTask,
  signal: AbortSignal,
): Promise<MutantResult> {
  let file: string;
  try {
    file = await bundleMutant(name, rule);
  } catch (error) {
    return { kind: 'threw', message: String(error) };
  }
  return runMutant(file, task, signal);
}

function runMutant(file: string, task: MutantTask, signal: AbortSignal): Promise<MutantResult> {
  return new Promise((resolve, reject) => {
    const child = fork(file, { execArgv: ['--no-warnings'], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      child.kill('SIGKILL');
    };
    const settle = (result: MutantResult) => {
      end();
      resolve(result);
    };
    const abort = () => {
      end();
      reject(signal.reason);
    };
    // One that never comes to an end has been noticed too.
    const timer = setTimeout(
      () => settle({ kind: 'caught', seed: task.seed, violation: `no end within ${PATIENCE_MS} ms` }),
      PATIENCE_MS,
    );
    signal.addEventListener('abort', abort, { once: true });
    child.once('message', (result: MutantResult) => settle(result));
    child.once('error', (error) => settle({ kind: 'threw', message: String(error) }));
    child.once('exit', (code) => settle({ kind: 'threw', message: `its process ended with ${code}` }));
    child.send(task);
  });
}
