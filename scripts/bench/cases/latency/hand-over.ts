import {
  BatchWriteItemCommand,
  CreateTableCommand,
  type DynamoDBClient,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { relayTableRequests } from '../../../../src/deploy/relay-table.ts';

const BATCH = 25;

/**
 * Gives all subscriptions to another relay table, and leaves none findable in this one: the local loop has a delivery
 * function of its own, which must not race the worker to the same sockets.
 */
export async function handOver(client: DynamoDBClient, from: string, to: string): Promise<void> {
  await client.send(new CreateTableCommand(relayTableRequests(to).create));
  for await (const { Items = [] } of paginateScan({ client }, { TableName: from, ConsistentRead: true })) {
    for (let at = 0; at < Items.length; at += BATCH) {
      const rows = Items.slice(at, at + BATCH);
      const puts = rows.map((Item) => ({ PutRequest: { Item } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [to]: puts } }));
      const found = rows.filter(({ pk }) => pk?.S?.startsWith('KEY#'));
      if (found.length === 0) continue;
      const deletes = found.map(({ pk, sk }) => ({
        DeleteRequest: { Key: { ...(pk && { pk }), ...(sk && { sk }) } },
      }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [from]: deletes } }));
    }
  }
}
