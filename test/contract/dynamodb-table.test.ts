import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DynamoDBTable, type TableRow } from '../../src/testing/dynamodb-table.ts';
import { localWorld, scan } from './registry-worlds.ts';

const world = localWorld();
beforeAll(() => world.start());
afterAll(() => world.stop());

type Client = DynamoDBTable | DynamoDBDocumentClient;
type Request = (client: Client, tableName: string) => Promise<object>;

const key = fc.record({
  pk: fc.constantFrom('p', 'q'),
  sk: fc.constantFrom('a', 'b', 'ba', 'あ', '🗒', '\uffee'),
});
const value = fc.oneof(
  fc.constantFrom('', 'x', 'あ', '🗒', '\uffee'),
  fc.integer({ min: -2, max: 2 }),
  fc.boolean(),
  fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
);
const row = fc
  .tuple(key, fc.dictionary(fc.constantFrom('n', 'm'), value))
  .map(([own, attributes]): TableRow => ({ ...attributes, ...own }));

/** Conditions of the relay table's kinds, and what else the model claims to know. */
const condition = fc
  .tuple(
    fc.constantFrom(
      'attribute_not_exists(#pk)',
      'attribute_exists(#n)',
      'attribute_not_exists(#pk) OR #n <= :v',
      'attribute_not_exists(#m) AND attribute_exists(#pk) AND #n > :v',
      'NOT (#n = :v OR #m < :v)',
      'NOT #n = :v AND #m <> :v',
      '#n >= :v',
    ),
    value,
  )
  .map(([text, v]) => ({
    ConditionExpression: text,
    ExpressionAttributeNames: Object.fromEntries(
      [...text.matchAll(/#(\w+)/g)].map(([token, name]) => [token, name ?? '']),
    ),
    ...(text.includes(':v') && { ExpressionAttributeValues: { ':v': v } }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    ReturnValues: 'ALL_OLD' as const,
  }));

const update = fc
  .tuple(
    fc.constantFrom(
      'SET #n = :w',
      'SET #n = :w, #m = if_not_exists(#n, :w)',
      'SET #m = #n, #n = if_not_exists(#m, :w)',
      'SET #n = if_not_exists(#n, :w)',
    ),
    value,
    condition,
  )
  .map(([text, w, when]) => ({
    ...when,
    UpdateExpression: text,
    ExpressionAttributeNames: {
      ...when.ExpressionAttributeNames,
      '#n': 'n',
      ...(text.includes('#m') && { '#m': 'm' }),
    },
    ExpressionAttributeValues: { ...when.ExpressionAttributeValues, ':w': w },
  }));

/** Overloads cannot be called on the union of two clients; each command goes to the one that is there. */
const request: fc.Arbitrary<Request> = fc.oneof(
  row.map(
    (Item): Request =>
      (client, TableName) =>
        put(client, new PutCommand({ TableName, Item })),
  ),
  fc.tuple(row, condition).map(
    ([Item, when]): Request =>
      (client, TableName) =>
        put(client, new PutCommand({ TableName, Item, ...when })),
  ),
  fc.tuple(key, condition).map(
    ([Key, when]): Request =>
      (client, TableName) => {
        const command = new DeleteCommand({ TableName, Key, ...when });
        return client instanceof DynamoDBTable ? client.send(command) : client.send(command);
      },
  ),
  fc.tuple(key, update).map(
    ([Key, change]): Request =>
      (client, TableName) => {
        const command = new UpdateCommand({ TableName, Key, ...change });
        return client instanceof DynamoDBTable ? client.send(command) : client.send(command);
      },
  ),
  key.map(
    (Key): Request =>
      (client, TableName) => {
        const command = new GetCommand({ TableName, Key, ConsistentRead: true });
        return client instanceof DynamoDBTable ? client.send(command) : client.send(command);
      },
  ),
  fc.tuple(fc.constantFrom('p', 'q'), fc.constantFrom(undefined, 'b'), fc.boolean()).map(
    ([pk, prefix, only]): Request =>
      (client, TableName) => {
        const command = new QueryCommand({
          TableName,
          KeyConditionExpression: prefix ? '#pk = :pk AND begins_with(#sk, :prefix)' : '#pk = :pk',
          ...(only && { ProjectionExpression: '#sk, #n' }),
          ExpressionAttributeNames: {
            '#pk': 'pk',
            ...((prefix || only) && { '#sk': 'sk' }),
            ...(only && { '#n': 'n' }),
          },
          ExpressionAttributeValues: { ':pk': pk, ...(prefix && { ':prefix': prefix }) },
        });
        return client instanceof DynamoDBTable ? client.send(command) : client.send(command);
      },
  ),
  fc.array(key, { maxLength: 4 }).map(
    (Keys): Request =>
      (client, TableName) => {
        const command = new BatchGetCommand({
          RequestItems: { [TableName]: { Keys, ConsistentRead: true } },
        });
        return client instanceof DynamoDBTable ? client.send(command) : client.send(command);
      },
  ),
  fc.array(fc.oneof(row, key), { maxLength: 4 }).map(
    (items): Request =>
      (client, TableName) => {
        const writes = items.map((item, n) =>
          n % 2 ? { DeleteRequest: { Key: item } } : { PutRequest: { Item: item } },
        );
        const command = new BatchWriteCommand({ RequestItems: { [TableName]: writes } });
        return client instanceof DynamoDBTable ? client.send(command) : client.send(command);
      },
  ),
);

const put = (client: Client, command: PutCommand) =>
  client instanceof DynamoDBTable ? client.send(command) : client.send(command);

/** An answer without what only the network adds; of a failure its name and the row that stood against it. */
async function answer(work: Promise<object>): Promise<unknown> {
  try {
    const { $metadata: _, ...output } = Object.assign({ $metadata: {} }, await work);
    return sorted(output);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { failed: error.name, ...('Item' in error && error.Item !== undefined && { Item: error.Item }) };
  }
}

/** Without figures of cost, which the emulator gives unasked; rows of a batch by their keys, as they have no order. */
function sorted(output: object): object {
  const answered = { ...output, ScannedCount: undefined, ConsumedCapacity: undefined };
  if (!('Responses' in output)) return answered;
  const rows = Object.values(output.Responses as Record<string, TableRow[]>).flat();
  return { ...answered, Responses: rows.map((each) => JSON.stringify(Object.entries(each).sort())).sort() };
}

describe('the DynamoDB table model', () => {
  test('answers every sequence of requests as DynamoDB Local does, failures included, and holds the same rows after', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 25 }), async (requests) => {
        const tableName = await world.createTable();
        const model = new DynamoDBTable({ tableName });
        for (const each of requests) {
          const local = await answer(each(world.client(), tableName));
          expect(await answer(each(model, tableName))).toEqual(local);
        }
        const byKey = (a: TableRow, b: TableRow) =>
          JSON.stringify([a['pk'], a['sk']]) < JSON.stringify([b['pk'], b['sk']]) ? -1 : 1;
        expect(model.rows().sort(byKey)).toEqual((await scan(world.client(), tableName)).sort(byKey));
      }),
      { numRuns: 40 },
    );
  });

  test.each<[string, Request]>([
    [
      'a value that no expression uses',
      (client, TableName) =>
        put(
          client,
          new PutCommand({
            TableName,
            Item: { pk: 'p', sk: 's' },
            ConditionExpression: 'attribute_exists(#pk)',
            ExpressionAttributeNames: { '#pk': 'pk', '#other': 'other' },
          }),
        ),
    ],
    [
      'an empty sort key',
      (client, TableName) => put(client, new PutCommand({ TableName, Item: { pk: 'p', sk: '' } })),
    ],
    [
      'a sort key over 1,024 bytes',
      (client, TableName) =>
        put(client, new PutCommand({ TableName, Item: { pk: 'p', sk: 'あ'.repeat(342) } })),
    ],
    [
      'a partition key over 2,048 bytes',
      (client, TableName) =>
        put(client, new PutCommand({ TableName, Item: { pk: 'p'.repeat(2_049), sk: 's' } })),
    ],
    [
      'a key with more attributes',
      (client, TableName) => {
        const command = new DeleteCommand({ TableName, Key: { pk: 'p', sk: 's', n: 1 } });
        return client instanceof DynamoDBTable ? client.send(command) : client.send(command);
      },
    ],
    [
      'a batch of 26 writes',
      (client, TableName) => {
        const puts = Array.from({ length: 26 }, (_, n) => ({
          PutRequest: { Item: { pk: 'p', sk: `${n}` } },
        }));
        const command = new BatchWriteCommand({ RequestItems: { [TableName]: puts } });
        return client instanceof DynamoDBTable ? client.send(command) : client.send(command);
      },
    ],
  ])('refuses %s, as DynamoDB Local does', async (_, refused) => {
    const tableName = await world.createTable();
    const local = await answer(refused(world.client(), tableName));
    expect(local).toEqual({ failed: 'ValidationException' });
    expect(await answer(refused(new DynamoDBTable({ tableName }), tableName))).toEqual(local);
  });

  test('gives pages of the size it is told, to the last row', async () => {
    const model = new DynamoDBTable({ tableName: 'relay', pageRows: 2 });
    for (const sk of ['c', 'a', 'e', 'b', 'd'])
      await model.send(new PutCommand({ TableName: 'relay', Item: { pk: 'p', sk } }));
    const pages: unknown[][] = [];
    let start: TableRow | undefined;
    do {
      const page = await model.send(
        new QueryCommand({
          TableName: 'relay',
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': 'p' },
          ...(start && { ExclusiveStartKey: start }),
        }),
      );
      pages.push((page.Items ?? []).map(({ sk }) => sk));
      start = page.LastEvaluatedKey;
    } while (start);
    expect(pages).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  test('refuses what it does not model, instead of guessing', async () => {
    const model = new DynamoDBTable({ tableName: 'relay' });
    const indexed = new QueryCommand({
      TableName: 'relay',
      IndexName: 'by-name',
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': 'p' },
    });
    await expect(model.send(indexed)).rejects.toThrow(
      'expected only what the table model knows, got IndexName',
    );
    const elsewhere = new PutCommand({ TableName: 'other', Item: { pk: 'p', sk: 's' } });
    await expect(model.send(elsewhere)).rejects.toThrow('expected table relay, got other');
  });
});
