import {
  InternalServerError,
  ProvisionedThroughputExceededException,
  ThrottlingException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import { createSeededRandom } from './random.ts';
import { addMiddleware, type SdkClient, type SdkSend } from './sdk-middleware.ts';
import { cutBatch } from './unprocessed.ts';

/**
 * - `provisionedThroughput`, `throttling`: the two names throttling comes under; nothing was done.
 * - `unprocessed`: part of a BatchWriteItem or BatchGetItem is left undone and handed back.
 * - `timeoutBefore`: no answer, nothing was done · `timeoutAfter`: no answer, though all of it was done.
 * - `transactionConflict`: a write met a transaction on its item; nothing was done.
 * - `internalError`: 500; nothing was done.
 */
export type FaultKind =
  | 'provisionedThroughput'
  | 'throttling'
  | 'unprocessed'
  | 'timeoutBefore'
  | 'timeoutAfter'
  | 'transactionConflict'
  | 'internalError';

export interface FaultOptions {
  /** Equal seeds give equal faults for an equal sequence of requests. Default 0. */
  readonly seed?: number;
  /** Probability of each fault per request it can happen to, 0 to 1. Default: none. */
  readonly rates?: Partial<Readonly<Record<FaultKind, number>>>;
  /** Which requests may fail at random. Default: all. */
  readonly only?: (operation: string, input: object) => boolean;
}

export interface Faults {
  /** How often each fault happened. */
  readonly counts: ReadonlyMap<FaultKind, number>;
  /** Makes the next requests it can happen to (of `operation`, when given) fail in this way. Default `times` 1. */
  next(kind: FaultKind, options?: { readonly times?: number; readonly operation?: string }): void;
  /** While false, requests pass untouched. */
  enabled: boolean;
  /** Takes the faults off the client. */
  remove(): void;
}

const KINDS: readonly FaultKind[] = [
  'provisionedThroughput',
  'throttling',
  'unprocessed',
  'timeoutBefore',
  'timeoutAfter',
  'transactionConflict',
  'internalError',
];
const BATCHES: ReadonlySet<string> = new Set(['BatchWriteItem', 'BatchGetItem']);
const SINGLE_WRITES: ReadonlySet<string> = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

/**
 * Makes a client of a real DynamoDB (Local) fail as DynamoDB does under load. It sits outside the SDK's retries: an
 * error is one the SDK has already given up on, and no time is spent on waiting.
 */
export function injectFaults(client: SdkClient, options: FaultOptions = {}): Faults {
  const { seed = 0, only = () => true } = options;
  const rates = new Map(KINDS.map((kind) => [kind, options.rates?.[kind] ?? 0]));
  const random = createSeededRandom(seed);
  const counts = new Map<FaultKind, number>(KINDS.map((kind) => [kind, 0]));
  const queue: { readonly kind: FaultKind; readonly operation: string | undefined }[] = [];

  const choose = (operation: string, input: object): FaultKind | undefined => {
    const place = queue.findIndex(
      (planned) =>
        canHappen(planned.kind, operation) &&
        (planned.operation === undefined || planned.operation === operation),
    );
    const [planned] = place < 0 ? [] : queue.splice(place, 1);
    if (planned) return planned.kind;
    if (!only(operation, input)) return undefined;
    return KINDS.filter((kind) => random.chance(rates.get(kind) ?? 0)).find((kind) =>
      canHappen(kind, operation),
    );
  };

  const happen = async (kind: FaultKind, operation: string, next: SdkSend, args: { input: object }) => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (kind === 'timeoutAfter') await next(args);
    if (kind !== 'unprocessed') throw errorOf(kind, operation);
    const cut = cutBatch(operation, args.input, random);
    if (!cut) throw errorOf('provisionedThroughput', operation);
    const result = await next({ ...args, input: cut.input });
    return { ...result, output: cut.complete(result.output) };
  };

  const faults: Faults = {
    get counts() {
      return new Map(counts);
    },
    next(kind, { times = 1, operation } = {}) {
      for (let n = 0; n < times; n += 1) queue.push({ kind, operation });
    },
    enabled: true,
    remove: () => remove(),
  };
  const remove = addMiddleware(
    client,
    (next, operation) => async (args) => {
      const kind = faults.enabled ? choose(operation, args.input) : undefined;
      return kind ? happen(kind, operation, next, args) : next(args);
    },
    { priority: 'normal', purpose: 'faults' },
  );
  return faults;
}

function canHappen(kind: FaultKind, operation: string): boolean {
  if (kind === 'unprocessed') return BATCHES.has(operation);
  if (kind === 'transactionConflict')
    return operation === 'TransactWriteItems' || SINGLE_WRITES.has(operation);
  return true;
}

function errorOf(kind: Exclude<FaultKind, 'unprocessed'>, operation: string): Error {
  const refused = { $metadata: { httpStatusCode: 400 } };
  switch (kind) {
    case 'provisionedThroughput':
      return new ProvisionedThroughputExceededException({
        ...refused,
        message: `injected: throughput exceeded (${operation})`,
      });
    case 'throttling':
      return new ThrottlingException({ ...refused, message: `injected: request throttled (${operation})` });
    case 'transactionConflict': {
      const message = `injected: transaction is ongoing for the item (${operation})`;
      return operation === 'TransactWriteItems'
        ? new TransactionCanceledException({
            ...refused,
            message,
            CancellationReasons: [{ Code: 'TransactionConflict', Message: message }],
          })
        : new TransactionConflictException({ ...refused, message });
    }
    case 'internalError':
      return new InternalServerError({
        $metadata: { httpStatusCode: 500 },
        message: `injected: ${operation}`,
      });
    case 'timeoutBefore':
    case 'timeoutAfter':
      return Object.assign(new Error(`injected: no answer in time (${operation})`), { name: 'TimeoutError' });
  }
}
