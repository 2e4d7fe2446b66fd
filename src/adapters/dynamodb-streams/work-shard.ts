import type { Clock } from '../../relay/ports.ts';
import { type StreamsApi, streamsFault } from './api.ts';
import type { Checkpoint } from './checkpoints.ts';
import { tellGap } from './gap.ts';
import type { Holding } from './holding.ts';
import { type ReadDeps, readShard } from './read-shard.ts';
import { describeShards, type ReadyShard } from './shards.ts';
import type { DeliverPage } from './worker-port.ts';

export interface WorkShardDeps extends Omit<ReadDeps, 'invoke' | 'checkpoints' | 'ending' | 'maxBatchBytes'> {
  readonly deliver: DeliverPage;
  readonly remainingMs: () => number;
  /** A first iterator for this shard that was had at LATEST. */
  readonly iterator: string | undefined;
}

/** Between two tries to read a shard that DynamoDB says it does not know, though it tells of it. */
const UNKNOWN_PAUSE_MS = 500;

/** Reads one shard for as long as its lease is held: what is delivered and written down is so under the lease alone. */
export async function workShard(
  { shard: { id }, from }: ReadyShard,
  holding: Holding,
  deps: WorkShardDeps,
): Promise<void> {
  const { clock, streamArn } = deps;
  const { leaving, cut } = holding;
  let place = from;
  let iterator = from.kind === 'since' ? deps.iterator : undefined;
  const readDeps: ReadDeps = {
    ...deps,
    maxBatchBytes: Number.POSITIVE_INFINITY,
    ending: { stopping: leaving, abandoning: cut },
    checkpoints: {
      async write(_stream, _shard, checkpoint: Checkpoint) {
        await holding.checkpoint(checkpoint);
        place = checkpoint;
      },
    },
    invoke: async ({ Records }) => {
      // A process that was frozen wakes up here before any timer tells it that its lease has run out.
      if (!holding.reliable()) throw new Error('the lease is not relied on any more');
      return deps.deliver(Records, { remainingMs: deps.remainingMs, signal: cut });
    },
  };
  while (!leaving.aborted) {
    const outcome = await readShard(id, { from: place, iterator }, readDeps);
    if (outcome !== 'lost') return;
    iterator = undefined;
    if (!(await hasLeft(id, deps, leaving))) {
      await clock.sleep(UNKNOWN_PAUSE_MS, leaving);
      continue;
    }
    // It was not read to its end, or it would have been known to have ended.
    if (await tellGap({ streamArn, shardId: id, cause: 'trimmed' }, deps, leaving))
      await holding.checkpoint({ kind: 'end', at: clock.now() }).catch(() => {});
    return;
  }
}

/** Whether the stream no longer has a shard, by a fresh look at all of it. When that cannot be had, it is not certain. */
async function hasLeft(
  shardId: string,
  deps: { readonly api: StreamsApi; readonly streamArn: string; readonly clock: Clock } & Pick<
    ReadDeps,
    'outage'
  >,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { shards } = await describeShards(deps.api, deps.streamArn, signal);
    return !shards.some(({ id }) => id === shardId);
  } catch (error) {
    if (!signal.aborted && streamsFault(error) === 'transient')
      deps.outage.met(shardId, { event: 'reader.describe_error', shardId }, 'looking at the stream failed');
    return false;
  }
}
