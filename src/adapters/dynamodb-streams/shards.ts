import type { Shard, StreamDescription } from '@aws-sdk/client-dynamodb-streams';
import { type StreamsApi, streamsFault } from './api.ts';
import type { Checkpoint } from './checkpoints.ts';

/** One shard of a stream as the reader sees it. */
export interface ShardInfo {
  readonly id: string;
  /** The API names at most one parent; of a merge, the other one is not told. */
  readonly parent?: string;
  /** An open shard still takes records. */
  readonly open: boolean;
  /** Sequence numbers it began and, once closed, ended with. */
  readonly first?: bigint;
  readonly last?: bigint;
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

/**
 * Asks for the children of a closed shard alone: one call, however many shards the stream has.
 * @returns undefined when the endpoint refused this filter, or told of a shard that does not name this one as its parent:
 * it takes no notice of the filter (DynamoDB Local), or that is the child of a merge, and the whole stream is to be seen
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_ShardFilter.html
 */
export async function childShards(
  api: StreamsApi,
  streamArn: string,
  shardId: string,
  signal: AbortSignal,
): Promise<readonly ShardInfo[] | undefined> {
  try {
    const ShardFilter = { Type: 'CHILD_SHARDS' as const, ShardId: shardId };
    const { StreamDescription } = await api.describeStream({ StreamArn: streamArn, ShardFilter }, signal);
    const shards = (StreamDescription?.Shards ?? []).flatMap((shard) => shardInfo(shard) ?? []);
    return shards.every(({ parent }) => parent === shardId) ? shards : undefined;
  } catch (error) {
    if (streamsFault(error) === 'transient') throw error;
    return undefined;
  }
}

function shardInfo(shard: Shard): ShardInfo | undefined {
  if (shard.ShardId === undefined) return undefined;
  const first = numberOf(shard.SequenceNumberRange?.StartingSequenceNumber);
  const last = numberOf(shard.SequenceNumberRange?.EndingSequenceNumber);
  return {
    id: shard.ShardId,
    ...(shard.ParentShardId !== undefined && { parent: shard.ParentShardId }),
    open: shard.SequenceNumberRange?.EndingSequenceNumber === undefined,
    ...(first !== undefined && { first }),
    ...(last !== undefined && { last }),
  };
}

/** Sequence numbers have up to 40 digits, and differ in length. */
function numberOf(text: string | undefined): bigint | undefined {
  return text !== undefined && /^\d+$/.test(text) ? BigInt(text) : undefined;
}

/** A shard that may be read now, and from where. */
export interface ReadyShard {
  readonly shard: ShardInfo;
  readonly from: Checkpoint;
}

/** What is known of a stream's shards: what they are, by what DescribeStream says, and how far they were read. */
export interface Lineage {
  readonly shards: readonly ShardInfo[];
  /** True when all of a shard was delivered. */
  ended(id: string): boolean;
  /** Those that may be read now. */
  readonly ready: readonly ReadyShard[];
  /** Checkpoints of shards that were not read to their end and that DescribeStream does not tell of. */
  readonly missing: readonly ReadyShard[];
}

/**
 * Which shards may be read now: those not ended whose parent is ended, or no longer in the stream. Without a
 * checkpoint they begin at their oldest record: a child may have taken records before anyone saw it.
 *
 * - An open child under an open parent (DescribeStream is not consistent) simply waits for its parent.
 * - A shard is begun only after its parent ended. So one without a checkpoint whose child has one was read, and its
 *   own checkpoint was removed since: it is not read again.
 * - Of a merge one parent is not named. An only child that was not begun yet also waits for every closed shard that
 *   is not read to its end, has no child that names it, and ended before the child began: the other parent is
 *   among these. Waiting runs along the sequence numbers, so that no two shards wait for each other.
 */
export function lineage(shards: readonly ShardInfo[], checkpoints: ReadonlyMap<string, Checkpoint>): Lineage {
  const listed = new Set(shards.map(({ id }) => id));
  const children = new Map<string, ShardInfo[]>();
  for (const shard of shards) {
    if (shard.parent === undefined) continue;
    const siblings = children.get(shard.parent);
    if (siblings) siblings.push(shard);
    else children.set(shard.parent, [shard]);
  }
  const begun = memoised(
    (id) => checkpoints.has(id) || (children.get(id) ?? []).some((child) => begun(child.id)),
  );
  const ended = (id: string) => checkpoints.get(id)?.kind === 'end' || (!checkpoints.has(id) && begun(id));
  const unnamedParents = shards.filter(({ id, open }) => !open && !ended(id) && !children.has(id));

  const parentsEnded = ({ id, parent, first }: ShardInfo): boolean => {
    if (parent === undefined) return true;
    if ((listed.has(parent) || checkpoints.has(parent)) && !ended(parent)) return false;
    if (checkpoints.has(id) || children.get(parent)?.length !== 1 || first === undefined) return true;
    return !unnamedParents.some((other) => other.id !== id && other.last !== undefined && other.last < first);
  };
  return {
    shards,
    ended,
    ready: shards
      .filter((shard) => !ended(shard.id) && parentsEnded(shard))
      .map((shard) => ({ shard, from: checkpoints.get(shard.id) ?? { kind: 'beginning' } })),
    missing: [...checkpoints]
      .filter(([id, { kind }]) => kind !== 'end' && !listed.has(id))
      .map(([id, from]) => ({ shard: { id, open: false }, from })),
  };
}

/** Lineages are long, and each question leads to those of all descendants. */
function memoised(ask: (id: string) => boolean): (id: string) => boolean {
  const known = new Map<string, boolean>();
  return (id) => {
    const answer = known.get(id) ?? ask(id);
    known.set(id, answer);
    return answer;
  };
}

/**
 * The first checkpoints of a reader that begins at the latest record: closed shards are behind it, and so each open
 * shard that has no open parent begins now. The rest, and all that come later, begin at their oldest record. A closed
 * shard with a child that is told of needs none: its child has one.
 */
export function latestCheckpoints(
  shards: readonly ShardInfo[],
  nowMs: number,
): ReadonlyMap<string, Checkpoint> {
  const first = new Map<string, Checkpoint>();
  const open = new Set(shards.filter((shard) => shard.open).map((shard) => shard.id));
  const parents = new Set(shards.map((shard) => shard.parent));
  for (const { id, parent, open: isOpen } of shards) {
    if (isOpen && (parent === undefined || !open.has(parent))) first.set(id, { kind: 'since', at: nowMs });
  }
  for (const { id, open: isOpen } of shards) {
    if (!isOpen && !parents.has(id)) first.set(id, { kind: 'end', at: nowMs });
  }
  return first;
}

/** A shard leaves the stream 24 h after its last record; its end is remembered an hour longer. */
const FORGET_ENDED_AFTER_MS = 25 * 3_600_000;

/**
 * Ended shards whose checkpoint is of no more use: they have left the stream, and every child has got past its start,
 * or they ended so long ago that nobody can meet them again. Earlier, a look at the stream would begin them anew.
 */
export function forgettable(
  shards: readonly ShardInfo[],
  checkpoints: ReadonlyMap<string, Checkpoint>,
  nowMs: number,
): readonly string[] {
  const listed = new Set(shards.map(({ id }) => id));
  const pastStart = ({ id }: ShardInfo) => {
    const kind = checkpoints.get(id)?.kind;
    return kind === 'after' || kind === 'end';
  };
  return [...checkpoints].flatMap(([id, checkpoint]) => {
    if (checkpoint.kind !== 'end' || listed.has(id)) return [];
    const children = shards.filter(({ parent }) => parent === id);
    const succeeded = children.length > 0 && children.every(pastStart);
    const old = nowMs - checkpoint.at > FORGET_ENDED_AFTER_MS;
    return succeeded || old ? [id] : [];
  });
}
