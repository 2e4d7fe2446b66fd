import type { ClientMessage, WireError } from './messages.ts';
import type { PayloadFrame } from './payload-frame.ts';

/**
 * The wire dialects a connection may speak. `graphql-transport-ws` is named as its subprotocol is; `apollo` (the
 * older protocol of subscriptions-transport-ws) and `appsync` (AppSync's realtime protocol) share the subprotocol
 * `graphql-ws`, and are told apart by what comes with the upgrade and by the first operation (PROTOCOL.md).
 */
export type Dialect = 'graphql-transport-ws' | 'apollo' | 'appsync';

/** Facts of the deployment that an acknowledgement tells the client. */
export interface AckFacts {
  /** How long a client is to wait for a sign of life before it gives the connection up, ms (AppSync only). */
  readonly connectionTimeoutMs: number;
}

/** One dialect: every frame in, every frame out. Pure; sibling folders have the same files. */
export interface DialectCodec {
  readonly dialect: Dialect;
  /** What is answered as `Sec-WebSocket-Protocol` for it. */
  readonly subprotocol: 'graphql-transport-ws' | 'graphql-ws';
  /**
   * Never throws: what is not a message of the dialect comes back as `invalid`.
   * @param jsonDepth `Limits.jsonDepth`; its default without one
   */
  parse(frame: string, jsonDepth?: number): ClientMessage;
  /** Answer to an accepted `connection_init`: one frame or more, in the order they are to arrive in. */
  ack(facts: AckFacts): readonly [string, ...string[]];
  /** Answer to a ping; `undefined` in a dialect that has none. */
  pong(): string | undefined;
  /** Says that a subscription is live (`start_ack`); `undefined` where no such frame may be sent. */
  started(id: string): string | undefined;
  /** A sign of life that costs the client no answer; `undefined` where nothing harmless exists. */
  keepAlive(): string | undefined;
  /** Frame around an execution result. `payload` (JSON text) goes between `head` and `tail(id)`. */
  readonly payload: PayloadFrame;
  /** Ends one operation with errors. */
  error(id: string, errors: readonly WireError[]): string;
  /** Ends one operation without errors. */
  complete(id: string): string;
  /** Answer to a client's `complete`/`stop` of a subscription; `undefined` where the protocol has none. */
  completed(id: string): string | undefined;
  /** What a `subscribe` whose id is in use does: refuses the connection, takes the id over, or fails by itself. */
  readonly duplicateId: 'refuse' | 'replace' | 'error';
  /** False in a dialect that carries subscriptions alone (AppSync's). */
  readonly runsQueries: boolean;
  /**
   * Refuses the whole connection. API Gateway cannot close with a code, so this is the frame that makes the
   * dialect's own clients stop for good (PROTOCOL.md "Refusal"). `code` is the close code of graphql-transport-ws
   * that names the reason (4400, 4401, 4403, 4409, 4429, 4500).
   */
  refuse(message: string, code: number): string;
}
