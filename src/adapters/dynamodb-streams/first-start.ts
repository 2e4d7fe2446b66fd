import { TablecastError } from '../../errors.ts';
import { streamsFault } from './api.ts';
import { createBackoff } from './backoff.ts';
import type { Checkpoint } from './checkpoints.ts';
import { messageOf } from './deliver-batch.ts';
import { describeShards, latestCheckpoints } from './shards.ts';
import type { WorkDeps } from './work-deps.ts';

const BACKOFF = { baseMs: 200, capMs: 3_000 };

/** A place at LATEST: an iterator, and the time it was had, for when it no longer serves. */
interface Place {
  readonly shardId: string;
  readonly checkpoint: Checkpoint;
  readonly iterator: string | undefined;
}

/**
 * Which stream this worker is to read: the one the workers of the table are at, or, for the first worker ever, the
 * table's newest, with its first checkpoints written.
 *
 * Of several first workers each writes what is missing, row by row, and all from places they had before any of them
 * settled the stream: so whatever was written to the table since then is behind no checkpoint, whoever wrote it.
 * @returns undefined when the worker was stopped meanwhile
 * @throws TablecastError `STREAM_UNUSABLE` when the table has no stream
 */
export async function firstStart(
  startAt: 'LATEST' | 'TRIM_HORIZON',
  deps: WorkDeps,
): Promise<string | undefined> {
  const { leases, table } = deps;
  const held: Places = new Map();
  return untilDone(deps, async () => {
    const newest = await resolved(deps);
    const current = await leases.currentStream(table);
    if (current !== undefined) return current;
    const places = startAt === 'LATEST' ? await latestPlaces(newest, held, deps) : [];
    // Asked again only now: a row of another worker is no older than the places above.
    const meanwhile = await leases.currentStream(table);
    if (meanwhile !== undefined) return meanwhile;
    for (const { shardId, checkpoint, iterator } of places) {
      const first = await leases.create(newest, shardId, checkpoint);
      if (first && iterator !== undefined) deps.iterators.set(shardId, iterator);
    }
    return leases.moveStream(table, undefined, newest);
  });
}

/** The table's newest stream. */
async function resolved({ resolveStream, stopping, table }: WorkDeps): Promise<string> {
  const arn = await resolveStream(stopping);
  if (arn !== undefined) return arn;
  throw new TablecastError('STREAM_UNUSABLE', `expected table ${table} with its stream on, and it is off`);
}

/**
 * Places had by now, by stream and shard. They are kept over calls that fail, so that a stream of many shards needs no
 * hundred good answers in a row; an older place only lets more through.
 */
type Places = Map<string, Place>;

async function latestPlaces(streamArn: string, held: Places, deps: WorkDeps): Promise<readonly Place[]> {
  const { api, clock, stopping } = deps;
  const { shards } = await describeShards(api, streamArn, stopping);
  const places: Place[] = [];
  for (const [shardId, checkpoint] of latestCheckpoints(shards, clock.now())) {
    const key = `${streamArn} ${shardId}`;
    let place = held.get(key);
    if (!place) {
      const input = { StreamArn: streamArn, ShardId: shardId, ShardIteratorType: 'LATEST' } as const;
      const isOpen = checkpoint.kind === 'since';
      const iterator = isOpen ? (await api.getShardIterator(input, stopping)).ShardIterator : undefined;
      place = { shardId, checkpoint, iterator };
      held.set(key, place);
    }
    places.push(place);
  }
  return places;
}

/** Tries again whatever may pass; what the table or the settings would have to change for is thrown. */
async function untilDone(deps: WorkDeps, work: () => Promise<string>): Promise<string | undefined> {
  const { clock, stopping, outage } = deps;
  const backoff = createBackoff(BACKOFF, deps.random);
  let unknown = 0;
  while (!stopping.aborted) {
    try {
      const arn = await work();
      outage.over('table');
      return arn;
    } catch (error) {
      if (stopping.aborted) break;
      if (error instanceof TablecastError && error.code === 'STREAM_UNUSABLE') throw error;
      // A stream that was just made, or a look that was wrong for a moment, is worth another.
      if (streamsFault(error) === 'not-found') unknown += 1;
      if (unknown >= UNKNOWN_ANSWERS) throw error;
      const entry = { event: 'worker.look_error', detail: messageOf(error) };
      outage.met('table', entry, 'looking for the stream failed; trying again');
      await clock.sleep(backoff.next(), stopping);
    }
  }
  return undefined;
}

const UNKNOWN_ANSWERS = 5;
