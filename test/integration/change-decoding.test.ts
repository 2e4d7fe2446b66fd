import {
  type AttributeValue,
  CreateTableCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as SdkRecord,
} from '@aws-sdk/client-dynamodb-streams';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Attribute, Change, Decoded, Image } from '../../src/change/change.ts';
import { decodeRecord } from '../../src/change/decode.ts';
import { compareSequenceNumbers } from '../../src/change/sequence.ts';
import { toJsonText } from '../../src/change/unmarshall.ts';
import { localPlace, useDynamoDB } from '../fixtures/dynamodb.ts';

const TITLE = '牛乳を買う 🥛 — 「低脂肪」\n2本';
const DIGITS = '12345678901234567890123456789012345678';

/** One of every data type, as its first writer spells it. */
const EVERY_TYPE: Record<string, AttributeValue> = {
  id: { S: 'every' },
  rank: { N: '007' },
  title: { S: TITLE },
  empty: { S: '' },
  digits: { N: DIGITS },
  fraction: { N: '-0.10' },
  big: { N: '9.9E+125' },
  flag: { BOOL: true },
  nothing: { NULL: true },
  bytes: { B: new Uint8Array([0, 1, 2, 255]) },
  noBytes: { B: new Uint8Array() },
  words: { SS: ['ろ', 'い'] },
  numbers: { NS: ['2.50', '1'] },
  blobs: { BS: [new Uint8Array([255]), new Uint8Array([1])] },
  list: { L: [{ N: '1E+2' }, { N: '.5' }, { L: [] }, { S: TITLE }] },
  map: { M: { inner: { M: { n: { N: '1.0' } } }, 鍵: { BOOL: false } } },
};

const dynamodb = useDynamoDB();
let writer: DynamoDBClient;
let reader: DynamoDBStreamsClient;
let streamArn: string;
let records: readonly SdkRecord[];

beforeAll(async () => {
  writer = dynamodb.client;
  reader = new DynamoDBStreamsClient(localPlace(dynamodb.endpoint));
  streamArn = await createTable('NEW_AND_OLD_IMAGES', 'Todos');
  const key = { id: { S: 'every' }, rank: { N: '7' } };
  await writer.send(new PutItemCommand({ TableName: 'Todos', Item: EVERY_TYPE }));
  await writer.send(
    new UpdateItemCommand({
      TableName: 'Todos',
      Key: key,
      UpdateExpression: 'SET flag = :f REMOVE nothing ADD words :w',
      ExpressionAttributeValues: { ':f': { BOOL: false }, ':w': { SS: ['は'] } },
    }),
  );
  await writer.send(new DeleteItemCommand({ TableName: 'Todos', Key: key }));
  records = await readAll(streamArn);
}, 60_000);

afterAll(() => reader?.destroy());

async function createTable(view: 'NEW_AND_OLD_IMAGES' | 'KEYS_ONLY', TableName: string): Promise<string> {
  const created = await writer.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [
        { AttributeName: 'id', KeyType: 'HASH' },
        { AttributeName: 'rank', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'id', AttributeType: 'S' },
        { AttributeName: 'rank', AttributeType: 'N' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamEnabled: true, StreamViewType: view },
    }),
  );
  return created.TableDescription?.LatestStreamArn ?? '';
}

async function iteratorOf(arn: string): Promise<string> {
  const described = await reader.send(new DescribeStreamCommand({ StreamArn: arn }));
  const [shard] = described.StreamDescription?.Shards ?? [];
  const got = await reader.send(
    new GetShardIteratorCommand({
      StreamArn: arn,
      ShardId: shard?.ShardId,
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  );
  return got.ShardIterator ?? '';
}

async function readAll(arn: string): Promise<readonly SdkRecord[]> {
  const page = await reader.send(new GetRecordsCommand({ ShardIterator: await iteratorOf(arn) }));
  return page.Records ?? [];
}

/** The wire's own JSON, which is how Lambda gets its records: base64 text and epoch seconds. */
async function onTheWire(target: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(dynamodb.endpoint, {
    method: 'POST',
    signal: AbortSignal.timeout(10_000),
    headers: {
      'x-amz-target': target,
      'content-type': 'application/x-amz-json-1.0',
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
    },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return Object.fromEntries(Object.entries(answer ?? {}));
}

async function rawRecords(arn: string): Promise<readonly unknown[]> {
  const ShardIterator = await iteratorOf(arn);
  const { Records } = await onTheWire('DynamoDBStreams_20120810.GetRecords', { ShardIterator });
  if (!Array.isArray(Records)) throw new Error('expected Records to be a list');
  return Records.map((record: object) => ({ ...record, eventSourceARN: arn }));
}

function changeOf(decoded: Decoded): Change {
  if (!decoded.ok) throw new Error(`expected a change, got ${decoded.reason}: ${decoded.detail}`);
  return decoded.change;
}

describe('records of the real DynamoDB Local', () => {
  test('an insert, an update and a delete decode to exact values', () => {
    const changes = records.map((record) => changeOf(decodeRecord(record, { streamArn })));
    expect(changes.map((change) => change.eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
    const stored: Image = {
      id: { S: 'every' },
      rank: { N: '7' },
      title: { S: TITLE },
      empty: { S: '' },
      digits: { N: DIGITS },
      fraction: { N: '-0.1' },
      big: { N: `99${'0'.repeat(124)}` },
      flag: { BOOL: true },
      nothing: { NULL: true },
      bytes: { B: 'AAEC/w==' },
      noBytes: { B: '' },
      words: { SS: ['い', 'ろ'] },
      numbers: { NS: ['1', '2.5'] },
      blobs: { BS: ['/w==', 'AQ=='] },
      list: { L: [{ N: '100' }, { N: '0.5' }, { L: [] }, { S: TITLE }] },
      map: { M: { inner: { M: { n: { N: '1' } } }, 鍵: { BOOL: false } } },
    };
    const { nothing: _, ...kept } = stored;
    const updated: Image = { ...kept, flag: { BOOL: false }, words: { SS: ['い', 'は', 'ろ'] } };
    const [inserted, modified, removed] = changes;
    expect(inserted).toMatchObject({ table: 'Todos', streamArn, expired: false });
    expect(inserted?.keys).toEqual({ id: { S: 'every' }, rank: { N: '7' } });
    expect(sorted(inserted?.newImage)).toEqual(sorted(stored));
    expect(inserted?.oldImage).toBeUndefined();
    expect(sorted(modified?.oldImage)).toEqual(sorted(stored));
    expect(sorted(modified?.newImage)).toEqual(sorted(updated));
    expect(sorted(removed?.oldImage)).toEqual(sorted(updated));
    expect(removed?.newImage).toBeUndefined();
    expect(removed?.expired).toBe(false);
  });

  test('Japanese text is byte-exact', () => {
    const title = changeOf(decodeRecord(records[0], { streamArn })).newImage?.['title'];
    const text = title && 'S' in title ? title.S : '';
    expect(Buffer.from(text, 'utf8').toString('hex')).toBe(Buffer.from(TITLE, 'utf8').toString('hex'));
  });

  test('the time is that of the writing, and sequence numbers rise', () => {
    const changes = records.map((record) => changeOf(decodeRecord(record, { streamArn })));
    for (const { at } of changes) {
      // DynamoDB Local rounds down to the minute.
      expect(Date.now() - at).toBeGreaterThanOrEqual(0);
      expect(Date.now() - at).toBeLessThan(180_000);
    }
    const numbers = changes.map((change) => change.sequenceNumber);
    expect([...numbers].reverse().sort(compareSequenceNumbers)).toEqual(numbers);
    expect(new Set(changes.map((change) => change.eventId)).size).toBe(3);
  });

  test('the JSON on the wire and what the SDK makes of it decode to the same', async () => {
    const fromWire = (await rawRecords(streamArn)).map((record) => decodeRecord(record));
    const fromSdk = records.map((record) => decodeRecord(record, { streamArn }));
    expect(fromWire).toEqual(fromSdk);
    expect(fromWire.every((decoded) => decoded.ok)).toBe(true);
  });

  test('a record of a KEYS_ONLY stream is refused by name', async () => {
    const arn = await createTable('KEYS_ONLY', 'KeysOnly');
    await writer.send(new PutItemCommand({ TableName: 'KeysOnly', Item: EVERY_TYPE }));
    const [record] = await readAll(arn);
    expect(decodeRecord(record, { streamArn: arn })).toMatchObject({
      ok: false,
      reason: 'wrong-view-type',
      table: 'KeysOnly',
      detail: 'expected a stream of NEW_AND_OLD_IMAGES, got "KEYS_ONLY"',
    });
  });

  test('an attribute __proto__ and 32 levels of nesting are stored, read and harmless', async () => {
    const arn = await createTable('NEW_AND_OLD_IMAGES', 'Hostile');
    let deep: unknown = { S: 'innermost' };
    for (let level = 0; level < 31; level += 1) deep = { L: [deep] };
    const attacker = { M: { owner: { S: 'attacker' } } };
    const Item = Object.fromEntries([
      ['id', { S: '1' }],
      ['rank', { N: '1' }],
      ['__proto__', attacker],
      ['deep', deep],
    ]);
    await onTheWire('DynamoDB_20120810.PutItem', { TableName: 'Hostile', Item });

    const [raw] = await rawRecords(arn);
    const fromWire = changeOf(decodeRecord(raw)).newImage ?? {};
    expect(Object.entries(fromWire)).toContainEqual(['__proto__', attacker]);
    expect(fromWire['owner']).toBeUndefined();
    expect(toJsonText(fromWire['deep'] ?? { NULL: true })).toBe(
      `${'['.repeat(31)}"innermost"${']'.repeat(31)}`,
    );

    // The SDK loses the attribute's value; the rest of the item must come through.
    const [record] = await readAll(arn);
    const fromSdk = changeOf(decodeRecord(record, { streamArn: arn })).newImage ?? {};
    expect(fromSdk['owner']).toBeUndefined();
    expect(fromSdk['deep']).toEqual(fromWire['deep']);
  });
});

/** Sets in one order: DynamoDB promises none. */
function sorted(image: Image | undefined): unknown {
  return Object.fromEntries(Object.entries(image ?? {}).map(([name, value]) => [name, sortedSet(value)]));
}

function sortedSet(value: Attribute): Attribute {
  if ('SS' in value) return { SS: [...value.SS].sort() };
  if ('NS' in value) return { NS: [...value.NS].sort() };
  return 'BS' in value ? { BS: [...value.BS].sort() } : value;
}
