import type { GraphQLFieldResolver } from 'graphql';
import type { OperationContext } from './api/ports.ts';
import type { Identity } from './auth/identity.ts';
import type { Authorized } from './auth/own-tokens.ts';

export type { Authorized } from './auth/own-tokens.ts';

// biome-ignore lint/suspicious/noExplicitAny: sources and arguments differ from field to field; `types` tells each
export type Resolver = GraphQLFieldResolver<any, OperationContext, any>;

/** `Type` → `field` → resolver; `npx tablecast types` writes a type for it from the schema. */
export type Resolvers = Readonly<Record<string, Readonly<Record<string, Resolver>>>>;

/** A connection that asks to be let in; its credential has been found good. */
export interface ConnectRequest {
  readonly connectionId: string;
  readonly identity: Identity;
  /** Payload of `connection_init`: the client's, so check what you read. */
  readonly params: ReadonlyMap<string, unknown>;
  /** Keeps a value for as long as the connection lives; operations read it as `context.connection`. */
  store(name: string, value: unknown): void;
}

/** An operation about to start. */
export interface OperationEvent {
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** Name the client gave it. */
  readonly operationName?: string;
  readonly query: string;
  readonly context: OperationContext;
}

/** What a project may hook into. A GraphQLError that is thrown is told to the client; any other is an internal error. */
export interface Hooks {
  /**
   * Whom a token speaks for that names none of the configured issuers: an opaque one, as AppSync's Lambda mode has them.
   * Asked wherever a token may stand (`$connect`, `connection_init`, one operation, HTTP), with it as it came but for
   * `Bearer `. `undefined` or a GraphQLError refuses; anything else that is thrown, and no answer in 5 s, is a fault on
   * which clients try again.
   */
  authorize?(token: string): Authorized | undefined | Promise<Authorized | undefined>;
  /** Before `connection_init` is acknowledged. Throwing refuses the connection, in its dialect's own way. */
  connect?(request: ConnectRequest): void | Promise<void>;
  /**
   * Around every operation: `next` runs it (of a subscription: registers it). Throwing before `next` refuses the
   * operation. What `next` resolves with is of no use; the result of a query is not the hook's to change.
   */
  operation?(event: OperationEvent, next: () => Promise<void>): Promise<void>;
}

/** What the user's `resolvers.ts` exports. */
export interface Project {
  readonly resolvers?: Resolvers;
  readonly hooks?: Hooks;
}
