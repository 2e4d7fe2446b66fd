import { judge } from './checker.ts';
import { runClients } from './clients.ts';
import { Stalled } from './clock.ts';
import { createLambdaFanOut } from './lambda-fan-out.ts';
import { createLambdaStream } from './lambda-stream.ts';
import { runKeepAlive, runOutages } from './nemesis.ts';
import { FIVE_PERCENT } from './rates.ts';
import type { RunTrial, Trial, TrialOptions, TrialSize } from './trial.ts';
import { createWorld } from './world.ts';
import { itemIds, runWriter } from './writer.ts';

const SHARDS = 3;
/** Virtual ms after the faults have stopped within which everything must have come to rest. */
const REST_MS = 10 * 60_000;
/** Virtual ms for the run before that: far more than it takes. */
const RUN_MS = 6 * 3_600_000;
/** Longest pause between two bursts of writes, virtual ms. */
const PAUSE_MS = 4_000;
/** Of the changes, how many are made once all is calm. */
const CALM_SHARE = 0.1;

/** T1: the relay as Lambda functions, with everything around it failing, in virtual time; one seed in four with a fan-out. */
export const runLambdaTrial: RunTrial = (seed, size, options) => run(seed, size, seed % 4 === 3, options);

/** The same, with a fan-out in every seed. */
export const runFanOutTrial: RunTrial = (seed, size, options) => run(seed, size, true, options);

async function run(
  seed: number,
  size: TrialSize,
  hasFanOut: boolean,
  { log, signal }: TrialOptions = {},
): Promise<Trial> {
  const world = createWorld({ seed, rates: FIVE_PERCENT, settings: settingsFor(seed), log });
  const { clock, history } = world;
  const fanOut = hasFanOut ? createLambdaFanOut(world) : undefined;
  const stream = createLambdaStream(world, SHARDS, fanOut);
  const ids = itemIds(size.items);
  let isOver = false;
  let isDone = false;
  let stalled = '';
  try {
    const reading = Promise.all([stream.run(), fanOut?.run()]);
    const storm = async () => {
      const clients = runClients(world, { ...size, ids, isOver: () => isOver });
      void runOutages(world);
      void runKeepAlive(world, () => isDone);
      await clock.sleep(3_000);
      await runWriter(world, stream, {
        ids,
        changes: Math.ceil(size.changes * (1 - CALM_SHARE)),
        pauseMs: PAUSE_MS,
      });
      isOver = true;
      await clients;
    };
    await clock.run(storm(), RUN_MS, signal);
    world.calm();
    const rest = async () => {
      await runWriter(world, stream, { ids, changes: size.changes, pauseMs: PAUSE_MS });
      await stream.drained();
      while (fanOut && !fanOut.isEmpty) await clock.sleep(100);
      isDone = true;
      stream.stop();
      fanOut?.stop();
      await reading;
    };
    await clock.run(rest(), REST_MS, signal);
  } catch (error) {
    if (!(error instanceof Stalled)) throw error;
    stalled = error.message;
  }
  const verdict = judge(history, clock.now());
  if (stalled !== '') {
    verdict.stalled += 1;
    verdict.violations.push(`stalled: ${stalled}`);
  }
  return {
    seed,
    verdict,
    hash: history.hash(),
    seconds: clock.monotonic() / 1_000,
    measures: {
      ...stream.report,
      ...fanOut?.report,
      postFaults: world.gateway.faulty,
      requestFaults: world.requestFaults,
      connections: history.connections.size,
      warmHits: world.counts.get('warm.hit') ?? 0,
      warmLoads: world.counts.get('warm.load') ?? 0,
      places: world.counts.get('place.saved') ?? 0,
    },
  };
}

/** Small bounds on posts in flight make batches outgrow invocations, so that places are saved. */
function settingsFor(seed: number) {
  return { maxConcurrentPosts: [2, 4, 128][seed % 3] ?? 4 };
}
