import {
  DynamoDBStreamsServiceException,
  ExpiredIteratorException,
  InternalServerError,
  LimitExceededException,
  ResourceNotFoundException,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';
import type { SeededRandom } from './random.ts';
import type { StreamFaultKind, StreamOperation } from './stream-options.ts';

const $metadata = { httpStatusCode: 400, attempts: 1, totalRetryDelay: 0 } as const;

/** The errors of DynamoDB Streams, as the SDK throws them. */
export const streamErrors = {
  streamNotFound: (arn: string | undefined) =>
    new ResourceNotFoundException({
      message: `Requested resource not found: Stream: ${arn} not found`,
      $metadata,
    }),
  shardNotFound: (id: string | undefined) =>
    new ResourceNotFoundException({
      message: `Requested resource not found: Shard: ${id} not found`,
      $metadata,
    }),
  tableNotFound: (name: string) =>
    new ResourceNotFoundException({
      message: `Requested resource not found: Table: ${name} not found`,
      $metadata,
    }),
  expired: () =>
    new ExpiredIteratorException({
      message: 'Shard iterator has expired and can no longer be used',
      $metadata,
    }),
  trimmed: () =>
    new TrimmedDataAccessException({
      message: 'The operation attempted to read past the oldest stream record in a shard',
      $metadata,
    }),
  tooManyReaders: () =>
    new LimitExceededException({ message: 'Too many processes are reading from the same shard', $metadata }),
  throttled: () => named('ThrottlingException', 'Rate of requests exceeds the allowed throughput', 400),
  invalid: (message: string) => named('ValidationException', message, 400),
  aborted: () => Object.assign(new Error('Request aborted'), { name: 'AbortError' }),
} as const;

function named(name: string, message: string, httpStatusCode: number): DynamoDBStreamsServiceException {
  const $fault = httpStatusCode < 500 ? 'client' : 'server';
  return new DynamoDBStreamsServiceException({
    name,
    $fault,
    message,
    $metadata: { ...$metadata, httpStatusCode },
  });
}

/** The error a fault comes as. */
export function faultError(kind: StreamFaultKind): Error {
  switch (kind) {
    case 'limitExceeded':
      return new LimitExceededException({ message: 'Subscriber limit exceeded', $metadata });
    case 'throttling':
      return streamErrors.throttled();
    case 'internalError':
      return new InternalServerError({
        message: 'The request processing has failed because of an unknown error',
        $metadata: { ...$metadata, httpStatusCode: 500 },
      });
    case 'unavailable':
      return named('ServiceUnavailable', 'The service is unavailable', 503);
    case 'network':
      return Object.assign(new Error('read ECONNRESET'), {
        code: 'ECONNRESET',
        errno: -104,
        syscall: 'read',
      });
    case 'timeout':
      return Object.assign(new Error('Request timed out'), { name: 'TimeoutError' });
    case 'notFound':
      return new ResourceNotFoundException({ message: 'Requested resource not found', $metadata });
    case 'expiredIterator':
      return streamErrors.expired();
    case 'trimmed':
      return streamErrors.trimmed();
    default:
      return kind satisfies never;
  }
}

const KINDS: readonly StreamFaultKind[] = [
  'limitExceeded',
  'throttling',
  'internalError',
  'unavailable',
  'network',
  'timeout',
  'notFound',
  'expiredIterator',
  'trimmed',
];

function canHappen(kind: StreamFaultKind, operation: StreamOperation): boolean {
  if (kind === 'expiredIterator') return operation === 'getRecords';
  return kind !== 'trimmed' || operation !== 'describeStream';
}

/** Which call fails, and how: planned faults first, in order, then by chance. */
export interface StreamFaults {
  next(operation: StreamOperation, byChance: boolean): StreamFaultKind | undefined;
  plan(kind: StreamFaultKind, times: number, operation: StreamOperation | undefined): void;
  readonly counts: ReadonlyMap<StreamFaultKind, number>;
}

export function createStreamFaults(
  rates: Partial<Readonly<Record<StreamFaultKind, number>>>,
  random: SeededRandom,
): StreamFaults {
  const likely = KINDS.filter((kind) => (rates[kind] ?? 0) > 0);
  const counts = new Map<StreamFaultKind, number>(KINDS.map((kind) => [kind, 0]));
  const planned: { readonly kind: StreamFaultKind; readonly operation: StreamOperation | undefined }[] = [];

  const choose = (operation: StreamOperation, byChance: boolean): StreamFaultKind | undefined => {
    const place = planned.findIndex(
      (plan) =>
        canHappen(plan.kind, operation) && (plan.operation === undefined || plan.operation === operation),
    );
    const [plan] = place < 0 ? [] : planned.splice(place, 1);
    if (plan) return plan.kind;
    if (!byChance) return undefined;
    return likely
      .filter((kind) => random.chance(rates[kind] ?? 0))
      .find((kind) => canHappen(kind, operation));
  };

  return {
    counts,
    next(operation, byChance) {
      const kind = choose(operation, byChance);
      if (kind) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      return kind;
    },
    plan(kind, times, operation) {
      if (operation && !canHappen(kind, operation))
        throw new Error(`expected a call that ${kind} can happen to, got ${operation}`);
      for (let n = 0; n < times; n += 1) planned.push({ kind, operation });
    },
  };
}
