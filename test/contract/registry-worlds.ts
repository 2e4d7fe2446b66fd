import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import { createMemoryRegistry } from '../../src/adapters/memory/registry.ts';
import type { RegistryLimits } from '../../src/adapters/memory/registry-limits.ts';
import type { Clock, Registry } from '../../src/relay/ports.ts';
import { DynamoDBTable, type TableRow } from '../../src/testing/dynamodb-table.ts';
import { createRelayTable, emptyDynamoDB, localPlace } from '../fixtures/dynamodb.ts';

/** A clock that jumps over every sleep, and runs `onSleep` in it: what happens while somebody waits. */
export interface JumpingClock extends Clock {
  advance(ms: number): void;
  onSleep: (() => Promise<unknown>) | undefined;
}

export const START = Date.UTC(2026, 0, 1);

export function jumpingClock(start = START): JumpingClock {
  let now = start;
  const clock: JumpingClock = {
    onSleep: undefined,
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
    sleep: async (ms) => {
      now += ms;
      await clock.onSleep?.();
    },
  };
  return clock;
}

/** One empty store with a registry on it. */
export interface Store {
  readonly registry: Registry;
  readonly clock: JumpingClock;
  /** A registry of another process: same store, no memory of its own. In memory there is only the one. */
  another(): Registry;
  /** Raw rows, where there are rows. */
  rows?(): Promise<TableRow[]>;
}

/** A place where the port is implemented. */
export interface World {
  start(): Promise<void>;
  stop(): Promise<void>;
  open(limits?: Partial<RegistryLimits>): Promise<Store>;
}

export const memoryWorld: World = {
  start: async () => {},
  stop: async () => {},
  open: async (limits = {}) => {
    const clock = jumpingClock();
    const registry = createMemoryRegistry({ clock, limits });
    return { registry, clock, another: () => registry };
  },
};

/** The DynamoDB adapter on the table model. */
export const modelWorld: World = {
  start: async () => {},
  stop: async () => {},
  open: async (limits = {}) => {
    const clock = jumpingClock();
    // Small pages, so that every query of more than a few rows is paged.
    const client = new DynamoDBTable({ tableName: 'relay', pageRows: 3 });
    const another = () => createDynamoDBRegistry({ client, tableName: 'relay', clock, limits });
    return { registry: another(), clock, another, rows: async () => client.rows() };
  },
};

/**
 * The same, with one reader for all that keeps every key it finds anything under: each look-up is its third, so that it
 * is of rows in memory wherever they may be used.
 */
export const warmWorld: World = {
  start: async () => {},
  stop: async () => {},
  open: async (limits = {}) => {
    const clock = jumpingClock();
    const client = new DynamoDBTable({ tableName: 'relay', pageRows: 3 });
    const open = () => createDynamoDBRegistry({ client, tableName: 'relay', clock, limits, warm: WARM });
    const reader = open();
    const another = (): Registry => ({
      ...open(),
      candidates: async (lookups) => {
        await reader.candidates(lookups);
        await reader.candidates(lookups);
        return reader.candidates(lookups);
      },
    });
    return { registry: another(), clock, another, rows: async () => client.rows() };
  },
};

const WARM = { minRows: 1, maxRows: 10_000 };

export interface LocalWorld extends World {
  client(): DynamoDBDocumentClient;
  /** The low-level client, for what is done to tables rather than items. */
  tableClient(): DynamoDBClient;
  /** A document client of its own, for a test that adds middleware to it. */
  newClient(): DynamoDBDocumentClient;
  /** A new empty relay table; its name. */
  createTable(): Promise<string>;
}

/** The DynamoDB adapter on DynamoDB Local, one process a test file. */
export function localWorld(): LocalWorld {
  let stop = async () => {};
  let clients: { readonly client: DynamoDBClient; readonly document: DynamoDBDocumentClient } | undefined;
  let endpoint = '';
  const lowLevel: DynamoDBClient[] = [];
  let tables = 0;
  const started = () => {
    if (!clients) throw new Error('expected start() before this');
    return clients;
  };
  const connect = () => {
    const client = new DynamoDBClient(localPlace(endpoint));
    lowLevel.push(client);
    const marshallOptions = { removeUndefinedValues: true };
    return { client, document: DynamoDBDocumentClient.from(client, { marshallOptions }) };
  };
  const createTable = async () => {
    tables += 1;
    const tableName = `relay-${tables}`;
    await createRelayTable(started().client, tableName);
    return tableName;
  };
  return {
    client: () => started().document,
    tableClient: () => started().client,
    newClient: () => connect().document,
    createTable,
    async start() {
      endpoint = await emptyDynamoDB();
      clients = connect();
      stop = async () => {
        for (const client of lowLevel) client.destroy();
      };
    },
    stop: () => stop(),
    async open(limits = {}) {
      const tableName = await createTable();
      const clock = jumpingClock();
      const client = started().document;
      const another = () => createDynamoDBRegistry({ client, tableName, clock, limits });
      return { registry: another(), clock, another, rows: () => scan(client, tableName) };
    },
  };
}

/** Every raw row of a table, in no order. */
export async function scan(client: DynamoDBDocumentClient, TableName: string): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  let start: TableRow | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName, ConsistentRead: true, ...(start && { ExclusiveStartKey: start }) }),
    );
    rows.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start);
  return rows;
}

/** Every implementation of the port, by name: for `describe.each` of a file, whose own DynamoDB Local the last one is. */
export function everyWorld(): readonly (readonly [name: string, world: World])[] {
  return [
    ['memory', memoryWorld],
    ['DynamoDB on the table model', modelWorld],
    ['DynamoDB with rows in memory', warmWorld],
    ['DynamoDB Local', localWorld()],
  ];
}
