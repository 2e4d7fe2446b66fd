import {
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  PutItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DynamoDBStreamsClient,
  type GetRecordsInput,
  type GetShardIteratorInput,
  type Shard,
} from '@aws-sdk/client-dynamodb-streams';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type StreamsApi, streamsApi } from '../../src/adapters/dynamodb-streams/api.ts';
import { createVirtualClock } from '../../src/testing/clock.ts';
import { createFakeStreams } from '../../src/testing/fake-streams.ts';
import type { StreamImage } from '../../src/testing/stream-options.ts';
import { createItemTable, localPlace, useDynamoDB } from '../fixtures/dynamodb.ts';

/** A place with tables whose streams can be read. */
interface World {
  readonly api: StreamsApi;
  /** A table with its stream on. @returns ARN of the stream */
  createTable(name: string): Promise<string>;
  put(table: string, id: string, version: number): Promise<unknown>;
  remove(table: string, id: string): Promise<unknown>;
  disable(table: string): Promise<unknown>;
  /** @returns ARN of the new stream */
  enable(table: string): Promise<string>;
  dropTable(table: string): Promise<unknown>;
}

const NEVER = new AbortController().signal;
const dynamodb = useDynamoDB();
let streamsClient: DynamoDBStreamsClient;
beforeAll(() => {
  streamsClient = new DynamoDBStreamsClient({ ...localPlace(dynamodb.endpoint), maxAttempts: 1 });
});
afterAll(() => streamsClient.destroy());

const itemOf = (id: string, version: number): StreamImage => ({
  id: { S: id },
  version: { N: `${version}` },
});

function dynamodbLocal(): World {
  const { client } = dynamodb;
  const setStream = (TableName: string, enabled: boolean) =>
    client.send(
      new UpdateTableCommand({
        TableName,
        StreamSpecification: {
          StreamEnabled: enabled,
          ...(enabled && { StreamViewType: 'NEW_AND_OLD_IMAGES' }),
        },
      }),
    );
  return {
    api: streamsApi(streamsClient),
    createTable: (name) => createItemTable(client, name, { stream: 'NEW_AND_OLD_IMAGES' }),
    put: (TableName, id, version) =>
      client.send(new PutItemCommand({ TableName, Item: { ...itemOf(id, version) } })),
    remove: (TableName, id) => client.send(new DeleteItemCommand({ TableName, Key: { id: { S: id } } })),
    disable: (table) => setStream(table, false),
    async enable(table) {
      await setStream(table, true);
      const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
      return Table?.LatestStreamArn ?? '';
    },
    dropTable: (TableName) => client.send(new DeleteTableCommand({ TableName })),
  };
}

function fake(): World {
  const clock = createVirtualClock();
  const streams = createFakeStreams({ clock, describeLimit: { ratePerSecond: 1_000, burst: 1_000 } });
  const items = new Map<string, StreamImage>();
  return {
    api: streams.api(),
    createTable: async (name) => streams.createTable(name),
    async put(table, id, version) {
      const place = `${table} ${id}`;
      const oldImage = items.get(place);
      const newImage = itemOf(id, version);
      items.set(place, newImage);
      streams.write(table, { keys: { id: { S: id } }, newImage, ...(oldImage && { oldImage }) });
    },
    async remove(table, id) {
      const oldImage = items.get(`${table} ${id}`);
      items.delete(`${table} ${id}`);
      if (oldImage) streams.write(table, { keys: { id: { S: id } }, oldImage });
    },
    disable: async (table) => streams.disable(table),
    enable: async (table) => streams.enable(table),
    dropTable: async (table) => streams.dropTable(table),
  };
}

let tables = 0;

describe.each([
  ['DynamoDB Local', dynamodbLocal],
  ['createFakeStreams', fake],
] as const)('a stream of %s', (_, make) => {
  /** A table of its own with three versions of items, its only shard, and ways to read it. */
  async function setUp() {
    const world = make();
    const table = `Streamed${tables++}`;
    const arn = await world.createTable(table);
    await world.put(table, 'a', 1);
    await world.put(table, 'b', 1);
    await world.put(table, 'a', 2);
    const describeStream = async (StreamArn = arn) =>
      (await world.api.describeStream({ StreamArn }, NEVER)).StreamDescription;
    const shardOf = async (StreamArn = arn): Promise<Shard> => {
      const shards = (await describeStream(StreamArn))?.Shards ?? [];
      expect(shards).toHaveLength(1);
      return shards[0] ?? {};
    };
    const { ShardId } = await shardOf();
    const iterate = async (
      ShardIteratorType: GetShardIteratorInput['ShardIteratorType'],
      SequenceNumber?: string,
      input: Partial<GetShardIteratorInput> = {},
    ) => {
      const request = { StreamArn: arn, ShardId, ShardIteratorType, ...input };
      const found = await world.api.getShardIterator(
        SequenceNumber === undefined ? request : { ...request, SequenceNumber },
        NEVER,
      );
      return found.ShardIterator;
    };
    const read = async (ShardIterator: string | undefined, input: Partial<GetRecordsInput> = {}) => {
      const page = await world.api.getRecords({ ShardIterator, ...input }, NEVER);
      const records = page.Records ?? [];
      return {
        records,
        numbers: records.map(({ dynamodb: change }) => change?.SequenceNumber ?? ''),
        closing: page.NextShardIterator === undefined,
        next: page.NextShardIterator,
      };
    };
    const { numbers } = await read(await iterate('TRIM_HORIZON'));
    return { world, table, arn, describeStream, shardOf, iterate, read, numbers };
  }

  test('iterators begin at the oldest record, at or after a number, or after the newest of now', async () => {
    const { world, table, iterate, read, numbers } = await setUp();
    expect(numbers).toHaveLength(3);
    const latest = await iterate('LATEST');
    expect((await read(latest)).numbers).toEqual([]);
    await world.put(table, 'c', 1);
    const all = (await read(await iterate('TRIM_HORIZON'))).numbers;
    expect(all.slice(0, 3)).toEqual(numbers);
    expect((await read(await iterate('AT_SEQUENCE_NUMBER', numbers[1]))).numbers).toEqual(all.slice(1));
    expect((await read(await iterate('AFTER_SEQUENCE_NUMBER', numbers[1]))).numbers).toEqual(all.slice(2));
    expect((await read(await iterate('AFTER_SEQUENCE_NUMBER', all[3]))).numbers).toEqual([]);
    expect((await read(latest)).numbers).toEqual(all.slice(3));
    expect((await read(latest)).closing).toBe(false);
  });

  test('a shard can be read from the StartingSequenceNumber it is told with', async () => {
    const { shardOf, iterate, read, numbers } = await setUp();
    const start = (await shardOf()).SequenceNumberRange?.StartingSequenceNumber;
    expect((await read(await iterate('AT_SEQUENCE_NUMBER', start))).numbers).toEqual(numbers);
  });

  test('numbers are 21 to 40 digits and rise; pages follow one another', async () => {
    const { iterate, read, numbers } = await setUp();
    for (const number of numbers) expect(number).toMatch(/^\d{21,40}$/);
    expect(numbers.map(BigInt)).toEqual([...numbers.map(BigInt)].sort((a, b) => (a < b ? -1 : 1)));
    const first = await read(await iterate('TRIM_HORIZON'), { Limit: 2 });
    const second = await read(first.next, { Limit: 2 });
    expect([first.numbers, second.numbers]).toEqual([numbers.slice(0, 2), numbers.slice(2)]);
  });

  test('records carry names and images of their change; a put that changes nothing leaves none', async () => {
    const { world, table, iterate, read } = await setUp();
    await world.put(table, 'b', 1);
    await world.remove(table, 'a');
    const { records } = await read(await iterate('TRIM_HORIZON'));
    const told = records.map(({ eventName, dynamodb: change }) => [
      eventName,
      change?.Keys,
      change?.OldImage,
      change?.NewImage,
      change?.SizeBytes,
    ]);
    const a = { id: { S: 'a' } };
    expect(told).toEqual([
      ['INSERT', a, undefined, itemOf('a', 1), 15],
      ['INSERT', { id: { S: 'b' } }, undefined, itemOf('b', 1), 15],
      ['MODIFY', a, itemOf('a', 1), itemOf('a', 2), 27],
      ['REMOVE', a, itemOf('a', 2), undefined, 15],
    ]);
    expect(new Set(records.map(({ eventID }) => eventID)).size).toBe(4);
    expect(records[0]?.dynamodb?.ApproximateCreationDateTime?.getMilliseconds()).toBe(0);
  });

  test('what makes no sense is a ValidationException, what is not there a ResourceNotFoundException', async () => {
    const { world, arn, iterate, read, numbers } = await setUp();
    const invalid = { name: 'ValidationException' };
    await expect(iterate('AT_SEQUENCE_NUMBER')).rejects.toMatchObject(invalid);
    await expect(iterate('AFTER_SEQUENCE_NUMBER', '1')).rejects.toMatchObject(invalid);
    await expect(iterate('TRIM_HORIZON', numbers[0])).rejects.toMatchObject(invalid);
    await expect(read('made up')).rejects.toMatchObject(invalid);
    for (const Limit of [0, 1_001]) {
      await expect(read(await iterate('TRIM_HORIZON'), { Limit })).rejects.toMatchObject(invalid);
    }
    for (const Limit of [0, 101]) {
      await expect(world.api.describeStream({ StreamArn: arn, Limit }, NEVER)).rejects.toMatchObject(invalid);
    }
    const missing = { name: 'ResourceNotFoundException' };
    const ShardId = 'shardId-00000000000000000000-00000000';
    await expect(iterate('LATEST', undefined, { ShardId })).rejects.toMatchObject(missing);
    await expect(
      world.api.describeStream({ StreamArn: arn.replace('/Streamed', '/Missing') }, NEVER),
    ).rejects.toMatchObject(missing);
  });

  test('switching the stream off closes its shard: held iterators come to a closing page with records', async () => {
    const { world, table, describeStream, shardOf, iterate, read, numbers } = await setUp();
    expect((await describeStream())?.StreamStatus).toBe('ENABLED');
    expect((await shardOf()).SequenceNumberRange?.EndingSequenceNumber).toBeUndefined();
    const held = await iterate('AT_SEQUENCE_NUMBER', numbers[1]);
    const latest = await iterate('LATEST');
    await world.disable(table);
    await world.put(table, 'z', 1);
    expect((await describeStream())?.StreamStatus).toBe('DISABLED');
    expect((await shardOf()).SequenceNumberRange?.EndingSequenceNumber).toBe(numbers[2]);
    expect(await read(held)).toMatchObject({ numbers: numbers.slice(1), closing: true });
    expect(await read(held, { Limit: 1 })).toMatchObject({ numbers: [numbers[1]], closing: false });
    expect(await read(latest)).toMatchObject({ numbers: [], closing: true });
    expect(await read(await iterate('LATEST'))).toMatchObject({ numbers: [], closing: true });
    expect(await read(await iterate('AFTER_SEQUENCE_NUMBER', numbers[2]))).toMatchObject({ closing: true });
  });

  test('switched on again it has another ARN, and the old one can still be read', async () => {
    const { world, table, arn, describeStream, shardOf, iterate, read, numbers } = await setUp();
    await world.disable(table);
    const next = await world.enable(table);
    expect(next).not.toBe(arn);
    await world.put(table, 'y', 1);
    const shard = await shardOf(next);
    expect([shard.ParentShardId, shard.SequenceNumberRange?.EndingSequenceNumber]).toEqual([
      undefined,
      undefined,
    ]);
    const fresh = await read(
      await iterate('TRIM_HORIZON', undefined, { StreamArn: next, ShardId: shard.ShardId }),
    );
    expect(fresh.records.map(({ dynamodb: change }) => change?.Keys)).toEqual([{ id: { S: 'y' } }]);
    expect(BigInt(fresh.numbers[0] ?? '0')).toBeGreaterThan(BigInt(numbers[2] ?? '0'));
    expect((await describeStream())?.StreamStatus).toBe('DISABLED');
    expect(await read(await iterate('TRIM_HORIZON'))).toMatchObject({ numbers, closing: true });
  });

  test('the stream of a deleted table is off and can still be read', async () => {
    const { world, table, describeStream, iterate, read, numbers } = await setUp();
    await world.dropTable(table);
    expect((await describeStream())?.StreamStatus).toBe('DISABLED');
    expect(await read(await iterate('TRIM_HORIZON'))).toMatchObject({ numbers, closing: true });
  });
});
