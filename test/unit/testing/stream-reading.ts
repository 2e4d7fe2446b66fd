import type { ShardIteratorType } from '@aws-sdk/client-dynamodb-streams';
import { createVirtualClock } from '../../../src/testing/clock.ts';
import { createFakeStreams } from '../../../src/testing/fake-streams.ts';
import type {
  FakeStreams,
  FakeStreamsOptions,
  FakeTableOptions,
  StreamChange,
} from '../../../src/testing/stream-options.ts';

export const START = Date.UTC(2026, 0, 1);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const NEVER = new AbortController().signal;

/** The first version of an item. */
export const insert = (id: string, version = 1): StreamChange => ({
  keys: { id: { S: id } },
  newImage: { id: { S: id }, version: { N: `${version}` } },
});

/** A fake with one table, on a virtual clock. Shards rotate only when asked to, unless the options say otherwise. */
export function streamWorld(options: FakeStreamsOptions = {}, table: FakeTableOptions = {}) {
  const clock = createVirtualClock(START);
  const streams = createFakeStreams({ clock, rotateAfterMs: Number.POSITIVE_INFINITY, ...options });
  const arn = streams.createTable('Items', table);
  return { clock, streams, arn, api: streams.api('one') };
}

/** An iterator of the table's newest stream. */
export async function iterate(
  streams: FakeStreams,
  shardId: string,
  ShardIteratorType: ShardIteratorType = 'TRIM_HORIZON',
  SequenceNumber?: string,
  readerId = 'one',
): Promise<string> {
  const StreamArn = streams.shards('Items').find((shard) => shard.shardId === shardId)?.streamArn;
  const found = await streams.api(readerId).getShardIterator(
    {
      StreamArn,
      ShardId: shardId,
      ShardIteratorType,
      ...(SequenceNumber !== undefined && { SequenceNumber }),
    },
    NEVER,
  );
  return found.ShardIterator ?? '';
}

/** One page: sequence numbers and the next iterator. */
export async function page(
  streams: FakeStreams,
  ShardIterator: string | undefined,
  Limit?: number,
  readerId = 'one',
) {
  const { Records = [], NextShardIterator } = await streams
    .api(readerId)
    .getRecords({ ShardIterator, ...(Limit !== undefined && { Limit }) }, NEVER);
  return {
    records: Records,
    numbers: Records.map(({ dynamodb }) => dynamodb?.SequenceNumber ?? ''),
    next: NextShardIterator,
  };
}

/** Every shard as DescribeStream tells it, all pages. */
export async function described(streams: FakeStreams, arn: string) {
  const shards = [];
  let after: string | undefined;
  do {
    const { StreamDescription } = await streams
      .api()
      .describeStream(
        { StreamArn: arn, ...(after !== undefined && { ExclusiveStartShardId: after }) },
        NEVER,
      );
    shards.push(...(StreamDescription?.Shards ?? []));
    after = StreamDescription?.LastEvaluatedShardId;
  } while (after !== undefined);
  return shards.map(({ ShardId = '', ParentShardId, SequenceNumberRange }) => ({
    id: ShardId,
    parent: ParentShardId,
    open: SequenceNumberRange?.EndingSequenceNumber === undefined,
  }));
}
