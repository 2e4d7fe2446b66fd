import { setMaxListeners } from 'node:events';
import type { MonotonicClock } from '../../../src/relay/ports.ts';

/** Work that did not end within the virtual time it was given, or waits for something that no clock will bring. */
export class Stalled extends Error {
  override readonly name = 'Stalled';
}

/** A virtual clock for very many sleeps: each costs one turn of the event loop. */
export interface SimulationClock extends MonotonicClock {
  /**
   * Moves on from sleep to sleep for as long as `work` needs it, at most `limitMs` virtual ms, and gives its result.
   * @param signal once aborted, rejects with its reason
   * @throws Stalled
   */
  run<T>(work: Promise<T>, limitMs: number, signal?: AbortSignal): Promise<T>;
  /** The clock of another machine: the same time, told `offsetMs` later (or earlier, if negative). */
  skewed(offsetMs: number): MonotonicClock;
  /** Sleeps that ended so far. */
  readonly steps: number;
}

interface Sleep {
  readonly due: number;
  readonly serial: number;
  end: (() => void) | undefined;
}

/** Turns of the event loop after which work that does not sleep is taken to wait for ever. */
const LAST_TURNS = 200;

/**
 * The virtual clock of `tablecast/testing`, made for speed: sleeps are kept in a heap, and after one has ended the clock
 * waits a single turn for what it sets off. Work that takes more turns goes on while time does, as it would on a machine
 * that is busy; equal seeds still give equal runs.
 * @param start epoch ms
 */
export function createSimulationClock(start: number = Date.UTC(2026, 0, 1)): SimulationClock {
  let now = start;
  let serial = 0;
  let steps = 0;
  const sleeps: Sleep[] = [];

  const sleep: MonotonicClock['sleep'] = (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      serial += 1;
      const own: Sleep = { due: now + Math.max(0, ms), serial, end: undefined };
      const abort = () => {
        // It stays where it is, and ends nothing when its time comes.
        own.end = undefined;
        resolve();
      };
      own.end = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      // As many as like may wait for the same signal.
      if (signal) setMaxListeners(0, signal);
      signal?.addEventListener('abort', abort, { once: true });
      if (own.due !== Number.POSITIVE_INFINITY) push(sleeps, own);
    });

  return {
    now: () => now,
    monotonic: () => now - start,
    sleep,
    skewed: (offsetMs) => ({ now: () => now + offsetMs, monotonic: () => now - start, sleep }),
    get steps() {
      return steps;
    },
    async run(work, limitMs, signal) {
      const until = now + limitMs;
      let settled = false;
      const done = () => {
        settled = true;
      };
      work.then(done, done);
      let idle = 0;
      for (;;) {
        await turn();
        if (settled) return work;
        signal?.throwIfAborted();
        const next = pop(sleeps);
        if (!next) {
          idle += 1;
          if (idle > LAST_TURNS) throw new Stalled('the work waits for something that never comes');
          continue;
        }
        idle = 0;
        if (next.due > until) throw new Stalled(`the work had not ended after ${limitMs} ms`);
        if (!next.end) continue;
        now = Math.max(now, next.due);
        steps += 1;
        next.end();
      }
    },
  };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const isBefore = (a: Sleep, b: Sleep) => a.due < b.due || (a.due === b.due && a.serial < b.serial);

function push(heap: Sleep[], added: Sleep): void {
  let at = heap.length;
  heap.push(added);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above];
    if (!parent || !isBefore(added, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = added;
}

function pop(heap: Sleep[]): Sleep | undefined {
  const [first] = heap;
  const last = heap.pop();
  if (!first || !last || first === last) return first;
  let at = 0;
  for (;;) {
    const left = heap[2 * at + 1];
    const right = heap[2 * at + 2];
    const lesser = left && right && isBefore(right, left) ? right : left;
    if (!lesser || !isBefore(lesser, last)) break;
    heap[at] = lesser;
    at = lesser === left ? 2 * at + 1 : 2 * at + 2;
  }
  heap[at] = last;
  return first;
}
