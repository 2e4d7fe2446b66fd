import { systemClock } from '../../../src/adapters/clock.ts';
import type { SeededRandom } from '../../../src/testing/random.ts';
import type { Stage } from './stage.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What came of ending one worker while another stood by. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal until the process was gone, ms. */
  readonly exitMs: number;
  /** From the signal until a frame of the worker that took over arrived, ms; undefined: none did in time. */
  readonly takeoverMs: number | undefined;
}

export interface EndsOptions {
  readonly stage: Stage;
  readonly signalName: 'SIGKILL' | 'SIGTERM';
  readonly times: number;
  readonly random: SeededRandom;
  /** How long a takeover is waited for, ms. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  readonly progress: (done: number) => void;
}

/** Workers are ended at random moments within this, ms, counted from when the one before had been replaced. */
const WITHIN_MS = 1_000;
const LOOK_MS = 25;

/**
 * Two workers; whoever reads is ended at a random moment, the other takes over, and the ended one is started again; so on.
 * @throws Error when nobody reads for longer than the patience
 */
export async function endWorkers(options: EndsOptions): Promise<readonly End[]> {
  const { stage, signalName, times, random, patienceMs, signal, progress } = options;
  let workers: readonly WorkerProcess[] = await Promise.all([stage.start(), stage.start()]);
  const ends: End[] = [];
  while (ends.length < times) {
    signal.throwIfAborted();
    progress(ends.length);
    await systemClock.sleep(random.integer(WITHIN_MS), signal);
    const reader = await readerAmong(workers, patienceMs, signal);
    const others = new Set(workers.filter((worker) => worker !== reader));
    const sentAt = Date.now();
    const from = systemClock.monotonic();
    reader.send(signalName);
    // Started again at once, as by whatever supervises it.
    const restarted = reader.ended.then(async () => others.add(await stage.start()));
    const [ended, resumedAt] = await Promise.all([
      reader.ended.then((how) => ({ ...how, exitMs: systemClock.monotonic() - from })),
      resumed(stage, others, patienceMs, signal),
      restarted,
    ]);
    const takeoverMs = resumedAt === undefined ? undefined : resumedAt - sentAt;
    ends.push({ ...ended, takeoverMs });
    workers = [...others];
  }
  progress(ends.length);
  return ends;
}

async function readerAmong(
  workers: Iterable<WorkerProcess>,
  patienceMs: number,
  signal: AbortSignal,
): Promise<WorkerProcess> {
  const deadline = systemClock.monotonic() + patienceMs;
  for (;;) {
    signal.throwIfAborted();
    for (const worker of workers) if ((await worker.shards()) > 0) return worker;
    if (systemClock.monotonic() > deadline) {
      const logs = [...workers].map((worker) => worker.log()).join('\n');
      throw new Error(`expected a worker to read the shard within ${patienceMs} ms, got none: ${logs}`);
    }
    await systemClock.sleep(LOOK_MS, signal);
  }
}

/**
 * When deliveries went on: the first arrival after one of the others was seen to hold the shard. What had been on its way
 * from the one that ended is long there by then.
 * @returns epoch ms; undefined when that took longer than the patience
 */
async function resumed(
  { history }: Stage,
  others: Iterable<WorkerProcess>,
  patienceMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  await readerAmong(others, patienceMs, signal);
  const heldAt = Date.now();
  const arrived = new AbortController();
  let first: number | undefined;
  history.onArrival = (at) => {
    if (at < heldAt) return;
    first ??= at;
    arrived.abort();
  };
  await systemClock.sleep(patienceMs, AbortSignal.any([arrived.signal, signal]));
  return first;
}
