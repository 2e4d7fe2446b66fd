import type { ProofOptions, ProofResult, Size } from '../proof.ts';
import { replayCommand } from '../replay.ts';
import { FAULTS, type Verdict } from './checker.ts';
import type { RunTrial, Trial, TrialSize } from './trial.ts';

/** Some seeds at one size. */
export interface Stage {
  readonly size: TrialSize;
  readonly seeds: number;
}

/** Log lines shown of a run that fails. */
const LOG_LINES = 40;

/**
 * Runs a path from `seed`, `seed + 1` and so on, stage after stage. The first seed that fails ends it, and is run again
 * with the relay's log on: the trace shows the lines that name what went wrong.
 */
export async function proveSeeds(
  id: string,
  run: RunTrial,
  stages: readonly Stage[],
  { size, seed, signal, progress }: ProofOptions,
): Promise<ProofResult> {
  const total = new Map<string, number>();
  const add = (values: object) => {
    for (const [name, value] of Object.entries(values))
      if (typeof value === 'number') total.set(name, (total.get(name) ?? 0) + value);
  };
  const count = stages.reduce((sum, stage) => sum + stage.seeds, 0);
  let done = 0;
  let changes = 0;
  let trace: readonly string[] | undefined;
  for (const stage of stages) {
    for (let n = 0; n < stage.seeds && !trace; n += 1) {
      const own = (seed + n) >>> 0;
      progress(`seed ${own}: ${done} of ${count} done`);
      const trial = await run(own, stage.size, { signal });
      done += 1;
      changes += stage.size.changes;
      add(trial.verdict);
      add(trial.measures);
      if (isFaulty(trial.verdict)) trace = await retrace(id, run, trial, stage.size, size);
    }
  }
  const of = (name: string) => total.get(name) ?? 0;
  return {
    holds: !trace,
    figure: `lost ${of('lost')}, leaked ${of('leaked')}, out of order ${of('disordered')}, stalled ${of('stalled')}, unknown event ids ${of('unknownEvents')} in ${done} seeds: ${changes} changes, ${of('deliveries')} payloads, ${of('repeats')} of them repeats`,
    measures: { seeds: done, changes, sizes: stages.map(sizeText).join(', '), ...Object.fromEntries(total) },
    ...(trace && { trace }),
  };
}

export function isFaulty(verdict: Verdict): boolean {
  return FAULTS.some((fault) => verdict[fault] > 0);
}

/** `4 seeds of 12 connections × 4 subscriptions × 200 changes` */
export function sizeText({ size, seeds }: Stage): string {
  return `${seeds} seeds of ${size.connections} connections × ${size.subscriptions} subscriptions × ${size.changes} changes`;
}

async function retrace(
  id: string,
  run: RunTrial,
  { seed, verdict }: Trial,
  trialSize: TrialSize,
  size: Size,
): Promise<readonly string[]> {
  const lines: string[] = [];
  await run(seed, trialSize, { log: (line) => void lines.push(line) });
  const [first = ''] = verdict.violations;
  // A violation names a connection, and the event id of a change.
  const names = first.match(/[0-9a-f]{32}|\b[A-Za-z0-9_-]{6,}=/g) ?? [];
  const telling = lines.filter((line) => names.some((name) => line.includes(name)));
  return [
    `seed ${seed}:`,
    ...verdict.violations,
    ...(telling.length > 0 ? ['the relay said (virtual ms):'] : []),
    ...telling.slice(-LOG_LINES),
    `again: ${replayCommand(id, size, seed)}`,
  ];
}
