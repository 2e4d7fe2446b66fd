import { DynamoDBClient, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import { streamResolver } from '../../../src/cli/worker-tables.ts';
import { readConfig } from '../../../src/config.ts';
import { addMiddleware } from '../../../src/testing/sdk-middleware.ts';

const ARN = 'arn:aws:dynamodb:us-east-1:1:table/Items/stream/2026-01-01T00:00:00.000';

test('what is wrong with a stream is told once for as long as it is so, however often it is looked at', async () => {
  let answer: () => object = () => table(ARN);
  const client = new DynamoDBClient({ region: 'us-east-1' });
  addMiddleware(client, () => async () => ({ response: undefined, output: answer() }), {
    priority: 'high',
    purpose: 'answers',
  });
  const { signal } = new AbortController();
  const told: string[] = [];
  const resolve = streamResolver(client, 'Items', readConfig({}, 'worker'), (problem) => told.push(problem));
  const look = async (next: () => object) => {
    answer = next;
    return [await resolve(signal), await resolve(signal), await resolve(signal)];
  };
  expect(await look(() => table(ARN))).toEqual([ARN, ARN, ARN]);
  expect(told).toEqual([]);
  await look(() => ({ Table: {} }));
  expect(told).toEqual([expect.stringContaining('its stream is off')]);
  await look(() => {
    throw new ResourceNotFoundException({ $metadata: {}, message: 'no table' });
  });
  expect(told).toHaveLength(2);
  await look(() => table(ARN));
  expect(await look(() => ({ Table: {} }))).toEqual([undefined, undefined, undefined]);
  expect(told).toHaveLength(3);
});

function table(LatestStreamArn: string): object {
  const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' };
  return { Table: { LatestStreamArn, StreamSpecification } };
}
