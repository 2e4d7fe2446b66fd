import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { TABLES_TRANSLATION } from '../../src/adapters/dynamodb-tables/native.ts';
import { createDynamoDBTables } from '../../src/adapters/dynamodb-tables/tables.ts';
import { createMemoryTables } from '../../src/adapters/memory/tables.ts';
import type { Tables } from '../../src/api/ports.ts';
import type { TestDynamoDB } from '../fixtures/dynamodb.ts';

/** Key attribute and its data type. */
export type KeyAttribute = readonly [name: string, type: 'S' | 'N' | 'B'];

/** A place where the port is implemented. */
export interface TablesWorld {
  readonly name: string;
  /** Empty tables of these names; each call of it makes new ones. */
  open(keys: Readonly<Record<string, readonly KeyAttribute[]>>): Promise<Tables>;
}

export const memoryTables: TablesWorld = {
  name: 'memory',
  open: async () => createMemoryTables({}),
};

/** Tables in DynamoDB Local. */
export interface LocalTables extends TablesWorld {
  /** The one that all its tables are reached by. */
  readonly client: () => DynamoDBDocumentClient;
}

/** Tables in the DynamoDB Local of a test file. */
export function localTables(dynamodb: TestDynamoDB): LocalTables {
  let opened = 0;
  let document: DynamoDBDocumentClient | undefined;
  const client = () => {
    document ??= DynamoDBDocumentClient.from(dynamodb.newClient(), TABLES_TRANSLATION);
    return document;
  };
  return {
    name: 'DynamoDB Local',
    client,
    async open(keys) {
      opened += 1;
      const storedNames = new Map<string, string>();
      for (const [table, attributes] of Object.entries(keys)) {
        const name = `${table}-${opened}`;
        storedNames.set(table, name);
        await createTable(dynamodb.client, name, attributes);
      }
      return createDynamoDBTables({ client: client(), storedNames });
    },
  };
}

/** A table with a partition key, and a sort key if there are two attributes. */
export async function createTable(
  client: DynamoDBClient,
  TableName: string,
  attributes: readonly KeyAttribute[],
): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: attributes.map(([AttributeName, AttributeType]) => ({
        AttributeName,
        AttributeType,
      })),
      KeySchema: attributes.map(([AttributeName], index) => ({
        AttributeName,
        KeyType: index === 0 ? 'HASH' : 'RANGE',
      })),
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
}
