import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { measureOperations, type OperationCost } from '../../scripts/bench/requests/operations.ts';
import { DYNAMODB_HOOK_MS } from '../fixtures/dynamodb.ts';
import { localWorld } from './registry-worlds.ts';

/**
 * What the relay table is asked, and what it bills, for each frame and end of a connection. A figure that grows here is
 * paid by every client: change it only with a reason.
 */
const world = localWorld();
beforeAll(() => world.start(), DYNAMODB_HOOK_MS);
afterAll(() => world.stop(), DYNAMODB_HOOK_MS);

/** Whatever the number of subscriptions is. */
const CONSTANT: Readonly<Record<string, OperationCost>> = {
  // META, LIVE and ID rows.
  connect: { requests: { BatchWriteItem: 1 }, readUnits: 0, writeUnits: 3 },
  // With connecting 1 batch and 1 update.
  init: { requests: { UpdateItem: 1 }, readUnits: 0, writeUnits: 1 },
  // The ID row, and a look whether a close came between.
  'init that brings the credential': {
    requests: { BatchWriteItem: 1, GetItem: 1, UpdateItem: 1 },
    readUnits: 1,
    writeUnits: 2,
  },
  'first sweep after init': {
    requests: { BatchGetItem: 1, Query: 64, UpdateItem: 1 },
    readUnits: 65,
    writeUnits: 1,
  },
  'later sweep': { requests: { Query: 64 }, readUnits: 64, writeUnits: 0 },
  // Beside the next: the table's shapes, the shape's row and the document's.
  'first subscribe of a process': {
    requests: { BatchGetItem: 1, BatchWriteItem: 1, PutItem: 2, Query: 2, UpdateItem: 1 },
    readUnits: 4,
    writeUnits: 4,
  },
  // The mark on SUB; the row under its filter key; the key's version; SUB.
  complete: {
    requests: { BatchGetItem: 1, BatchWriteItem: 1, DeleteItem: 1, UpdateItem: 1 },
    readUnits: 1,
    writeUnits: 3,
  },
  // The update finds nothing, which AWS bills as one unit more; then the tombstone.
  'complete of an id that is not live': {
    requests: { PutItem: 1, UpdateItem: 1 },
    readUnits: 0,
    writeUnits: 1,
  },
};

/**
 * SUB; the row under its filter key; then, side by side, META with the SUB rows of the connection, and the key's version
 * with the mark of a revoked identity. The Query is what an exact limit costs: about 4 KB of SUB rows more a unit more.
 */
const subscribe = (readUnits: number): OperationCost => ({
  requests: { BatchGetItem: 1, BatchWriteItem: 1, PutItem: 1, Query: 1 },
  readUnits,
  writeUnits: 2,
});

/** One that counts for its identity: a row more, and a Query of such rows, with the mark among them, beside the others. */
const countedSubscribe = (readUnits: number): OperationCost => ({
  requests: { BatchGetItem: 1, BatchWriteItem: 1, PutItem: 1, Query: 2 },
  readUnits,
  writeUnits: 3,
});

/** Rows: one under a filter key and one SUB each, ID and LIVE. The mark on META is the update. */
const DISCONNECT: readonly (readonly [number, OperationCost])[] = [
  // Four rows fit into one batch; but no SUB row goes in one with the row it names.
  [
    1,
    {
      requests: { BatchGetItem: 1, BatchWriteItem: 2, Query: 1, UpdateItem: 1 },
      readUnits: 1 + 1,
      writeUnits: 4 + 1,
    },
  ],
  [
    10,
    {
      requests: { BatchGetItem: 1, BatchWriteItem: 2, Query: 1, UpdateItem: 1 },
      readUnits: 1 + 10,
      writeUnits: 22 + 1,
    },
  ],
  [
    100,
    {
      requests: { BatchGetItem: 1, BatchWriteItem: Math.ceil(202 / 25), Query: 1, UpdateItem: 1 },
      readUnits: 8 + 100,
      writeUnits: 202 + 1,
    },
  ],
];

/** Units the last of so many subscribes reads, and of so many that count for their identity. */
const READS: ReadonlyMap<number, readonly [uncounted: number, counted: number]> = new Map([
  [1, [3, 3]],
  [10, [3, 3]],
  [100, [10, 12]],
]);

describe.each(DISCONNECT)('P11: a connection with %d subscriptions', (subscriptions, disconnect) => {
  test('each operation takes just these requests and units', async () => {
    const costs = await measureOperations(world.newClient(), await world.createTable(), subscriptions);
    expect(Object.fromEntries(costs)).toEqual({
      ...CONSTANT,
      subscribe: subscribe(READS.get(subscriptions)?.[0] ?? 0),
      disconnect,
    });
  }, 60_000);

  test('one that counts for its identity costs a row and a Query more', async () => {
    const table = await world.createTable();
    const costs = await measureOperations(world.newClient(), table, subscriptions, true);
    expect(costs.get('subscribe')).toEqual(countedSubscribe(READS.get(subscriptions)?.[1] ?? 0));
    const { writeUnits = 0 } = costs.get('disconnect') ?? {};
    expect(writeUnits).toBe(disconnect.writeUnits + subscriptions);
  }, 60_000);
});
