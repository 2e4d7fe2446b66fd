import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import pino from 'pino';
import { systemClock } from '../../src/adapters/clock.ts';
import { streamsApi } from '../../src/adapters/dynamodb-streams/api.ts';
import { createStreamReader, type StreamReader } from '../../src/adapters/dynamodb-streams/reader.ts';
import type { DynamoDBLocal } from '../../src/testing/dynamodb-local.ts';
import { createItemTable, DYNAMODB_HOOK_MS, localPlace, startDynamoDB } from '../fixtures/dynamodb.ts';

let server: DynamoDBLocal;
let client: DynamoDBClient;
let streams: DynamoDBStreamsClient;
const dataDir = mkdtempSync(join(tmpdir(), 'tablecast-reader-'));
const readers: StreamReader[] = [];
let tables = 0;

beforeAll(async () => {
  server = await startDynamoDB({ dataDir });
  const settings = { ...localPlace(server.endpoint), requestHandler: { requestTimeout: 5_000 } };
  client = new DynamoDBClient(settings);
  streams = new DynamoDBStreamsClient({ ...settings, maxAttempts: 1 });
}, DYNAMODB_HOOK_MS);

afterAll(async () => {
  await Promise.all(readers.map((reader) => reader.stop(0)));
  client.destroy();
  streams.destroy();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}, 30_000);

const createItems = (name: string) => createItemTable(client, name, { stream: 'NEW_AND_OLD_IMAGES' });

type Handler = (records: readonly DynamoDBRecord[]) => DynamoDBBatchResponse | undefined;

/** A table of its own, a reader on it, and what the handler was given. */
async function readTable(handler: Handler = () => undefined, startAt: 'LATEST' | 'TRIM_HORIZON' = 'LATEST') {
  const table = `Items${tables++}`;
  await createItems(table);
  const batches: DynamoDBStreamEvent[] = [];
  const reader = createStreamReader({
    api: streamsApi(streams),
    async resolveStream() {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
      return Table?.StreamSpecification?.StreamEnabled ? Table.LatestStreamArn : undefined;
    },
    invoke: async (event) => {
      batches.push(event);
      return handler(event.Records);
    },
    logger: pino({ level: 'silent' }),
    clock: systemClock,
    startAt,
    pollIntervalMs: 50,
    creationGranularityMs: 60_000,
  });
  readers.push(reader);
  return {
    table,
    reader,
    batches,
    put: (id: string, n: number | string) =>
      client.send(new PutItemCommand({ TableName: table, Item: { id: { S: id }, n: { N: String(n) } } })),
    delivered: () => batches.flatMap((event) => event.Records.map(changeText)),
  };
}

function changeText(record: DynamoDBRecord): string {
  return `${record.dynamodb?.Keys?.['id']?.S}=${record.dynamodb?.NewImage?.['n']?.N ?? 'gone'}`;
}

async function until(condition: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`expected ${what} within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the stream reader on DynamoDB Local', () => {
  test('C3 order: 100 changes to five items arrive in commit order, in Lambda shape, none missing', async () => {
    const t = await readTable();
    await t.put('before', 0);
    await t.reader.start();
    const written: string[] = [];
    for (let n = 0; n < 20; n++) {
      for (const id of ['a', 'b', 'c', 'd', 'e']) {
        await t.put(id, n);
        written.push(`${id}=${n}`);
      }
    }
    await client.send(new DeleteItemCommand({ TableName: t.table, Key: { id: { S: 'a' } } }));
    written.push('a=gone');
    await until(() => t.delivered().length >= written.length, 'every change');
    expect(t.delivered()).toEqual(written);
    const last = t.batches.at(-1)?.Records.at(-1);
    expect(last).toMatchObject({
      eventName: 'REMOVE',
      eventSource: 'aws:dynamodb',
      eventSourceARN: expect.stringContaining(`table/${t.table}/stream/`),
      dynamodb: { OldImage: { id: { S: 'a' }, n: { N: '19' } } },
    });
    expect(typeof last?.dynamodb?.ApproximateCreationDateTime).toBe('number');
  }, 60_000);

  test('C4 isolation: 30 items near the limit of 400 KB go out in invocations that Lambda takes', async () => {
    const t = await readTable();
    await t.reader.start();
    const text = { S: '\u0001'.repeat(390_000) };
    const ids = Array.from({ length: 30 }, (_, index) => `big-${index}`);
    for (const id of ids) {
      const Item = { id: { S: id }, n: { N: '1' }, text };
      await client.send(new PutItemCommand({ TableName: t.table, Item }));
    }
    await until(() => t.delivered().length >= ids.length, 'every item', 40_000);
    expect(t.delivered()).toEqual(ids.map((id) => `${id}=1`));
    const sizes = t.batches.map((event) => Buffer.byteLength(JSON.stringify(event)));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(6 * 1024 * 1024);
  }, 90_000);

  test('C2 at least once: after a partial failure everything from the reported record on comes again', async () => {
    let refusals = 2;
    const t = await readTable((records) => {
      const refused = records.find((record) => changeText(record) === 'x=3');
      if (!refused || refusals-- <= 0) return { batchItemFailures: [] };
      return { batchItemFailures: [{ itemIdentifier: refused.dynamodb?.SequenceNumber ?? '' }] };
    }, 'TRIM_HORIZON');
    for (let n = 1; n <= 5; n++) await t.put('x', n);
    await t.reader.start();
    await until(() => t.batches.length >= 3, 'two more tries');
    expect(t.batches.map((event) => event.Records.map(changeText))).toEqual([
      ['x=1', 'x=2', 'x=3', 'x=4', 'x=5'],
      ['x=3', 'x=4', 'x=5'],
      ['x=3', 'x=4', 'x=5'],
    ]);
  }, 30_000);

  test('C2 at least once: a handler that throws three times gets the same batch a fourth time', async () => {
    let throws = 3;
    const t = await readTable(() => {
      if (throws-- > 0) throw new Error('not yet');
      return undefined;
    });
    await t.reader.start();
    await t.put('x', 1);
    await until(() => t.batches.length >= 4, 'four tries');
    await t.put('x', 2);
    await until(() => t.delivered().includes('x=2'), 'the next change');
    expect(t.delivered()).toEqual(['x=1', 'x=1', 'x=1', 'x=1', 'x=2']);
  }, 30_000);

  test('a stream switched off and on again is read on, the old one to its end first', async () => {
    const t = await readTable();
    await t.reader.start();
    await t.put('x', 1);
    await client.send(
      new UpdateTableCommand({ TableName: t.table, StreamSpecification: { StreamEnabled: false } }),
    );
    const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } as const;
    await client.send(new UpdateTableCommand({ TableName: t.table, StreamSpecification }));
    await t.put('x', 2);
    await until(() => t.delivered().includes('x=2'), 'the change in the new stream');
    expect(t.delivered()).toEqual(['x=1', 'x=2']);
  }, 40_000);

  test('DynamoDB killed and started again: with its data kept, what was written before and after arrives once', async () => {
    const t = await readTable();
    await t.reader.start();
    await t.put('x', 1);
    await until(() => t.delivered().includes('x=1'), 'the first change');
    await kill(server);
    server = await startDynamoDB({ dataDir, port: server.port });
    await t.put('x', 2);
    await until(() => t.delivered().includes('x=2'), 'the change after the restart');
    expect(t.delivered()).toEqual(['x=1', 'x=2']);
  }, 60_000);

  test('DynamoDB killed and its data lost: the table made anew is read from its first change', async () => {
    const t = await readTable();
    await t.reader.start();
    await t.put('x', 1);
    await until(() => t.delivered().includes('x=1'), 'the first change');
    await kill(server);
    server = await startDynamoDB({ port: server.port });
    await createItems(t.table);
    await t.put('x', 7);
    await until(() => t.delivered().includes('x=7'), 'the change in the new table');
    expect(t.delivered()).toEqual(['x=1', 'x=7']);
  }, 60_000);
});

async function kill({ process: child }: DynamoDBLocal): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
