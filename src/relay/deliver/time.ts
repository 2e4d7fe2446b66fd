import type { SweepContext } from '../context.ts';

/** The time a batch has. */
export interface SendTime {
  /** Left of the invocation, in ms; `Infinity` where there is no end. */
  readonly remainingMs: () => number;
  /** Once aborted no post is begun, and nobody is ended: the shard may be another's by now. */
  readonly signal?: AbortSignal;
}

/** {@link SendTime}, and how much of it is kept for what follows the sending. */
export interface BoundedTime extends SendTime {
  /** With less than this left, in ms, no post is begun. */
  readonly marginMs: number;
}

/** A function with a short time-out still delivers something before each end. */
export function bounded({ settings }: Pick<SweepContext, 'settings'>, time: SendTime): BoundedTime {
  return { ...time, marginMs: Math.min(settings.deadlineMarginMs, time.remainingMs() / 2) };
}
