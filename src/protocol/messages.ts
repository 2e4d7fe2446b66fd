/** A GraphQL request as a client put it into its frame; nothing in it has been checked but the types. */
export interface OperationRequest {
  /** `''` where `documentId` alone says which document it is. */
  readonly query: string;
  /** Id of a document that both sides know (`namedDocument`). */
  readonly documentId?: string;
  readonly operationName?: string;
  /** Own keys only are to be read: they are the client's. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly extensions?: ReadonlyMap<string, unknown>;
}

/** What a client's frame says, whatever its dialect. */
export type ClientMessage =
  | { readonly type: 'init'; readonly payload: ReadonlyMap<string, unknown> }
  | { readonly type: 'ping' }
  | { readonly type: 'pong' }
  /** Starts an operation of any kind; `subscribe` and `start` on the wire. */
  | { readonly type: 'subscribe'; readonly id: string; readonly request: OperationRequest }
  | { readonly type: 'complete'; readonly id: string }
  /** The client is about to close (`connection_terminate` of the older protocol). */
  | { readonly type: 'terminate' }
  /** Not a message of the dialect. With an `id`, the fault is that operation's alone. */
  | { readonly type: 'invalid'; readonly id?: string; readonly message: string };

/** Machine-readable reasons that reach a client in `extensions.code` (PROTOCOL.md lists the frame of each). */
export type ReasonCode =
  | 'BAD_REQUEST'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'TOKEN_EXPIRED'
  | 'DUPLICATE_ID'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'DOCUMENT_TOO_LARGE'
  | 'OPERATION_NOT_SUPPORTED'
  | 'OPERATION_NOT_ALLOWED'
  | 'PERSISTED_QUERY_NOT_SUPPORTED'
  | 'FILTER_INVALID'
  | 'PAYLOAD_TOO_LARGE'
  | 'SCHEMA_CHANGED'
  | 'SLOW_CONSUMER'
  | 'LOCK_TIMEOUT'
  | 'EVENTS_LOST'
  | 'REVOKED'
  | 'TOO_MANY_SUBSCRIPTIONS'
  | 'INTERNAL_SERVER_ERROR';

/** One GraphQL error on the wire (https://spec.graphql.org/October2021/#sec-Errors). */
export interface WireError {
  readonly message: string;
  /** `sourceName` is AppSync's, and always null there. */
  readonly locations?: readonly {
    readonly line: number;
    readonly column: number;
    readonly sourceName?: null;
  }[];
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** AppSync's name for the kind of error, beside `extensions.code`. */
  readonly errorType?: string;
  /** What a failed operation had none the less, and more about the error: AppSync's two, always there in its shape. */
  readonly data?: unknown;
  readonly errorInfo?: unknown;
}

/** One error with its code, the usual case. */
export function wireError(code: ReasonCode, message: string): WireError {
  return { message, extensions: { code } };
}
