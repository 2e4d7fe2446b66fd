import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../relay/ports.ts';

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await wait(ms, undefined, signal && { signal });
    } catch {
      // Aborted: waking early is what was asked for.
    }
  },
};
