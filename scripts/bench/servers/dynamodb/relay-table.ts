import {
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { DynamoDBTable } from '../../../../src/testing/dynamodb-table.ts';
import type { Cell } from '../../workload.ts';
import { stored } from './item.ts';
import { subscribeAll } from './relay-rows.ts';
import { refusal, type Table, tableOf } from './table.ts';

const KEYS = { hashKey: 'pk', sortKey: 'sk' } as const;

/** A relay table with a cell's subscribers: read from texts made beforehand, written through the table model. */
export async function relayTable(cell: Cell, tableName: string): Promise<Table> {
  const model = new DynamoDBTable({ tableName });
  await subscribeAll(cell, model, tableName);
  const partitions = tableOf(model.rows(), KEYS);

  const refresh = async (key: Readonly<Record<string, unknown>>) => {
    const pk = String(key['pk']);
    const sk = String(key['sk']);
    const { Item } = await model.send(new GetCommand({ TableName: tableName, Key: { pk, sk } }));
    const others = (partitions.get(pk) ?? []).filter(({ sort }) => sort !== sk);
    const rows = Item ? [...others, stored(Item, KEYS.sortKey)] : others;
    partitions.set(
      pk,
      rows.toSorted((a, b) => (a.sort < b.sort ? -1 : 1)),
    );
  };
  const write = async (operation: string, input: object): Promise<string> => {
    const { keys, run } = commandOf(model, operation, JSON.parse(JSON.stringify(input)));
    const output = await run();
    for (const key of keys) await refresh(key);
    return JSON.stringify(output.Attributes ? { Attributes: marshall(output.Attributes) } : {});
  };
  return { ...KEYS, partitions, write };
}

interface Write {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
  run(): Promise<{ readonly Attributes?: Record<string, unknown> | undefined }>;
}

type Attributes = Parameters<typeof unmarshall>[0];

/** A request of the JSON protocol, as the command of the document client that it came from. */
function commandOf(
  model: DynamoDBTable,
  operation: string,
  input: {
    readonly TableName: string;
    readonly Item?: Attributes;
    readonly Key?: Attributes;
    readonly ExpressionAttributeValues?: Attributes;
    readonly RequestItems?: Record<
      string,
      { PutRequest?: { Item: Attributes }; DeleteRequest?: { Key: Attributes } }[]
    >;
  },
): Write {
  const {
    Item,
    Key,
    ExpressionAttributeValues: values,
    RequestItems,
    ReturnConsumedCapacity: _,
    ...rest
  } = {
    ReturnConsumedCapacity: undefined,
    ...input,
  };
  const request = { ...rest, ...(values && { ExpressionAttributeValues: unmarshall(values) }) };
  const key = Key ? unmarshall(Key) : {};
  if (operation === 'PutItem') {
    const item = Item ? unmarshall(Item) : {};
    return { keys: [item], run: () => model.send(new PutCommand({ ...request, Item: item })) };
  }
  if (operation === 'UpdateItem')
    return { keys: [key], run: () => model.send(new UpdateCommand({ ...request, Key: key })) };
  if (operation === 'DeleteItem')
    return { keys: [key], run: () => model.send(new DeleteCommand({ ...request, Key: key })) };
  if (operation !== 'BatchWriteItem') throw refusal(`an operation it models, got ${operation}`);
  const items = Object.fromEntries(
    Object.entries(RequestItems ?? {}).map(([table, writes]) => [
      table,
      writes.map(({ PutRequest, DeleteRequest }) =>
        PutRequest
          ? { PutRequest: { Item: unmarshall(PutRequest.Item) } }
          : { DeleteRequest: { Key: unmarshall(DeleteRequest?.Key ?? {}) } },
      ),
    ]),
  );
  const keys = Object.values(items)
    .flat()
    .map((each) => ('PutRequest' in each ? each.PutRequest.Item : each.DeleteRequest.Key));
  return {
    keys,
    run: async () => {
      await model.send(new BatchWriteCommand({ RequestItems: items }));
      return {};
    },
  };
}
