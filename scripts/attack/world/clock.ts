import type { MonotonicClock } from '../../../src/relay/ports.ts';

/** Epoch ms at which every attack begins. */
export const START = Date.UTC(2026, 0, 1);

/** Sleeps as long as this that can be called off are time limits: they end when they are called off. */
const TIME_LIMIT_MS = 10_000;

/**
 * A clock on which every wait is over at once, its time having passed: a million frames are not to wait in real time. Time
 * limits, which nobody means to wait for, never run out.
 */
export function createInstantClock(): MonotonicClock & { pass(ms: number): void } {
  let now = START;
  return {
    now: () => now,
    monotonic: () => now - START,
    pass(ms) {
      now += ms;
    },
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.resolve();
      if (signal && ms >= TIME_LIMIT_MS) {
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      now += Math.max(0, ms);
      return Promise.resolve();
    },
  };
}
