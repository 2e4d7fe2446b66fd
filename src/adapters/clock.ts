import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { MonotonicClock } from '../relay/ports.ts';

/** The machine's own clock. */
export const systemClock: MonotonicClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    // Many lanes wait for the same end: that is no leak, and not worth Node's warning.
    if (signal) setMaxListeners(0, signal);
    try {
      await wait(ms, undefined, signal && { signal });
    } catch {
      // Aborted: waking early is what was asked for.
    }
  },
};
