import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { TablecastError } from '../errors.ts';
import type { Clock } from '../relay/ports.ts';
import type { TableWrite } from './batch-file.ts';

/** What BatchWriteItem takes in one request. */
export const BATCH_WRITE_ITEMS = 25;

/** Rounds in a row without one item written, after which the table is taken to be unavailable. */
const MAX_IDLE_ROUNDS = 10;
const FIRST_WAIT_MS = 50;
const MAX_WAIT_MS = 5_000;

export interface BatchWriteDeps {
  readonly client: DynamoDBClient;
  readonly clock: Clock;
  /** Called with how many more were written. */
  readonly onWritten?: (count: number) => void;
}

/**
 * Writes everything, 25 at a time in the order given; what DynamoDB leaves unprocessed is sent again with waits.
 * @throws TablecastError `LOCAL_STACK` when nothing is taken for ten rounds, or DynamoDB refuses the request.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
export async function batchWrite(writes: readonly TableWrite[], deps: BatchWriteDeps): Promise<void> {
  for (let from = 0; from < writes.length; from += BATCH_WRITE_ITEMS) {
    await writeBatch(writes.slice(from, from + BATCH_WRITE_ITEMS), deps);
  }
}

async function writeBatch(writes: readonly TableWrite[], deps: BatchWriteDeps): Promise<void> {
  let rest = writes;
  let idle = 0;
  while (rest.length > 0) {
    const left = await send(rest, deps.client);
    // One item twice in a request is refused; one by one the later write wins, as the order of the file says.
    if (left === 'repeated') {
      for (const write of rest) await writeBatch([write], deps);
      return;
    }
    deps.onWritten?.(rest.length - left.length);
    idle = left.length < rest.length ? 0 : idle + 1;
    if (idle >= MAX_IDLE_ROUNDS) {
      throw new TablecastError(
        'LOCAL_STACK',
        `expected DynamoDB to take ${left.length} items, and it took none in ${idle} tries`,
      );
    }
    rest = left;
    if (rest.length > 0) await deps.clock.sleep(Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** idle));
  }
}

async function send(
  writes: readonly TableWrite[],
  client: DynamoDBClient,
): Promise<readonly TableWrite[] | 'repeated'> {
  const requests = new Map<string, WriteRequest[]>();
  for (const { table, request } of writes) requests.set(table, [...(requests.get(table) ?? []), request]);
  try {
    const command = new BatchWriteItemCommand({ RequestItems: Object.fromEntries(requests) });
    const { UnprocessedItems } = await client.send(command);
    return Object.entries(UnprocessedItems ?? {}).flatMap(([table, left]) =>
      left.map((request) => ({ table, request })),
    );
  } catch (cause) {
    const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    if (writes.length > 1 && /duplicates/.test(detail)) return 'repeated';
    const tables = [...requests.keys()].join(', ');
    throw new TablecastError(
      'LOCAL_STACK',
      `expected DynamoDB to take items of ${tables}, and it refused: ${detail}`,
      { cause },
    );
  }
}
