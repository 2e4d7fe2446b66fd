import { setMaxListeners } from 'node:events';
import type { MonotonicClock } from '../relay/ports.ts';

/** A clock that only moves when told to. Nothing waits in real time, and equal runs happen in equal order. */
export interface VirtualClock extends MonotonicClock {
  /** How many sleeps are pending. */
  readonly pending: number;
  /**
   * Moves `ms` milliseconds on. Sleeps that fall due end one by one, in order of due time, then of start; what each
   * sets off runs to its next wait before the following one ends.
   */
  advance(ms: number): Promise<void>;
  /** Moves on from sleep to sleep until none is pending; resolves with the milliseconds passed. */
  runUntilIdle(): Promise<number>;
  /**
   * Moves on for as long as `work` needs it, and gives its result. Rejects when `work` is still unsettled though no
   * sleep is pending: it waits for something this clock does not drive.
   */
  run<T>(work: Promise<T>): Promise<T>;
  /** The clock of another machine: the same time, told `offsetMs` later (or earlier, if negative). Moves with this one. */
  skewed(offsetMs: number): MonotonicClock;
}

interface Sleep {
  readonly due: number;
  readonly end: () => void;
}

/** More sleeps than this in one `runUntilIdle` or `run` is taken for a loop that never ends. */
const MAX_SLEEPS = 1_000_000;

/**
 * Makes a virtual {@link Clock}. For code that waits on promises and on this clock alone: real sockets and timers do
 * not stand still with it.
 * @param start Epoch ms it starts at. Default 2026-01-01T00:00:00Z.
 */
export function createVirtualClock(start: number = Date.UTC(2026, 0, 1)): VirtualClock {
  let now = start;
  /** Sorted by due time; equal ones in order of arrival. */
  const sleeps: Sleep[] = [];

  const insert = (sleep: Sleep) => {
    let at = sleeps.length;
    for (let before = sleeps[at - 1]; before && before.due > sleep.due; before = sleeps[at - 1]) at -= 1;
    sleeps.splice(at, 0, sleep);
  };

  const endNext = async () => {
    const sleep = sleeps.shift();
    if (!sleep) return;
    now = Math.max(now, sleep.due);
    sleep.end();
    await settle();
  };

  const guard = (ended: number) => {
    if (ended > MAX_SLEEPS) throw new Error(`expected the work to become idle, but it slept ${ended} times`);
  };

  const sleep: VirtualClock['sleep'] = (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      // Many may wait for one end: that is no leak.
      if (signal) setMaxListeners(0, signal);
      const own: Sleep = {
        due: now + Math.max(0, ms),
        end: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      const abort = () => {
        const at = sleeps.indexOf(own);
        if (at >= 0) sleeps.splice(at, 1);
        resolve();
      };
      signal?.addEventListener('abort', abort, { once: true });
      insert(own);
    });

  return {
    now: () => now,
    monotonic: () => now - start,
    skewed: (offsetMs) => ({ now: () => now + offsetMs, monotonic: () => now - start, sleep }),
    sleep,
    get pending() {
      return sleeps.length;
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (let next = sleeps[0]; next && next.due <= until; next = sleeps[0]) await endNext();
      now = until;
    },
    async runUntilIdle() {
      const from = now;
      await settle();
      for (let ended = 1; sleeps.length > 0; ended += 1) {
        guard(ended);
        await endNext();
      }
      return now - from;
    },
    async run(work) {
      let settled = false;
      const done = () => {
        settled = true;
      };
      work.then(done, done);
      await settle(TURNS, () => settled);
      for (let ended = 1; !settled; ended += 1) {
        guard(ended);
        if (sleeps.length === 0) await settle(LAST_TURNS, () => settled || sleeps.length > 0);
        if (settled) break;
        if (sleeps.length === 0) {
          throw new Error(
            'expected the work to end or to sleep on this clock, but it waits for something else',
          );
        }
        await endNext();
      }
      return work;
    },
  };
}

/** Turns of the event loop after which work that does not sleep on the clock is taken to wait. */
const TURNS = 25;
/** The same before it is taken to wait for something else for good. */
const LAST_TURNS = 5_000;

/** Lets run whatever can: promise reactions, and work that gives up its turn now and then. */
async function settle(turns = TURNS, isOver: () => boolean = () => false): Promise<void> {
  for (let turn = 0; turn < turns && !isOver(); turn += 1)
    await new Promise((resolve) => setImmediate(resolve));
}
