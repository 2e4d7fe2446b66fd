import type { ReasonCode, WireError } from '../messages.ts';

/** One error as AppSync's realtime protocol has it; what GraphQL has beside follows after. */
export interface RealtimeError {
  readonly errorType: string;
  readonly message: string;
  readonly errorCode: number;
}

interface Kind {
  readonly errorType: string;
  readonly errorCode: number;
}

const BAD_REQUEST: Kind = { errorType: 'BadRequestException', errorCode: 400 };
const UNAUTHORIZED: Kind = { errorType: 'UnauthorizedException', errorCode: 401 };
const INTERNAL: Kind = { errorType: 'InternalFailure', errorCode: 500 };

/**
 * What is denied for good. None of the names that Amplify takes for an outworn credential (`UnauthorizedException`,
 * `Unauthorized`, `NotAuthorizedException`): it would close the socket it shares among all its subscriptions, connect
 * again, be denied again, and so on.
 * @see https://github.com/aws-amplify/amplify-js/issues/14951
 */
const FORBIDDEN: Kind = { errorType: 'ForbiddenException', errorCode: 403 };

/** AppSync's own names wherever it has the case; the others are ours, in its manner. */
const KINDS: ReadonlyMap<unknown, Kind> = new Map<ReasonCode, Kind>([
  ['BAD_REQUEST', BAD_REQUEST],
  ['GRAPHQL_PARSE_FAILED', BAD_REQUEST],
  ['GRAPHQL_VALIDATION_FAILED', BAD_REQUEST],
  ['DOCUMENT_TOO_LARGE', BAD_REQUEST],
  ['FILTER_INVALID', BAD_REQUEST],
  ['PAYLOAD_TOO_LARGE', { errorType: 'PayloadTooLargeException', errorCode: 413 }],
  ['UNAUTHORIZED', UNAUTHORIZED],
  ['TOKEN_EXPIRED', UNAUTHORIZED],
  ['FORBIDDEN', FORBIDDEN],
  ['OPERATION_NOT_ALLOWED', { errorType: 'OperationNotAllowedException', errorCode: 403 }],
  ['PERSISTED_QUERY_NOT_SUPPORTED', BAD_REQUEST],
  ['DUPLICATE_ID', { errorType: 'DuplicatedOperationError', errorCode: 400 }],
  ['OPERATION_NOT_SUPPORTED', { errorType: 'UnsupportedOperation', errorCode: 400 }],
  ['LOCK_TIMEOUT', { errorType: 'LimitExceededError', errorCode: 429 }],
  ['SLOW_CONSUMER', { errorType: 'LimitExceededError', errorCode: 429 }],
  ['INTERNAL_SERVER_ERROR', INTERNAL],
  ['SCHEMA_CHANGED', { errorType: 'SchemaChangedError', errorCode: 410 }],
  ['EVENTS_LOST', { errorType: 'EventsLostError', errorCode: 410 }],
  ['REVOKED', { errorType: 'SubscriptionRevokedError', errorCode: 403 }],
  ['TOO_MANY_SUBSCRIPTIONS', { errorType: 'MaxSubscriptionsReachedError', errorCode: 400 }],
]);

/** Words by which Amplify knows that a fresh token will help. */
const TOKEN_EXPIRED = 'Token expired';

/**
 * The error's kind follows from its `extensions.code`, unless it has an `errorType` of its own; a code that is none of
 * ours (a project's hook threw it) is a bad request.
 */
export function realtimeError({ message, errorType, ...rest }: WireError): RealtimeError {
  const code = rest.extensions?.['code'];
  const kind = KINDS.get(code) ?? BAD_REQUEST;
  const isTold = code !== 'TOKEN_EXPIRED' || message.includes(TOKEN_EXPIRED);
  return {
    errorType: kind === FORBIDDEN ? kind.errorType : (errorType ?? kind.errorType),
    message: isTold ? message : `${TOKEN_EXPIRED}: ${message}`,
    errorCode: kind.errorCode,
    ...rest,
  };
}

/** Errors that refuse a connection, by the close code of graphql-transport-ws that names the reason. */
export function refusal(message: string, code: number): RealtimeError {
  const { errorType, errorCode } = REFUSALS.get(code) ?? INTERNAL;
  return { errorType, message, errorCode };
}

/** Clients take 400, 401 and 403 as final, and try again on anything else. */
const REFUSALS: ReadonlyMap<number, Kind> = new Map([
  [4400, BAD_REQUEST],
  [4401, UNAUTHORIZED],
  [4403, UNAUTHORIZED],
  [4409, BAD_REQUEST],
  [4429, { errorType: 'LimitExceededError', errorCode: 429 }],
  [4500, INTERNAL],
]);
