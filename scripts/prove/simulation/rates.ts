import type { ConnectionOutcome } from '../../../src/testing/connection-outcomes.ts';

/** How often things go wrong, as probabilities; `calm` ends all of it. */
export interface Rates {
  /** Of invocations and frames: each of the ways in which one can die or lose its table once. */
  readonly operation: number;
  /** Of requests of a worker, which has no invocations: any of the ways in which one can fail. */
  readonly request: number;
  /** Of a worker's writes of its leases: so long on their way that it may have lost the lease when they arrive. */
  readonly lateWrite: number;
  /** Of items of batches: left unprocessed. */
  readonly unprocessed: number;
  /** Of posts: each of 429, failed before and failed after delivery. */
  readonly post: number;
  /** Of things around a Lambda function: crash before and after, throttle, redelivery. */
  readonly invocation: number;
  /** Of posts to connections just made: a 410 that means nothing. */
  readonly young: number;
  /** Of connections: those that come with a token, which expires within a minute. */
  readonly tokens: number;
  /** Of lost `$disconnect` events. */
  readonly disconnectLost: number;
}

export const FIVE_PERCENT: Rates = {
  operation: 0.05,
  request: 0.01,
  lateWrite: 0.01,
  unprocessed: 0.05,
  post: 0.05,
  invocation: 0.05,
  young: 0.05,
  tokens: 0.2,
  disconnectLost: 0.3,
};

/**
 * The same for workers, whose clocks are minutes off here: what is young, and what has expired, is then not the same to
 * all.
 */
export const STEADY: Rates = { ...FIVE_PERCENT, young: 0, tokens: 0 };

/** What a faulty post comes to: a third each throttled, failed before its client had it, and failed after. */
export const POST_FAULTS: readonly ConnectionOutcome[] = [
  'throttled',
  'internalError',
  'errorAfterDelivery',
  'throttled',
  'reset',
  'resetAfterDelivery',
  'throttled',
  'unavailable',
  'hangAfterDelivery',
];
/** Kinds of fault that `Rates.post` counts. */
export const POST_FAULT_KINDS = 3;
