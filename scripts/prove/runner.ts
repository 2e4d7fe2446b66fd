import type { Proof, ProofResult, Size } from './proof.ts';
import { type Program, replayCommand } from './replay.ts';

/** What came of one proof. */
export interface ProofRun extends ProofResult {
  readonly id: string;
  readonly claim: string;
  readonly seconds: number;
}

export interface RunOptions {
  readonly size: Size;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** What the command that replays a run is called. Default `prove`. */
  readonly program?: Program;
  /** A line on how far the running proof is. */
  readonly progress: (text: string) => void;
  /** Called as soon as one is over. */
  readonly over?: (run: ProofRun) => void;
}

/**
 * Runs proofs one after the other. One that throws does not hold, and neither does one while which a promise was rejected
 * that nobody waits for; the others run all the same. Once `signal` aborts, those that did not end are reported as
 * stopped.
 */
export async function runProofs(proofs: readonly Proof[], options: RunOptions): Promise<ProofRun[]> {
  const { size, seed, signal } = options;
  const runs: ProofRun[] = [];
  for (const [index, proof] of proofs.entries()) {
    const began = performance.now();
    const strays: unknown[] = [];
    const stray = (reason: unknown) => void strays.push(reason);
    process.on('unhandledRejection', stray);
    process.on('uncaughtException', stray);
    let result: ProofResult;
    try {
      signal.throwIfAborted();
      const progress = (text: string) =>
        options.progress(`${proof.id} (${index + 1} of ${proofs.length}) ${text}`);
      progress(proof.claim);
      result = await proof.run({ size, seed, signal, progress });
      // Rejections are told of a turn after they happen.
      await new Promise((resolve) => setImmediate(resolve));
      if (strays.length > 0) result = failed('a fault nobody waited for', strays[0], replay());
    } catch (error) {
      result = signal.aborted ? STOPPED : failed('threw', error, replay());
    } finally {
      process.off('unhandledRejection', stray);
      process.off('uncaughtException', stray);
    }
    const seconds = (performance.now() - began) / 1_000;
    const run = { id: proof.id, claim: proof.claim, ...result, seconds };
    runs.push(run);
    options.over?.(run);

    function replay() {
      return replayCommand(proof.id, size, seed, options.program);
    }
  }
  return runs;
}

const STOPPED: ProofResult = { holds: false, figure: 'stopped', measures: { stopped: true } };

function failed(what: string, error: unknown, replay: string): ProofResult {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    holds: false,
    figure: `${what}: ${text.split('\n', 1)[0]}`,
    measures: { threw: true },
    trace: [...text.split('\n'), `again: ${replay}`],
  };
}
