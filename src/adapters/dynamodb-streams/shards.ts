import type { Shard, StreamDescription } from '@aws-sdk/client-dynamodb-streams';
import type { StreamsApi } from './api.ts';
import type { Checkpoint } from './checkpoints.ts';

/** One shard of a stream as the reader sees it. */
export interface ShardInfo {
  readonly id: string;
  /** The API names at most one parent; of a merge, the other one is not told. */
  readonly parent?: string;
  /** An open shard still takes records. */
  readonly open: boolean;
}

export interface StreamShape {
  readonly enabled: boolean;
  readonly shards: readonly ShardInfo[];
}

/** The whole stream, page by page (a page holds at most 100 shards). */
export async function describeShards(
  api: StreamsApi,
  streamArn: string,
  signal: AbortSignal,
): Promise<StreamShape> {
  const shards: ShardInfo[] = [];
  let description: StreamDescription | undefined;
  let after: string | undefined;
  do {
    const page = await api.describeStream(
      { StreamArn: streamArn, ...(after !== undefined && { ExclusiveStartShardId: after }) },
      signal,
    );
    description = page.StreamDescription;
    for (const shard of description?.Shards ?? []) {
      const info = shardInfo(shard);
      if (info) shards.push(info);
    }
    after = description?.LastEvaluatedShardId;
  } while (after !== undefined);
  const status = description?.StreamStatus;
  return { enabled: status === 'ENABLED' || status === 'ENABLING', shards };
}

function shardInfo(shard: Shard): ShardInfo | undefined {
  if (shard.ShardId === undefined) return undefined;
  return {
    id: shard.ShardId,
    ...(shard.ParentShardId !== undefined && { parent: shard.ParentShardId }),
    open: shard.SequenceNumberRange?.EndingSequenceNumber === undefined,
  };
}

/** A shard that may be read now, and from where. */
export interface ReadyShard {
  readonly shard: ShardInfo;
  readonly from: Checkpoint;
}

/**
 * Which shards may be read now: those not ended whose parent is ended or no longer in the stream. Without a
 * checkpoint they begin at their oldest record: a child may have taken records before anyone saw it.
 *
 * An open child under an open parent (DescribeStream is not consistent) simply waits for its parent.
 */
export function readyShards(
  shards: readonly ShardInfo[],
  checkpoints: ReadonlyMap<string, Checkpoint>,
): readonly ReadyShard[] {
  const known = new Set(shards.map((shard) => shard.id));
  const ended = (id: string) => checkpoints.get(id)?.kind === 'end';
  return shards
    .filter(({ id, parent }) => !ended(id) && (parent === undefined || !known.has(parent) || ended(parent)))
    .map((shard) => ({ shard, from: checkpoints.get(shard.id) ?? { kind: 'beginning' } }));
}

/**
 * The first checkpoints of a reader that begins at the latest record: closed shards are behind it, and so each open
 * shard that has no open parent begins now. The rest, and all that come later, begin at their oldest record.
 * Shards that already have a checkpoint keep it, and so do the children of those.
 */
export function latestCheckpoints(
  shards: readonly ShardInfo[],
  checkpoints: ReadonlyMap<string, Checkpoint>,
  nowMs: number,
): ReadonlyMap<string, Checkpoint> {
  const first = new Map<string, Checkpoint>();
  if (checkpoints.size > 0) return first;
  const open = new Set(shards.filter((shard) => shard.open).map((shard) => shard.id));
  for (const { id, parent, open: isOpen } of shards) {
    if (!isOpen) first.set(id, { kind: 'end', at: nowMs });
    else if (parent === undefined || !open.has(parent)) first.set(id, { kind: 'since', at: nowMs });
  }
  return first;
}
