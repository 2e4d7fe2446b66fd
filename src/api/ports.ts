import type { DocumentNode, GraphQLError, GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Identity } from '../auth/identity.ts';
import type { Image } from '../change/change.ts';
import type { Expression } from '../filter/expression.ts';
import type { OperationRequest, WireError } from '../protocol/messages.ts';
import type { Admission } from '../render/allowed-document.ts';
import type { TableType } from '../schema/model.ts';

/** A page of items, as stored. */
export interface ImagePage {
  readonly images: readonly Image[];
  /** Key attributes of the item the next page starts after; absent on the last page. */
  readonly lastKey?: Image;
}

/** What came of a conditional write. */
export type WriteOutcome =
  | { readonly kind: 'written'; readonly image: Image }
  /**
   * The condition did not hold: create found an item, update or delete found none of this type, or one for which
   * `condition` does not hold. Which of the two it was is not told.
   */
  | { readonly kind: 'condition-failed' }
  /** DynamoDB would not store it, for what is in it; `message` says why, without any value, and may be told. */
  | { readonly kind: 'invalid'; readonly message: string };

/**
 * The users' tables. Every method carries the type's `where` and rejects with `TablecastError` `TABLE_UNAVAILABLE` when
 * DynamoDB cannot be reached, keeps throttling or refuses the request; the message names table and cause, and no value.
 * Contract: test/contract/tables.test.ts, on memory and on DynamoDB Local.
 */
export interface Tables {
  /** One item by its whole key (API field name → attribute). Strongly consistent. */
  get(type: TableType, key: Image): Promise<Image | undefined>;
  /**
   * Up to `limit` items that match `filter`, in the table's own order. Where the filter fixes the partition key by
   * equality, or names a few partitions by `in`, a Query of each, one after the other (a condition on the sort key is
   * pushed into the key condition); else a Scan. Of a partition in which nothing can match nothing is read. Reads on
   * past items that do not match, within a bound; a page may therefore be short, and still have a `lastKey`.
   */
  list(
    type: TableType,
    request: { readonly filter: Expression; readonly limit: number; readonly after?: Image },
  ): Promise<ImagePage>;
  /** Puts an item that is not there. `image` is keyed by stored attribute name. */
  create(type: TableType, image: Image): Promise<WriteOutcome>;
  /**
   * Sets and removes attributes of an item that is there; `image` of the outcome is the whole new item.
   * @param condition must hold for the item as it is when it is written: of rules (`eq`, `in` and `hasElement` of values
   * that are not null, `and`, `or`), for which what the table can say is exactly what the predicate says
   */
  update(
    type: TableType,
    key: Image,
    change: { readonly set: Image; readonly remove: readonly string[] },
    condition?: Expression,
  ): Promise<WriteOutcome>;
  /** Deletes an item that is there; `image` of the outcome is the item as it was. `condition` as of `update`. */
  delete(type: TableType, key: Image, condition?: Expression): Promise<WriteOutcome>;
}

/** One item as resolvers see it: field name → value, read when it is asked for. */
export type Item = { readonly [field: string]: unknown };

/** One table type, for code: keys, inputs and filters are as in the GraphQL API. */
export interface TableClient {
  /** Reads of one operation are batched and remembered (one DataLoader an operation). */
  get(key: Readonly<Record<string, unknown>>): Promise<Item | null>;
  list(request?: {
    readonly filter?: Readonly<Record<string, unknown>>;
    /** Default 100, at most 1,000. */
    readonly limit?: number;
    readonly nextToken?: string | null;
  }): Promise<{ readonly items: readonly Item[]; readonly nextToken: string | null }>;
  /** Throws a GraphQLError (`DynamoDB:ConditionalCheckFailedException`) when the item exists. */
  create(input: Readonly<Record<string, unknown>>): Promise<Item>;
  /** Throws a GraphQLError when the item is missing. Fields left out stay, null removes. */
  update(input: Readonly<Record<string, unknown>>): Promise<Item>;
  /** Throws a GraphQLError when the item is missing; resolves with the item as it was. */
  delete(key: Readonly<Record<string, unknown>>): Promise<Item>;
}

/** What lasts as long as a WebSocket connection. Values are JSON, 8 KB in all. */
export interface ConnectionStore {
  readonly id: string;
  get(name: string): Promise<unknown>;
  /** Read, change, write; repeated when another operation of the connection wrote in between. `undefined` removes. */
  set(name: string, value: unknown): Promise<void>;
  entries(): Promise<ReadonlyMap<string, unknown>>;
}

/** What `publish()` came to. */
export interface PublishReport {
  readonly eventId: string;
  readonly matched: number;
  readonly sent: number;
}

/** Delivers an event that is no table change to the subscribers of a `@published` field. */
export type Publish = (field: string, payload: Readonly<Record<string, unknown>>) => Promise<PublishReport>;

/** What every resolver gets as its third argument. */
export interface OperationContext {
  readonly identity: Identity;
  /**
   * Type name → its table; a null-prototype object. For the project's own code, which no rule holds back: what it returns
   * is held against the rules, what it does is not.
   */
  readonly tables: Readonly<Record<string, TableClient>>;
  /** Present over a WebSocket; absent over HTTP and where a field is resolved at delivery. */
  readonly connection?: ConnectionStore;
  readonly publish: Publish;
  readonly logger: Logger;
}

/** Who asks for an operation, and through what. */
export interface Caller {
  readonly identity: Identity;
  readonly connection?: ConnectionStore;
  /** What the rules must let it do with what resolvers return: `listen` at delivery. Default `get`. */
  readonly reads?: 'get' | 'listen';
}

/** A result ready to be sent: data and AppSync-shaped errors. */
export interface OperationResult {
  readonly data?: unknown;
  readonly errors?: readonly WireError[];
}

/** An operation of a document, before it runs. */
export type CheckedOperation =
  | { readonly ok: true; readonly kind: 'query' | 'mutation'; readonly document: DocumentNode }
  | { readonly ok: true; readonly kind: 'subscription' }
  | { readonly ok: false; readonly errors: readonly WireError[] };

/** Queries and mutations, whatever they came over. */
export interface Api {
  /** Executable: generated fields, the user's resolvers, images. */
  readonly schema: GraphQLSchema;
  contextFor(caller: Caller): OperationContext;
  /**
   * Parse within the limits, one operation (chosen by `operationName`), validation. A subscription is told apart before
   * it is validated: it has its own reader.
   */
  check(request: OperationRequest): CheckedOperation;
  /** Which document a request is for, if it may run at all: to be asked before `check`, once its client was let in. */
  allowed(request: OperationRequest): Admission;
  /** Runs a checked query or mutation. Never rejects: a fault of ours is an error of the result, logged. */
  run(
    operation: Extract<CheckedOperation, { readonly ok: true; readonly kind: 'query' | 'mutation' }>,
    request: OperationRequest,
    caller: Caller,
  ): Promise<OperationResult>;
  /** AppSync's shape: `message`, `path`, `locations` (with `sourceName`), `errorType`, `errorInfo`, `data`. */
  formatError(error: GraphQLError): WireError;
}
