import type { DescribeStreamInput, Shard, StreamDescription } from '@aws-sdk/client-dynamodb-streams';
import { streamErrors } from './stream-failures.ts';
import type { StreamLineage } from './stream-lineage.ts';
import type { StreamShard } from './stream-shards.ts';

/** Most shards DescribeStream tells at once. */
const MAX_SHARDS_PER_PAGE = 100;

/** What DescribeStream answers at `now` (epoch ms), late news included. */
export function describeStream(
  stream: StreamLineage,
  tableName: string,
  input: DescribeStreamInput,
  now: number,
): StreamDescription {
  const { ExclusiveStartShardId: after, ShardFilter: filter, Limit: limit = MAX_SHARDS_PER_PAGE } = input;
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_SHARDS_PER_PAGE)) {
    throw streamErrors.invalid(`expected a Limit of 1 to ${MAX_SHARDS_PER_PAGE}, got ${limit}`);
  }
  const visible = (filter ? childrenOf(stream, filter) : stream.shards).filter(
    (shard) => !isHidden(shard, now) && (after === undefined || shard.id > after),
  );
  const page = visible.slice(0, limit);
  const last = page.at(-1);
  return {
    StreamArn: stream.arn,
    StreamLabel: stream.label,
    StreamStatus: stream.enabled ? 'ENABLED' : 'DISABLED',
    StreamViewType: stream.viewType,
    CreationRequestDateTime: new Date(stream.createdAt),
    TableName: tableName,
    Shards: page.map((shard) => shardAsTold(shard, now)),
    ...(last && page.length < visible.length && { LastEvaluatedShardId: last.id }),
  };
}

/** Children of a closed shard, those of the second parent of a merge included; sorted as all shards are. */
function childrenOf(
  stream: StreamLineage,
  filter: NonNullable<DescribeStreamInput['ShardFilter']>,
): readonly StreamShard[] {
  if (filter.Type !== 'CHILD_SHARDS') {
    throw streamErrors.invalid(`expected ShardFilter.Type CHILD_SHARDS, got ${filter.Type}`);
  }
  if (filter.ShardId === undefined || !stream.shard(filter.ShardId)) {
    throw streamErrors.shardNotFound(filter.ShardId);
  }
  return stream.shards.filter(({ parents }) => parents.some((parent) => parent.id === filter.ShardId));
}

/** A shard is told late when one of its parents closed just now, or is itself not told yet. */
function isHidden(shard: StreamShard, now: number): boolean {
  return shard.parents.some(
    (parent) =>
      parent.lag !== undefined &&
      ((now < parent.lag.until && parent.lag.childrenHidden) || isHidden(parent, now)),
  );
}

function shardAsTold(shard: StreamShard, now: number): Shard {
  const { id, parents, startingNumber, lastNumber, closedAt, lag } = shard;
  const open = closedAt === undefined || (lag !== undefined && now < lag.until && lag.parentOpen);
  const [parent] = parents;
  return {
    ShardId: id,
    SequenceNumberRange: {
      StartingSequenceNumber: String(startingNumber),
      ...(!open && { EndingSequenceNumber: String(lastNumber ?? startingNumber) }),
    },
    ...(parent && { ParentShardId: parent.id }),
  };
}
