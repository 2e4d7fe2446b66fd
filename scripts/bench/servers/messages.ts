import type { Cell } from '../workload.ts';
import type { Digest } from './digest.ts';

export type SinkRequest =
  | { readonly kind: 'listen'; readonly key: string; readonly cert: string }
  /** From now on answer after this many ms. */
  | { readonly kind: 'serve'; readonly serviceMs: number }
  /** Tell what came since the last time, and forget it. */
  | { readonly kind: 'take' };

export type SinkReply =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'taken';
      readonly digests: Readonly<Record<string, Digest>>;
      readonly handshakes: number;
    };

/** Whose rows a table holds. */
export type Layout = 'tablecast' | 'gls' | 'alg';

export type DynamoDBRequest =
  | { readonly kind: 'listen' }
  /** Make the subscribers' rows, where they are not there yet. */
  | { readonly kind: 'seed'; readonly layout: Layout; readonly cell: Cell; readonly sinkHost: string }
  /** From now on answer as late as DynamoDB is taken to (PERFORMANCE), or at once. */
  | { readonly kind: 'serve'; readonly isSlow: boolean }
  /** Tell what was read since the last time, and begin anew. */
  | { readonly kind: 'take' };

/** What was asked of the fake DynamoDB. */
export interface Reads {
  readonly requests: number;
  /** Read request units by the published rule; a Query that finds nothing counts as one read. */
  readonly readUnits: number;
  readonly byOperation: Readonly<Record<string, number>>;
}

export type DynamoDBReply =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'ok' }
  | ({ readonly kind: 'taken' } & Reads);
