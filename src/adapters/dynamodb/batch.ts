import { BatchGetCommand, BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { chunk, mapConcurrently } from './concurrency.ts';
import type { Row, RowKey } from './rows.ts';
import { type RelayTable, request, unavailable } from './table.ts';

/** Rows to put and keys to delete. */
export interface Writes {
  readonly put?: readonly (Row & RowKey)[];
  readonly delete?: readonly RowKey[];
}

type WriteRequest =
  | { PutRequest: { Item: Record<string, unknown> } }
  | { DeleteRequest: { Key: Record<string, unknown> } };

/** DynamoDB takes this many items in one BatchWriteItem … */
export const WRITE_ITEMS = 25;
/** … and this many in one BatchGetItem. */
const READ_ITEMS = 100;

/** Batches in flight at once. */
const BATCHES = 4;

/** Tries of one batch while some of it comes back unprocessed: about 5 s of pauses in all. */
const MAX_TRIES = 10;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;

/**
 * Writes all rows, 25 a request from the first on, in no order: nothing may rest on one being written before another. What
 * comes back unprocessed is sent again after a jittered pause.
 * @throws TablecastError `REGISTRY_UNAVAILABLE` when some are still unprocessed after 10 tries.
 */
export async function batchWrite(table: RelayTable, writes: Writes): Promise<void> {
  const requests: WriteRequest[] = [
    ...distinct(writes.put ?? []).map((row) => ({ PutRequest: { Item: { ...row } } })),
    ...distinct(writes.delete ?? []).map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } })),
  ];
  await mapConcurrently(chunk(requests, WRITE_ITEMS), BATCHES, async (batch) => {
    let left: WriteRequest[] = batch;
    for (let tries = 1; left.length > 0; tries += 1) {
      await pauseBefore(table, 'BatchWriteItem', tries, left.length);
      const sent = left;
      const { UnprocessedItems } = await request(table, 'BatchWriteItem', () =>
        table.client.send(new BatchWriteCommand({ RequestItems: { [table.name]: sent } })),
      );
      left = (UnprocessedItems?.[table.name] ?? []).flatMap(
        ({ PutRequest, DeleteRequest }): WriteRequest[] => {
          if (PutRequest?.Item) return [{ PutRequest: { Item: PutRequest.Item } }];
          return DeleteRequest?.Key ? [{ DeleteRequest: { Key: DeleteRequest.Key } }] : [];
        },
      );
    }
  });
}

/**
 * Strongly consistent read of many rows, 100 a request; those that do not exist are missing from the result, which is
 * in no order.
 * @throws TablecastError `REGISTRY_UNAVAILABLE` when some are still unprocessed after 10 tries.
 */
export async function batchGet(table: RelayTable, keys: readonly RowKey[]): Promise<readonly Row[]> {
  const batches = chunk(distinct(keys), READ_ITEMS);
  const read = await mapConcurrently(batches, BATCHES, async (batch) => {
    const rows: Row[] = [];
    let left: Record<string, unknown>[] = batch.map(({ pk, sk }) => ({ pk, sk }));
    for (let tries = 1; left.length > 0; tries += 1) {
      await pauseBefore(table, 'BatchGetItem', tries, left.length);
      const Keys = left;
      const { Responses, UnprocessedKeys } = await request(table, 'BatchGetItem', () =>
        table.client.send(
          new BatchGetCommand({ RequestItems: { [table.name]: { Keys, ConsistentRead: true } } }),
        ),
      );
      rows.push(...(Responses?.[table.name] ?? []));
      left = UnprocessedKeys?.[table.name]?.Keys ?? [];
    }
    return rows;
  });
  return read.flat();
}

async function pauseBefore(table: RelayTable, operation: string, tries: number, left: number): Promise<void> {
  if (tries === 1) return;
  if (tries > MAX_TRIES)
    throw unavailable(table, operation, `${left} items unprocessed after ${MAX_TRIES} tries`);
  const longest = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 2));
  await table.clock.sleep(longest * (0.5 + 0.5 * table.random()));
}

/** One of each key: DynamoDB refuses a batch that names a row twice. */
function distinct<T extends RowKey>(rows: readonly T[]): T[] {
  return [...new Map(rows.map((row) => [JSON.stringify([row.pk, row.sk]), row])).values()];
}
