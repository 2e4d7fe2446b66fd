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
    requests: { BatchGetItem: 1, BatchWriteItem: 1, PutItem: 2, Query: 1, UpdateItem: 1 },
    readUnits: 4,
    writeUnits: 4,
  },
  // SUB; the row under its filter key; META, SUB and the key's version.
  subscribe: {
    requests: { BatchGetItem: 1, BatchWriteItem: 1, PutItem: 1 },
    readUnits: 3,
    writeUnits: 2,
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
      readUnits: 7 + 100,
      writeUnits: 202 + 1,
    },
  ],
];

describe.each(DISCONNECT)('P11: a connection with %d subscriptions', (subscriptions, disconnect) => {
  test('each operation takes just these requests and units', async () => {
    const costs = await measureOperations(world.newClient(), await world.createTable(), subscriptions);
    expect(Object.fromEntries(costs)).toEqual({ ...CONSTANT, disconnect });
  }, 60_000);
});
