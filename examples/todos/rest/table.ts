import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateScan,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Fields, Item } from './todo.ts';

/** The table of to-dos. Nothing here knows of subscriptions: the table's stream tells Tablecast of every write. */
export interface TodoTable {
  /** All of them, in the table's own order. */
  list(): Promise<readonly Item[]>;
  get(id: string): Promise<Item | undefined>;
  create(id: string, fields: Fields): Promise<Item>;
  /** The whole item as it is now; undefined when there is none. */
  update(id: string, fields: Fields): Promise<Item | undefined>;
  /** The item as it was; undefined when there was none. */
  delete(id: string): Promise<Item | undefined>;
}

export function todoTable(client: DynamoDBClient, TableName: string): TodoTable {
  const keyOf = (id: string) => ({ id: { S: id } });
  return {
    async list() {
      const items: Item[] = [];
      for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true })) {
        items.push(...Items);
      }
      return items;
    },

    async get(id) {
      const command = new GetItemCommand({ TableName, Key: keyOf(id), ConsistentRead: true });
      return (await client.send(command)).Item;
    },

    async create(id, fields) {
      const Item = { ...keyOf(id), ...Object.fromEntries(fields) };
      const ConditionExpression = 'attribute_not_exists(id)';
      await client.send(new PutItemCommand({ TableName, Item, ConditionExpression }));
      return Item;
    },

    async update(id, fields) {
      const names = [...fields.keys()];
      const command = new UpdateItemCommand({
        TableName,
        Key: keyOf(id),
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ConditionExpression: 'attribute_exists(id)',
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(
          [...fields].map(([name, value]) => [`:${name}`, value]),
        ),
        ReturnValues: 'ALL_NEW',
      });
      try {
        return (await client.send(command)).Attributes;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      }
    },

    async delete(id) {
      const command = new DeleteItemCommand({ TableName, Key: keyOf(id), ReturnValues: 'ALL_OLD' });
      return (await client.send(command)).Attributes;
    },
  };
}
