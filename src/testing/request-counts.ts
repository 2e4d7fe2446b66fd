import { addMiddleware, fieldOf, type SdkClient } from './sdk-middleware.ts';

/** What one kind of request cost. */
export interface RequestCount {
  readonly requests: number;
  /** Read request units, as DynamoDB reports them; see {@link countRequests}. */
  readonly readUnits: number;
  readonly writeUnits: number;
}

export interface RequestCounts {
  /** By operation, such as `Query`; only those that were sent. */
  readonly byOperation: ReadonlyMap<string, RequestCount>;
  readonly total: RequestCount;
  /** Starts again from nothing. */
  reset(): void;
  /** Takes the counter off the client. */
  remove(): void;
}

const READS: ReadonlySet<string> = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems']);
const WRITES: ReadonlySet<string> = new Set([
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'TransactWriteItems',
]);
const NONE: RequestCount = { requests: 0, readUnits: 0, writeUnits: 0 };

/**
 * Counts the requests a client sends and the capacity they consume, by asking for `ReturnConsumedCapacity` on each.
 * DynamoDB Local reports 0 units for a Query that finds nothing and for a key of a batch that is not there; AWS bills the
 * smallest read for each, so a Query counts 1 at the least, and so does every key that is read consistently (any other
 * 0.5). A request that fails counts without units; one the SDK sends again on its own counts once.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 */
export function countRequests(client: SdkClient): RequestCounts {
  const counts = new Map<string, RequestCount>();
  const add = (operation: string, count: RequestCount) =>
    counts.set(operation, sum(counts.get(operation) ?? NONE, count));
  const remove = addMiddleware(
    client,
    (next, operation) => async (args) => {
      add(operation, { ...NONE, requests: 1 });
      if (!READS.has(operation) && !WRITES.has(operation)) return next(args);
      const detail = fieldOf(args.input, 'ReturnConsumedCapacity') === 'INDEXES' ? 'INDEXES' : 'TOTAL';
      const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: detail } });
      const reported = unitsOf(fieldOf(result.output, 'ConsumedCapacity'));
      const readUnits = Math.max(leastReadUnits(operation, args.input), reported);
      add(operation, READS.has(operation) ? { ...NONE, readUnits } : { ...NONE, writeUnits: reported });
      return result;
    },
    { priority: 'low', purpose: 'request-counts' },
  );
  return {
    get byOperation() {
      return new Map(counts);
    },
    get total() {
      return [...counts.values()].reduce(sum, NONE);
    },
    reset: () => counts.clear(),
    remove,
  };
}

function sum(one: RequestCount, other: RequestCount): RequestCount {
  return {
    requests: one.requests + other.requests,
    readUnits: one.readUnits + other.readUnits,
    writeUnits: one.writeUnits + other.writeUnits,
  };
}

/** What AWS bills for a read that finds nothing. */
function leastReadUnits(operation: string, input: object): number {
  if (operation === 'Query') return 1;
  if (operation === 'GetItem') return unitsOfKey(input);
  if (operation !== 'BatchGetItem') return 0;
  return Object.values(fieldOf(input, 'RequestItems') ?? {}).reduce((sum: number, wanted: unknown) => {
    const table = Object(wanted);
    const keys = fieldOf(table, 'Keys');
    return sum + (Array.isArray(keys) ? keys.length : 0) * unitsOfKey(table);
  }, 0);
}

const unitsOfKey = (read: object) => (fieldOf(read, 'ConsistentRead') === true ? 1 : 0.5);

/** `ConsumedCapacity` is one object, or a list with one per table. */
function unitsOf(consumed: unknown): number {
  if (Array.isArray(consumed)) return consumed.reduce((sum: number, one) => sum + unitsOf(one), 0);
  if (typeof consumed !== 'object' || consumed === null) return 0;
  const units = fieldOf(consumed, 'CapacityUnits');
  return typeof units === 'number' ? units : 0;
}
