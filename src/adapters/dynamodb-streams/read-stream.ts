import { setMaxListeners } from 'node:events';
import { streamsFault } from './api.ts';
import { createBackoff } from './backoff.ts';
import type { Checkpoints } from './checkpoints.ts';
import { messageOf } from './deliver-batch.ts';
import { tellGap } from './gap.ts';
import { type ReadDeps, readShard } from './read-shard.ts';
import { describeShards, forgettable, latestCheckpoints, lineage, type ReadyShard } from './shards.ts';
import { createWake } from './wake.ts';

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
const ERROR_BACKOFF = { baseMs: 100, capMs: 5_000 };

/**
 * Reads all shards of one stream, parents before their children, each in a loop of its own.
 * `positioned` is called once every shard that may be read holds its place.
 */
export async function readStream(
  startAt: 'LATEST' | 'TRIM_HORIZON',
  deps: ReadDeps & { readonly checkpoints: Checkpoints },
  positioned: () => void,
): Promise<StreamOutcome> {
  const { clock, logger, checkpoints, streamArn } = deps;
  const lost = new AbortController();
  const stopping = AbortSignal.any([deps.ending.stopping, lost.signal]);
  setMaxListeners(0, stopping);
  const shardDeps: ReadDeps = { ...deps, ending: { ...deps.ending, stopping } };
  const loops = new Map<string, Promise<void>>();
  const errors = createBackoff(ERROR_BACKOFF, deps.random);
  const wake = createWake();
  let first = true;
  let lookingForChildren = false;

  /** Shards that DynamoDB did not know when they were to be read. */
  const unknown = new Set<string>();

  const read = async ({ shard: { id }, from }: ReadyShard, held: () => void): Promise<void> => {
    const latest = first && startAt === 'LATEST';
    const outcome = await readShard(id, { from, latest }, shardDeps, held);
    if (outcome === 'ended') logger.info({ event: 'reader.shard_ended', shardId: id }, 'shard ended');
    if (outcome === 'lost') {
      unknown.add(id);
      // Still listed, it is tried again from its checkpoint; not at once, lest the two answers chase each other.
      await clock.sleep(CHILD_INTERVAL_MS, stopping);
    } else unknown.delete(id);
    loops.delete(id);
    lookingForChildren = true;
    held();
    wake.now();
  };
  const begin = (ready: ReadyShard): Promise<void> =>
    new Promise((held) => {
      loops.set(ready.shard.id, read(ready, held));
    });
  /** A shard that has left the stream before it was read to its end took records with it. */
  const giveUp = async ({ shard: { id } }: ReadyShard) => {
    if (!(await tellGap({ streamArn, shardId: id, cause: 'trimmed' }, deps, stopping))) return;
    await checkpoints.write(streamArn, id, { kind: 'end', at: clock.now() });
    unknown.delete(id);
  };

  try {
    while (!deps.ending.stopping.aborted) {
      try {
        const shape = await describeShards(deps.api, streamArn, stopping);
        deps.outage.over('stream');
        const known = await checkpoints.read(streamArn);
        if (first && startAt === 'LATEST' && known.size === 0) {
          for (const [shardId, place] of latestCheckpoints(shape.shards, clock.now())) {
            await checkpoints.write(streamArn, shardId, place);
          }
        }
        const places = await checkpoints.read(streamArn);
        const { ready, missing } = lineage(shape.shards, places);
        for (const each of missing) if (unknown.has(each.shard.id)) await giveUp(each);
        const readable = [...ready, ...missing].filter(
          ({ shard: { id } }) =>
            !loops.has(id) && (shape.shards.some((each) => each.id === id) || !unknown.has(id)),
        );
        if (readable.length > 0) lookingForChildren = false;
        const begun = readable.map(begin);
        if (first) {
          await Promise.all(begun);
          positioned();
          first = false;
        }
        for (const id of forgettable(shape.shards, places, clock.now()))
          await checkpoints.forget(streamArn, id);
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
