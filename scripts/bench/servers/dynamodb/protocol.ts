import type { Item, StoredItem } from './item.ts';
import { type QueryInput, query, readUnits } from './query.ts';
import { refusal, type Table } from './table.ts';

export interface Answer {
  readonly text: string;
  /** Read request units; 0 for a write. */
  readonly units: number;
}

interface GetInput {
  readonly TableName: string;
  readonly Key: Item;
  readonly ConsistentRead?: boolean;
}

interface BatchGetInput {
  readonly RequestItems: Readonly<
    Record<string, { readonly Keys: readonly Item[]; readonly ConsistentRead?: boolean }>
  >;
}

/** Answers one request of the JSON protocol 1.0 from the tables. Throws for what none of the programs asks. */
export async function answer(
  tables: ReadonlyMap<string, Table>,
  operation: string,
  body: string,
): Promise<Answer> {
  switch (operation) {
    case 'Query': {
      const input: QueryInput = JSON.parse(body);
      return query(tableNamed(tables, input.TableName), input);
    }
    case 'GetItem': {
      const { TableName, Key, ConsistentRead = false }: GetInput = JSON.parse(body);
      const row = find(tableNamed(tables, TableName), Key);
      return {
        text: row ? `{"Item":${row.text}}` : '{}',
        units: readUnits(row?.bytes ?? 0, ConsistentRead),
      };
    }
    case 'BatchGetItem': {
      const { RequestItems }: BatchGetInput = JSON.parse(body);
      let units = 0;
      const responses = Object.entries(RequestItems).map(([name, { Keys, ConsistentRead = false }]) => {
        const table = tableNamed(tables, name);
        const rows = Keys.flatMap((key) => {
          const row = find(table, key);
          units += readUnits(row?.bytes ?? 0, ConsistentRead);
          return row ? [row.text] : [];
        });
        return `${JSON.stringify(name)}:[${rows.join(',')}]`;
      });
      return { text: `{"Responses":{${responses.join(',')}},"UnprocessedKeys":{}}`, units };
    }
    default: {
      const input: { readonly TableName?: string; readonly RequestItems?: object } = JSON.parse(body);
      const name = input.TableName ?? Object.keys(input.RequestItems ?? {})[0] ?? '';
      const { write } = tableNamed(tables, name);
      if (!write) throw refusal(`an operation it models on ${name}, got ${operation}`);
      return { text: await write(operation, input), units: 0 };
    }
  }
}

function tableNamed(tables: ReadonlyMap<string, Table>, name: string): Table {
  const table = tables.get(name);
  if (!table) throw refusal(`a table it holds, got ${name}`);
  return table;
}

function find({ hashKey, sortKey, partitions }: Table, key: Item): StoredItem | undefined {
  const sort = key[sortKey]?.S;
  return partitions.get(key[hashKey]?.S ?? '')?.find((row) => row.sort === sort);
}
