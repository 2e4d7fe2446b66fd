import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type BatchWriteItemCommandInput,
  type BatchWriteItemCommandOutput,
  CreateTableCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { requireConsistentReads } from '../../src/testing/consistent-reads.ts';
import { type Faults, injectFaults } from '../../src/testing/faults.ts';
import { countRequests } from '../../src/testing/request-counts.ts';
import { useDynamoDB } from '../fixtures/dynamodb.ts';

const TABLE = 'Things';
const dynamodb = useDynamoDB();
/** Untouched: what is really in the table. */
let plain: DynamoDBClient;
let client: DynamoDBClient;

beforeAll(async () => {
  plain = dynamodb.client;
  await plain.send(
    new CreateTableCommand({
      TableName: TABLE,
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'bySk',
          KeySchema: [{ AttributeName: 'sk', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
});
beforeEach(() => {
  client = dynamodb.newClient();
});
afterEach(() => client.destroy());

let partitions = 0;
const newPartition = () => {
  partitions += 1;
  return `p${partitions}`;
};
const key = (pk: string, n: number) => ({ pk: { S: pk }, sk: { S: `${n}` } });
const writes = (pk: string, count: number) => ({
  [TABLE]: Array.from({ length: count }, (_, n) => ({ PutRequest: { Item: key(pk, n) } })),
});
const stored = async (pk: string) => {
  const { Items = [] } = await plain.send(
    new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: pk } },
      ConsistentRead: true,
    }),
  );
  return Items.map((item) => item['sk']?.S ?? '').toSorted();
};

describe('injected faults', () => {
  let faults: Faults;
  const inject = (options: Parameters<typeof injectFaults>[1] = {}) => {
    faults = injectFaults(client, options);
    return faults;
  };

  test('unprocessed writes are really not in the table, and retrying them until none are left puts them there', async () => {
    inject({ seed: 7, rates: { unprocessed: 0.6 } });
    const pk = newPartition();
    let requests: BatchWriteItemCommandInput['RequestItems'] = writes(pk, 25);
    let rounds = 0;
    while (requests && Object.keys(requests).length > 0) {
      rounds += 1;
      expect(rounds).toBeLessThan(50);
      const asked: number = requests[TABLE]?.length ?? 0;
      const before: number = (await stored(pk)).length;
      try {
        const { UnprocessedItems }: BatchWriteItemCommandOutput = await client.send(
          new BatchWriteItemCommand({ RequestItems: requests }),
        );
        const left: number = UnprocessedItems?.[TABLE]?.length ?? 0;
        expect(await stored(pk)).toHaveLength(before + asked - left);
        requests = UnprocessedItems;
      } catch (error) {
        // A batch of one cannot be cut: it is throttled as a whole.
        expect(error).toMatchObject({ name: 'ProvisionedThroughputExceededException' });
        expect(asked).toBe(1);
        expect(await stored(pk)).toHaveLength(before);
      }
    }
    expect(await stored(pk)).toHaveLength(25);
    expect(faults.counts.get('unprocessed')).toBeGreaterThan(0);
  });

  test('unprocessed keys come back with their projection and consistency, and nothing is lost between the two lists', async () => {
    const pk = newPartition();
    await plain.send(new BatchWriteItemCommand({ RequestItems: writes(pk, 10) }));
    inject().next('unprocessed');
    const wanted = {
      Keys: Array.from({ length: 10 }, (_, n) => key(pk, n)),
      ConsistentRead: true,
      ProjectionExpression: 'sk',
    };
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetItemCommand({ RequestItems: { [TABLE]: wanted } }),
    );
    const got = Responses?.[TABLE] ?? [];
    const left = UnprocessedKeys?.[TABLE];
    expect(left).toMatchObject({ ConsistentRead: true, ProjectionExpression: 'sk' });
    expect(got.length).toBeGreaterThan(0);
    expect(left?.Keys?.length).toBeGreaterThan(0);
    const names = [...got, ...(left?.Keys ?? [])].map(
      (item: Record<string, AttributeValue>) => item['sk']?.S,
    );
    expect(names.toSorted()).toEqual(wanted.Keys.map(({ sk }) => sk.S));
  });

  test('a document client sees unprocessed items in its own shape', async () => {
    const documents = DynamoDBDocumentClient.from(client);
    const pk = newPartition();
    inject().next('unprocessed', { times: 2 });
    const items = Array.from({ length: 5 }, (_, n) => ({ pk, sk: `${n}` }));
    const { UnprocessedItems } = await documents.send(
      new BatchWriteCommand({ RequestItems: { [TABLE]: items.map((Item) => ({ PutRequest: { Item } })) } }),
    );
    const left = (UnprocessedItems?.[TABLE] ?? []).map((request) => request.PutRequest?.Item);
    expect(left.length).toBeGreaterThan(0);
    for (const item of left) expect(items).toContainEqual(item);
    expect(await stored(pk)).toEqual(
      items.filter((item) => !left.some((other) => other?.['sk'] === item.sk)).map(({ sk }) => sk),
    );
    const { UnprocessedKeys } = await documents.send(
      new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: items } } }),
    );
    for (const one of UnprocessedKeys?.[TABLE]?.Keys ?? []) expect(items).toContainEqual(one);
  });

  test('throttling carries the names DynamoDB gives it and does nothing to the table', async () => {
    const pk = newPartition();
    inject().next('provisionedThroughput');
    faults.next('throttling');
    const put = () => client.send(new PutItemCommand({ TableName: TABLE, Item: key(pk, 0) }));
    await expect(put()).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
      $metadata: { httpStatusCode: 400 },
    });
    await expect(put()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(await stored(pk)).toEqual([]);
    await put();
    expect(await stored(pk)).toEqual(['0']);
  });

  test('a time-out before does nothing, a time-out after did everything', async () => {
    const pk = newPartition();
    const put = (n: number) => client.send(new PutItemCommand({ TableName: TABLE, Item: key(pk, n) }));
    inject().next('timeoutBefore');
    await expect(put(1)).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await stored(pk)).toEqual([]);
    faults.next('timeoutAfter');
    await expect(put(2)).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await stored(pk)).toEqual(['2']);
  });

  test('a transaction conflict has the shape it has for one write and for a transaction', async () => {
    const pk = newPartition();
    inject().next('transactionConflict', { operation: 'DeleteItem' });
    await client.send(new PutItemCommand({ TableName: TABLE, Item: key(pk, 0) }));
    await expect(
      client.send(new DeleteItemCommand({ TableName: TABLE, Key: key(pk, 0) })),
    ).rejects.toMatchObject({
      name: 'TransactionConflictException',
    });
    expect(await stored(pk)).toEqual(['0']);
    faults.next('transactionConflict');
    await expect(
      client.send(
        new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: TABLE, Item: key(pk, 1) } }] }),
      ),
    ).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'TransactionConflict' }],
    });
    expect(await stored(pk)).toEqual(['0']);
  });

  test('the same seed gives the same faults, another seed others, and rates are kept roughly', async () => {
    const run = async (seed: number) => {
      const one = dynamodb.newClient();
      const injected = injectFaults(one, {
        seed,
        rates: { throttling: 0.3 },
        only: (operation) => operation === 'GetItem',
      });
      const failed: boolean[] = [];
      for (let n = 0; n < 60; n += 1) {
        failed.push(
          await one.send(new GetItemCommand({ TableName: TABLE, Key: key('none', n) })).then(
            () => false,
            () => true,
          ),
        );
      }
      one.destroy();
      expect(injected.counts.get('throttling')).toBe(failed.filter(Boolean).length);
      return failed;
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
    expect(first.filter(Boolean).length).toBeGreaterThan(5);
    expect(first.filter(Boolean).length).toBeLessThan(35);
  });

  test('switched off or taken off, nothing fails', async () => {
    inject({ rates: { internalError: 1 } });
    const get = () => client.send(new GetItemCommand({ TableName: TABLE, Key: key('none', 0) }));
    await expect(get()).rejects.toMatchObject({ name: 'InternalServerError' });
    faults.enabled = false;
    await get();
    faults.enabled = true;
    await expect(get()).rejects.toMatchObject({ name: 'InternalServerError' });
    faults.remove();
    await get();
  });
});

describe('required consistent reads', () => {
  const byPk = {
    TableName: TABLE,
    KeyConditionExpression: 'pk = :v',
    ExpressionAttributeValues: { ':v': { S: 'p' } },
  };
  const allowed = [
    (to: DynamoDBClient) =>
      to.send(new GetItemCommand({ TableName: TABLE, Key: key('p', 0), ConsistentRead: true })),
    (to: DynamoDBClient) => to.send(new QueryCommand({ ...byPk, ConsistentRead: true })),
    (to: DynamoDBClient) =>
      to.send(
        new BatchGetItemCommand({ RequestItems: { [TABLE]: { Keys: [key('p', 0)], ConsistentRead: true } } }),
      ),
    (to: DynamoDBClient) => to.send(new PutItemCommand({ TableName: TABLE, Item: key('p', 0) })),
  ];
  const refused = [
    (to: DynamoDBClient) => to.send(new GetItemCommand({ TableName: TABLE, Key: key('p', 0) })),
    (to: DynamoDBClient) => to.send(new QueryCommand(byPk)),
    (to: DynamoDBClient) => to.send(new QueryCommand({ ...byPk, ConsistentRead: false })),
    (to: DynamoDBClient) =>
      to.send(new QueryCommand({ ...byPk, IndexName: 'bySk', KeyConditionExpression: 'sk = :v' })),
    (to: DynamoDBClient) =>
      to.send(new BatchGetItemCommand({ RequestItems: { [TABLE]: { Keys: [key('p', 0)] } } })),
    (to: DynamoDBClient) => to.send(new ScanCommand({ TableName: TABLE, ConsistentRead: true })),
  ];

  test('consistent reads of the base table and writes pass; all others fail and are remembered', async () => {
    const reads = requireConsistentReads(client);
    for (const command of allowed) await command(client);
    expect(reads.violations).toEqual([]);
    for (const command of refused) {
      await expect(command(client)).rejects.toMatchObject({
        name: 'HotPathReadError',
      });
    }
    expect(reads.violations).toHaveLength(refused.length);
    reads.remove();
    for (const command of refused) await command(client);
  });

  test('only what the hot path is said to be is held to the rule', async () => {
    requireConsistentReads(client, { hotPath: (operation) => operation !== 'Scan' });
    await client.send(new ScanCommand({ TableName: TABLE }));
    await expect(client.send(new QueryCommand(byPk))).rejects.toMatchObject({ name: 'HotPathReadError' });
  });
});

describe('counted requests', () => {
  test('requests and units are counted by operation, an empty Query as one, a failed request without units', async () => {
    const counts = countRequests(client);
    const pk = newPartition();
    await client.send(new BatchWriteItemCommand({ RequestItems: writes(pk, 3) }));
    await client.send(
      new QueryCommand({
        TableName: TABLE,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'nothing here' } },
        ConsistentRead: true,
      }),
    );
    await client.send(new GetItemCommand({ TableName: TABLE, Key: key(pk, 0), ConsistentRead: true }));
    await client.send(new GetItemCommand({ TableName: TABLE, Key: key(pk, 0), ConsistentRead: true }));
    await expect(
      client.send(
        new PutItemCommand({
          TableName: TABLE,
          Item: key(pk, 0),
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      ),
    ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(counts.byOperation.get('Query')).toEqual({ requests: 1, readUnits: 1, writeUnits: 0 });
    expect(counts.byOperation.get('GetItem')).toEqual({ requests: 2, readUnits: 2, writeUnits: 0 });
    // Three items of one unit, each in the table and in its index.
    expect(counts.byOperation.get('BatchWriteItem')).toEqual({ requests: 1, readUnits: 0, writeUnits: 6 });
    expect(counts.byOperation.get('PutItem')).toEqual({ requests: 1, readUnits: 0, writeUnits: 0 });
    expect(counts.total).toEqual({ requests: 5, readUnits: 3, writeUnits: 6 });
    counts.reset();
    expect(counts.total.requests).toBe(0);
    counts.remove();
    await client.send(new GetItemCommand({ TableName: TABLE, Key: key(pk, 0) }));
    expect(counts.total.requests).toBe(0);
  });

  test('a request that an injected fault kept back was not sent and does not count', async () => {
    const counts = countRequests(client);
    injectFaults(client).next('throttling');
    const get = () => client.send(new GetItemCommand({ TableName: TABLE, Key: key('none', 0) }));
    await expect(get()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await get();
    expect(counts.total.requests).toBe(1);
  });
});
