import { describe, expect, test } from '@jest/globals';
import { sizeOf } from '../../../scripts/bench/servers/dynamodb/item.ts';
import { algTable, glsTable, TOPIC } from '../../../scripts/bench/servers/dynamodb/peer-rows.ts';
import { answer } from '../../../scripts/bench/servers/dynamodb/protocol.ts';
import { relayTable } from '../../../scripts/bench/servers/dynamodb/relay-table.ts';

const cell = (subscribers: number, matches: number) => ({ subscribers, matches, documents: 1 });

describe('the fake DynamoDB', () => {
  test('counts bytes as DynamoDB does', () => {
    expect(sizeOf({ a: { S: 'ÄB' } })).toBe(4);
    expect([sizeOf({ n: { N: '12345' } }), sizeOf({ n: { N: '1200' } }), sizeOf({ n: { N: '-3' } })]).toEqual(
      [5, 3, 3],
    );
    expect(sizeOf({ b: { BOOL: true }, z: { NULL: true } })).toBe(4);
    expect(sizeOf({ m: { M: { k: { S: 'vv' } } }, l: { L: [{ S: 'x' }] } })).toBe(1 + 3 + 1 + 3 + 1 + 3 + 2);
  });

  test('reads 1 MB a page before it filters, and charges for all that it read', async () => {
    const tables = new Map([['gls', glsTable(cell(2_000, 3), '127.0.0.1:1')]]);
    const request = {
      TableName: 'gls',
      IndexName: 'TopicIndex',
      KeyConditionExpression: '#hashKey = :hashKey',
      FilterExpression:
        '(#filter.#0 = :0 OR attribute_not_exists(#filter.#0)) AND (#filter.#1 = :1 OR attribute_not_exists(#filter.#1))',
      ExpressionAttributeNames: { '#hashKey': 'topic', '#filter': 'filter', '#0': 'listId', '#1': 'title' },
      ExpressionAttributeValues: { ':hashKey': { S: TOPIC }, ':0': { S: 'list-hot' }, ':1': { S: 'any' } },
    };
    let scanned = 0;
    let found = 0;
    let units = 0;
    let pages = 0;
    let start: object | undefined;
    do {
      const { text, units: own } = await answer(
        tables,
        'Query',
        JSON.stringify({ ...request, ...(start && { ExclusiveStartKey: start }) }),
      );
      const page = JSON.parse(text);
      expect(page.Items).toHaveLength(page.Count);
      scanned += page.ScannedCount;
      found += page.Count;
      units += own;
      pages += 1;
      start = page.LastEvaluatedKey;
    } while (start);
    expect({ scanned, found }).toEqual({ scanned: 2_000, found: 3 });
    expect(pages).toBeGreaterThan(1);
    const bytes = [...(tables.get('gls')?.partitions.get(TOPIC) ?? [])].reduce(
      (sum, row) => sum + row.bytes,
      0,
    );
    expect(pages).toBe(Math.ceil(bytes / 1024 / 1024));
    expect(Math.abs(units - bytes / 8_192)).toBeLessThanOrEqual(pages);
  });

  test('reads no more items than a Limit says, until there are none', async () => {
    const tables = new Map([['alg', algTable(cell(100, 1), '127.0.0.1:1')]]);
    const request = {
      TableName: 'alg',
      Limit: 50,
      KeyConditionExpression: 'event = :event',
      ExpressionAttributeValues: { ':event': { S: TOPIC } },
    };
    const counts: number[] = [];
    let start: object | undefined;
    do {
      const { text } = await answer(
        tables,
        'Query',
        JSON.stringify({ ...request, ExclusiveStartKey: start }),
      );
      const page = JSON.parse(text);
      counts.push(page.Count);
      start = page.LastEvaluatedKey;
    } while (start);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100);
    expect(Math.max(...counts)).toBe(50);
  });

  test('holds what our own use cases wrote, and reads back what is written', async () => {
    const tables = new Map([['relay', await relayTable(cell(20, 7), 'relay')]]);
    const keys = [...(tables.get('relay')?.partitions ?? [])].filter(([pk]) => pk.startsWith('KEY#'));
    expect(keys.reduce((sum, [, rows]) => sum + rows.length, 0)).toBe(20);
    expect(Math.max(...keys.map(([, rows]) => rows.length))).toBeLessThanOrEqual(7);
    const Key = { pk: { S: 'P' }, sk: { S: 'S' } };
    await answer(
      tables,
      'UpdateItem',
      JSON.stringify({
        TableName: 'relay',
        Key,
        UpdateExpression: 'SET #n = :n',
        ExpressionAttributeNames: { '#n': 'n' },
        ExpressionAttributeValues: { ':n': { N: '1' } },
      }),
    );
    const { text, units } = await answer(
      tables,
      'GetItem',
      JSON.stringify({ TableName: 'relay', Key, ConsistentRead: true }),
    );
    expect(JSON.parse(text)).toEqual({ Item: { ...Key, n: { N: '1' } } });
    expect(units).toBe(1);
  });

  test('counts a Query that finds nothing as one read, half of one when it may be stale', async () => {
    const tables = new Map([['relay', await relayTable(cell(1, 1), 'relay')]]);
    const read = (ConsistentRead: boolean) =>
      answer(
        tables,
        'Query',
        JSON.stringify({
          TableName: 'relay',
          ConsistentRead,
          KeyConditionExpression: '#pk = :pk',
          ExpressionAttributeNames: { '#pk': 'pk' },
          ExpressionAttributeValues: { ':pk': { S: 'nobody' } },
        }),
      );
    expect([(await read(true)).units, (await read(false)).units]).toEqual([1, 0.5]);
  });

  test.each([
    ['Query', { FilterExpression: 'a = :a' }],
    ['Scan', {}],
  ])('refuses what none of the programs asks: %s %j', async (operation, rest) => {
    const tables = new Map([['alg', algTable(cell(1, 1), '127.0.0.1:1')]]);
    const request = {
      TableName: 'alg',
      KeyConditionExpression: 'event = :event',
      ExpressionAttributeValues: { ':event': { S: TOPIC } },
      ...rest,
    };
    await expect(answer(tables, operation, JSON.stringify(request))).rejects.toThrow('expected');
  });
});
