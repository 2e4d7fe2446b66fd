import { createDynamoDBLeases } from '../../src/adapters/dynamodb/leases.ts';
import type { Leases } from '../../src/adapters/dynamodb-streams/leases.ts';
import { createMemoryLeases } from '../../src/adapters/memory/leases.ts';
import { createVirtualClock } from '../../src/testing/clock.ts';
import { DynamoDBTable, type TableRow } from '../../src/testing/dynamodb-table.ts';
import { type LocalWorld, localWorld, scan } from './registry-worlds.ts';

/** One empty store with leases in it. */
export interface LeaseStore {
  readonly leases: Leases;
  /** The same store seen by another process. In memory there is only the one. */
  another(): Leases;
  /** Raw rows, where there are rows. */
  rows?(): Promise<readonly TableRow[]>;
}

/** A place where the port is implemented. */
export interface LeaseWorld {
  start(): Promise<void>;
  stop(): Promise<void>;
  open(): Promise<LeaseStore>;
}

export const memoryLeases: LeaseWorld = {
  start: async () => {},
  stop: async () => {},
  open: async () => {
    const leases = createMemoryLeases();
    return { leases, another: () => leases };
  },
};

export const modelLeases: LeaseWorld = {
  start: async () => {},
  stop: async () => {},
  open: async () => {
    // Small pages, so that every list of more than a few rows is paged.
    const client = new DynamoDBTable({ tableName: 'relay', pageRows: 3 });
    const another = () => createDynamoDBLeases({ client, tableName: 'relay', clock: createVirtualClock() });
    return { leases: another(), another, rows: async () => client.rows() };
  },
};

export function localLeases(world: LocalWorld = localWorld()): LeaseWorld {
  return {
    start: () => world.start(),
    stop: () => world.stop(),
    open: async () => {
      const tableName = await world.createTable();
      const another = () =>
        createDynamoDBLeases({ client: world.client(), tableName, clock: createVirtualClock() });
      return { leases: another(), another, rows: () => scan(world.client(), tableName) };
    },
  };
}
