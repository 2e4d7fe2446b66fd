import type { Cell } from '../workload.ts';
import type { Digest } from './digest.ts';

export type SinkRequest =
  | { readonly kind: 'listen'; readonly key: string; readonly cert: string }
  /** From now on answer after this many ms, and refuse nothing but what is said. */
  | { readonly kind: 'serve'; readonly serviceMs: number; readonly refusals?: Refusals }
  /** Tell what came since the last time, and forget it; what went to some connections is told of nowhere. */
  | { readonly kind: 'take'; readonly leftOut?: readonly string[] };

/** Which posts are not taken. */
export interface Refusals {
  /** One in so many is answered 429, whoever it is to. */
  readonly throttledOneIn: number;
  /** Connections that are gone: every post to them is answered 410. */
  readonly gone: readonly string[];
}

export type SinkReply =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'taken';
      readonly digests: Readonly<Record<string, Digest>>;
      readonly handshakes: number;
      /** Answers 429. */
      readonly throttled: number;
      /** Answers 410. */
      readonly gone: number;
      /** User and system time since it was last asked, of the process. */
      readonly cpuMs: number;
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
  /** User and system time since it was last asked, of the process. */
  readonly cpuMs: number;
}

export type DynamoDBReply =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'ok' }
  | ({ readonly kind: 'taken' } & Reads);
