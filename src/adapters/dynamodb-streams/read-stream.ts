import { streamsFault } from './api.ts';
import { createBackoff } from './backoff.ts';
import type { Checkpoint } from './checkpoints.ts';
import { messageOf } from './deliver-batch.ts';
import { type ReadDeps, readShard } from './read-shard.ts';
import { describeShards, latestCheckpoints, readyShards, type ShardInfo } from './shards.ts';

/**
 * - `drained`: the stream is off and all of it was delivered; the table may have a newer one.
 * - `lost`: DynamoDB does not know the stream; what was not delivered is gone.
 * - `stopped`: the reader was told to stop.
 */
export type StreamOutcome = 'drained' | 'lost' | 'stopped';

/** New shards are looked for this often, and at once when one ended. DescribeStream allows 10 calls a second. */
const SYNC_INTERVAL_MS = 10_000;
/** The children of an ended shard may show a little later; looked for this often until one does. */
const CHILD_INTERVAL_MS = 500;
/** A shard leaves the stream 24 h after its last record; its end is remembered an hour longer. */
const FORGET_ENDED_AFTER_MS = 25 * 3_600_000;
const ERROR_BACKOFF = { baseMs: 100, capMs: 5_000 };

/**
 * Reads all shards of one stream, parents before their children, each in a loop of its own.
 * `positioned` is called once every shard that may be read holds its place.
 */
export async function readStream(
  startAt: 'LATEST' | 'TRIM_HORIZON',
  deps: ReadDeps,
  positioned: () => void,
): Promise<StreamOutcome> {
  const { clock, logger, checkpoints, streamArn } = deps;
  const lost = new AbortController();
  const stopping = AbortSignal.any([deps.ending.stopping, lost.signal]);
  const shardDeps: ReadDeps = { ...deps, ending: { ...deps.ending, stopping } };
  const loops = new Map<string, Promise<void>>();
  const errors = createBackoff(ERROR_BACKOFF, deps.random);
  const wake = createWake();
  let first = true;
  let lookingForChildren = false;

  const read = async (shard: ShardInfo, from: Checkpoint, held: () => void): Promise<void> => {
    const outcome = await readShard(shard.id, from, first && startAt === 'LATEST', shardDeps, held);
    if (outcome === 'ended') logger.info({ event: 'reader.shard_ended', shardId: shard.id }, 'shard ended');
    // Still listed, it is tried again from its checkpoint; not at once, lest the two answers chase each other.
    if (outcome === 'lost') await clock.sleep(CHILD_INTERVAL_MS, stopping);
    loops.delete(shard.id);
    lookingForChildren = true;
    held();
    wake.now();
  };
  const begin = (shard: ShardInfo, from: Checkpoint): Promise<void> =>
    new Promise((held) => {
      loops.set(shard.id, read(shard, from, held));
    });

  try {
    while (!deps.ending.stopping.aborted) {
      try {
        const shape = await describeShards(deps.api, streamArn, stopping);
        deps.outage.over('stream');
        const known = await checkpoints.read(streamArn);
        if (first && startAt === 'LATEST') {
          for (const [shardId, place] of latestCheckpoints(shape.shards, known, clock.now())) {
            await checkpoints.write(streamArn, shardId, place);
          }
        }
        const places = await checkpoints.read(streamArn);
        const ready = readyShards(shape.shards, places).filter(({ shard }) => !loops.has(shard.id));
        if (ready.length > 0) lookingForChildren = false;
        const begun = ready.map(({ shard, from }) => begin(shard, from));
        if (first) {
          await Promise.all(begun);
          positioned();
          first = false;
        }
        await forgetOld(shape.shards, places, deps);
        errors.reset();
        if (!shape.enabled && loops.size === 0) return 'drained';
        await wake.wait(
          (signal) => clock.sleep(lookingForChildren ? CHILD_INTERVAL_MS : SYNC_INTERVAL_MS, signal),
          stopping,
        );
      } catch (error) {
        if (deps.ending.stopping.aborted) break;
        if (streamsFault(error) === 'not-found') return 'lost';
        const entry = { event: 'reader.describe_error', streamArn, detail: messageOf(error) };
        deps.outage.met('stream', entry, 'looking at the stream failed; trying again');
        await clock.sleep(errors.next(), stopping);
      }
    }
    return 'stopped';
  } finally {
    lost.abort();
    await Promise.all(loops.values());
  }
}

async function forgetOld(
  shards: readonly ShardInfo[],
  places: ReadonlyMap<string, Checkpoint>,
  { checkpoints, streamArn, clock }: ReadDeps,
): Promise<void> {
  const present = new Set(shards.map((shard) => shard.id));
  for (const [shardId, place] of places) {
    const old = place.kind === 'end' && clock.now() - place.at > FORGET_ENDED_AFTER_MS;
    if (old && !present.has(shardId)) await checkpoints.forget(streamArn, shardId);
  }
}

interface Wake {
  now(): void;
  /** Sleeps until woken; a call of `now` since the last wait ends it at once. */
  wait(sleep: (signal: AbortSignal) => Promise<void>, stopping: AbortSignal): Promise<void>;
}

function createWake(): Wake {
  let pending = new AbortController();
  return {
    now: () => pending.abort(),
    async wait(sleep, stopping) {
      await sleep(AbortSignal.any([pending.signal, stopping]));
      if (pending.signal.aborted) pending = new AbortController();
    },
  };
}
