import { DescribeTableCommand, PutItemCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DynamoDBRecord } from 'aws-lambda';
import pino from 'pino';
import { systemClock } from '../../src/adapters/clock.ts';
import { createDynamoDBLeases } from '../../src/adapters/dynamodb/leases.ts';
import { type StreamsApi, streamsApi } from '../../src/adapters/dynamodb-streams/api.ts';
import type { Leases } from '../../src/adapters/dynamodb-streams/leases.ts';
import { childShards, describeShards } from '../../src/adapters/dynamodb-streams/shards.ts';
import { createWorker } from '../../src/adapters/dynamodb-streams/worker.ts';
import type { Worker } from '../../src/adapters/dynamodb-streams/worker-port.ts';
import { createItemTable, createRelayTable, localPlace, useDynamoDB } from '../fixtures/dynamodb.ts';

const dynamodb = useDynamoDB();
let streams: DynamoDBStreamsClient;
let api: StreamsApi;
let leases: Leases;
const workers: Worker[] = [];

beforeAll(async () => {
  streams = new DynamoDBStreamsClient({
    ...localPlace(dynamodb.endpoint),
    maxAttempts: 1,
    requestHandler: { requestTimeout: 5_000 },
  });
  api = streamsApi(streams);
  await createRelayTable(dynamodb.client, 'relay');
  const client = DynamoDBDocumentClient.from(dynamodb.client);
  leases = createDynamoDBLeases({ client, tableName: 'relay', clock: systemClock });
});

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop(1_000)));
  streams.destroy();
}, 20_000);

function changeOf({ dynamodb: change }: DynamoDBRecord): string {
  return `${change?.Keys?.['id']?.S}=${change?.NewImage?.['n']?.N}`;
}

/** A table of its own and workers on it, with leases of a second and a half. */
async function table(name: string) {
  await createItemTable(dynamodb.client, name, { stream: 'NEW_AND_OLD_IMAGES' });
  const delivered: string[] = [];
  const written: string[] = [];
  return {
    delivered,
    written,
    async put(id: string, n: number) {
      const Item = { id: { S: id }, n: { N: String(n) } };
      await dynamodb.client.send(new PutItemCommand({ TableName: name, Item }));
      written.push(`${id}=${n}`);
    },
    switchStream: (StreamEnabled: boolean) =>
      dynamodb.client.send(
        new UpdateTableCommand({
          TableName: name,
          StreamSpecification: {
            StreamEnabled,
            ...(StreamEnabled && { StreamViewType: 'NEW_AND_OLD_IMAGES' as const }),
          },
        }),
      ),
    async start(workerId: string): Promise<Worker> {
      const worker = createWorker({
        table: name,
        api,
        async resolveStream() {
          const { Table } = await dynamodb.client.send(new DescribeTableCommand({ TableName: name }));
          return Table?.StreamSpecification?.StreamEnabled ? Table.LatestStreamArn : undefined;
        },
        leases,
        async deliver(records) {
          delivered.push(...records.map(changeOf));
          return { batchItemFailures: [] };
        },
        clock: systemClock,
        logger: pino({ level: 'silent' }),
        metrics: { count() {}, measure() {}, flush() {} },
        workerId,
        leaseMs: 1_500,
        pollIntervalMs: 50,
        creationGranularityMs: 60_000,
      });
      workers.push(worker);
      await worker.start();
      return worker;
    },
  };
}

async function until(condition: () => boolean, what: string, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`expected ${what} within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const KEYS = ['a', 'b', 'c', 'd', 'e'];

describe('workers on DynamoDB Local, with their leases in it', () => {
  test('C2 C3 one stops under load and the other goes on: each change once, in order of its item', async () => {
    const t = await table('Shared');
    const first = await t.start('first');
    for (let n = 1; n <= 10; n += 1) for (const id of KEYS) await t.put(id, n);
    const second = await t.start('second');
    const stopping = first.stop();
    for (let n = 11; n <= 20; n += 1) for (const id of KEYS) await t.put(id, n);
    expect(await stopping).toBe('clean');
    await until(() => t.delivered.length >= t.written.length, 'every change');
    expect([...t.delivered].sort()).toEqual([...t.written].sort());
    for (const id of KEYS) {
      const mine = (change: string) => change.startsWith(`${id}=`);
      expect(t.delivered.filter(mine)).toEqual(t.written.filter(mine));
    }
    expect(await second.stop()).toBe('clean');
  }, 60_000);

  test('a stream switched off and on twice, while nobody works: all three are read in turn', async () => {
    const t = await table('Switched');
    const first = await t.start('first');
    await t.put('x', 1);
    expect(await first.stop()).toBe('clean');
    for (const n of [2, 3]) {
      await t.put('x', 10 * n);
      await t.switchStream(false);
      // A label is the time the stream was made, to the millisecond.
      await new Promise((resolve) => setTimeout(resolve, 20));
      await t.switchStream(true);
    }
    await t.put('x', 100);
    const second = await t.start('second');
    await until(() => t.delivered.includes('x=100'), 'the change in the newest stream');
    expect(t.delivered).toEqual(['x=1', 'x=20', 'x=30', 'x=100']);
    await second.stop();
  }, 60_000);

  test('the filter for children is refused or ignored there, and then all shards are asked for', async () => {
    await createItemTable(dynamodb.client, 'Filtered', { stream: 'NEW_AND_OLD_IMAGES' });
    const { Table } = await dynamodb.client.send(new DescribeTableCommand({ TableName: 'Filtered' }));
    const arn = Table?.LatestStreamArn ?? '';
    const signal = new AbortController().signal;
    const { shards } = await describeShards(api, arn, signal);
    expect(shards.length).toBeGreaterThan(0);
    expect(await childShards(api, arn, shards[0]?.id ?? '', signal)).toBeUndefined();
  });
});
