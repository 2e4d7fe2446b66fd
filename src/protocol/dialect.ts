import type { ClientMessage, WireError } from './messages.ts';

/** The wire dialects a connection may speak, by the names their subprotocols have. */
export type Dialect = 'graphql-transport-ws';

/** A payload frame cut where the client's id goes, so that one rendering serves many subscribers. */
export interface PayloadFrame {
  readonly head: string;
  /** What follows the payload: closes the frame for one client id. */
  tail(clientId: string): string;
}

/** One dialect: every frame in, every frame out. Pure; sibling folders have the same files. */
export interface DialectCodec {
  readonly dialect: Dialect;
  /** Never throws: what is not a message of the dialect comes back as `invalid`. */
  parse(frame: string): ClientMessage;
  ack(): string;
  pong(): string;
  /** Frame around an execution result. `payload` (JSON text) goes between `head` and `tail(id)`. */
  readonly payload: PayloadFrame;
  /** Ends one operation with errors. */
  error(id: string, errors: readonly WireError[]): string;
  /** Ends one operation without errors. */
  complete(id: string): string;
  /**
   * Refuses the whole connection. API Gateway cannot close with a code, so this is the frame that makes the
   * dialect's own clients stop for good (PROTOCOL.md "Refusal").
   */
  refuse(message: string, code: number): string;
}
