import type { GetRecordsOutput, _Record as StreamsRecord } from '@aws-sdk/client-dynamodb-streams';
import type { StreamsApi } from '../../../src/adapters/dynamodb-streams/api.ts';

interface FakeShard {
  readonly parent?: string;
  readonly records: StreamsRecord[];
  closed: boolean;
  /** Records before this index have left the stream. */
  trimmed: number;
}

/** A stream as DynamoDB describes it: shards, closing pages, iterators that name a place, trimming, errors on demand. */
export function fakeStream(arn = 'arn:aws:dynamodb:us-east-1:1:table/Items/stream/one') {
  const shards = new Map<string, FakeShard>();
  const faults: Error[] = [];
  const calls: string[] = [];
  let sequence = 100n;
  let enabled = true;
  let gone = false;
  let pageSize = 100;
  let iterators = 0;
  const places = new Map<string, { shard: string; index: number }>();

  const failing = () => {
    const fault = faults.shift();
    if (fault) throw fault;
    if (gone) throw named('ResourceNotFoundException', 'stream not found');
  };
  const shardOf = (id: string | undefined) => {
    const shard = id === undefined ? undefined : shards.get(id);
    if (!shard) throw named('ResourceNotFoundException', `no shard ${id}`);
    return shard;
  };

  const api: StreamsApi = {
    async describeStream({ ExclusiveStartShardId }) {
      calls.push('describe');
      failing();
      const ids = [...shards.keys()];
      const from = ExclusiveStartShardId === undefined ? 0 : ids.indexOf(ExclusiveStartShardId) + 1;
      const page = ids.slice(from, from + pageSize);
      const last = page.at(-1);
      return {
        StreamDescription: {
          StreamArn: arn,
          StreamStatus: enabled ? 'ENABLED' : 'DISABLED',
          Shards: page.map((id) => ({
            ShardId: id,
            ParentShardId: shards.get(id)?.parent,
            SequenceNumberRange: {
              StartingSequenceNumber: '1',
              EndingSequenceNumber: shards.get(id)?.closed ? '999999' : undefined,
            },
          })),
          LastEvaluatedShardId: from + pageSize < ids.length ? last : undefined,
        },
      };
    },
    async getShardIterator({ ShardId, ShardIteratorType, SequenceNumber }) {
      calls.push(`iterator ${ShardId} ${ShardIteratorType}${SequenceNumber ? ` ${SequenceNumber}` : ''}`);
      failing();
      const shard = shardOf(ShardId);
      const iterator = `iterator-${iterators++}`;
      const index =
        ShardIteratorType === 'LATEST'
          ? shard.records.length
          : ShardIteratorType === 'TRIM_HORIZON'
            ? shard.trimmed
            : shard.records.findIndex((record) => record.dynamodb?.SequenceNumber === SequenceNumber) + 1;
      places.set(iterator, { shard: ShardId ?? '', index });
      return { ShardIterator: iterator };
    },
    async getRecords({ ShardIterator, Limit }): Promise<GetRecordsOutput> {
      failing();
      const place = places.get(ShardIterator ?? '');
      if (!place) throw named('ExpiredIteratorException', 'iterator is too old');
      const shard = shardOf(place.shard);
      if (place.index < shard.trimmed) throw named('TrimmedDataAccessException', 'too old');
      const Records = shard.records.slice(place.index, place.index + (Limit ?? 1000));
      const index = place.index + Records.length;
      if (shard.closed && index === shard.records.length) return { Records };
      const next = `iterator-${iterators++}`;
      places.set(next, { shard: place.shard, index });
      return { Records, NextShardIterator: next };
    },
  };

  return {
    arn,
    api,
    calls,
    addShard(id: string, parent?: string) {
      shards.set(id, { ...(parent !== undefined && { parent }), records: [], closed: false, trimmed: 0 });
    },
    close(id: string) {
      shardOf(id).closed = true;
    },
    write(id: string, key: string, createdMs = Date.UTC(2026, 0, 1)) {
      const SequenceNumber = String(sequence++);
      shardOf(id).records.push({
        eventID: `event-${SequenceNumber}`,
        eventName: 'INSERT',
        dynamodb: {
          ApproximateCreationDateTime: new Date(createdMs),
          Keys: { id: { S: key } },
          NewImage: { id: { S: key } },
          SequenceNumber,
        },
      });
      return SequenceNumber;
    },
    trim(id: string, count: number) {
      shardOf(id).trimmed = count;
    },
    remove(id: string) {
      shards.delete(id);
    },
    fail(...errors: Error[]) {
      faults.push(...errors);
    },
    expireIterators() {
      places.clear();
    },
    disable() {
      enabled = false;
      for (const shard of shards.values()) shard.closed = true;
    },
    lose() {
      gone = true;
    },
    setPageSize(size: number) {
      pageSize = size;
    },
  };
}

export function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
