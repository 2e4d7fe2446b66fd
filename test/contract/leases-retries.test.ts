import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from '@jest/globals';
import type { DocumentClient } from '../../src/adapters/dynamodb/document-client.ts';
import { createDynamoDBLeases } from '../../src/adapters/dynamodb/leases.ts';
import { createVirtualClock } from '../../src/testing/clock.ts';
import { DynamoDBTable } from '../../src/testing/dynamodb-table.ts';

const KEY = { streamArn: 'arn:stream', shardId: 's1' };
const A = { owner: 'a', leaseMs: 10_000 };

/** Every answer is lost once, and the SDK sends the request again. */
function repeating(table: DynamoDBTable): DocumentClient {
  const once: DocumentClient = table;
  return new Proxy(once, {
    get: (_target, name) =>
      name === 'send'
        ? async (command: Parameters<DynamoDBTable['send']>[0]) => {
            await table.send(command).catch(() => {});
            return table.send(command);
          }
        : undefined,
  });
}

test('a write that was repeated because its answer was lost is known to be ours', async () => {
  const table = new DynamoDBTable({ tableName: 'relay' });
  const leases = createDynamoDBLeases({
    client: repeating(table),
    tableName: 'relay',
    clock: createVirtualClock(),
  });
  const held = await leases.take({ ...KEY, counter: undefined }, A, { kind: 'beginning' });
  if (!held) throw new Error('expected the lease to be taken');
  expect(await leases.renew(held)).toEqual({ kind: 'held' });
  expect(await leases.checkpoint(held, { kind: 'after', sequenceNumber: '7' })).toBe(true);
  expect(await leases.release(held)).toBe(true);
  const [free] = await leases.list(KEY.streamArn);
  expect(free?.owner).toBeUndefined();
  const again = await leases.take({ ...KEY, counter: free?.counter }, A, { kind: 'beginning' });
  if (!again) throw new Error('expected the lease to be taken again');
  expect(await leases.checkpoint(again, { kind: 'end', at: 1 })).toBe(true);
  expect((await leases.list(KEY.streamArn))[0]?.checkpoint).toEqual({ kind: 'end', at: 1 });
  expect(await leases.moveStream('T', undefined, 'arn:one')).toBe('arn:one');
  expect(await leases.moveStream('T', 'arn:one', 'arn:two')).toBe('arn:two');
});

test('a row that cannot be read is no shard without a lease: it is told, and nobody waits in silence', async () => {
  const table = new DynamoDBTable({ tableName: 'relay' });
  const leases = createDynamoDBLeases({ client: table, tableName: 'relay', clock: createVirtualClock() });
  const Item = { pk: 'LEASE#arn:stream', sk: 's1', counter: 1, leaseMs: 0, place: 'somewhere-new' };
  await table.send(new PutCommand({ TableName: 'relay', Item }));
  await expect(leases.list(KEY.streamArn)).rejects.toMatchObject({
    code: 'REGISTRY_UNAVAILABLE',
    message: expect.stringContaining('a lease that cannot be read: s1'),
  });
});
