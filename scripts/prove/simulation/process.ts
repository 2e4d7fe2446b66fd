import type { MonotonicClock } from '../../../src/relay/ports.ts';

/**
 * A process of the relay, which can die or be frozen at any moment: a Lambda environment, or a worker. What it has asked
 * of the world goes on without it; it merely never learns the answer, or learns it late.
 */
export interface SimulatedProcess {
  readonly isAlive: boolean;
  /** Rejects once it has been killed. */
  readonly died: Promise<never>;
  /** `kill -9`: nothing that waits inside it ever continues. */
  kill(why: string): void;
  /** `kill -STOP`, a long garbage collection, a suspended machine. */
  freeze(): void;
  /** It goes on where it was, with its clocks as late as everybody's. */
  thaw(): void;
  /** Begins something outside while it runs, and has the answer while it runs. */
  awaits<T>(begin: () => Promise<T>): Promise<T>;
  /** Its own view of a clock. */
  clock(clock: MonotonicClock): MonotonicClock;
}

export function createProcess(): SimulatedProcess {
  let isAlive = true;
  let frozen: Promise<void> | undefined;
  let thaw = () => {};
  let fail: (reason: Error) => void = () => {};
  const died = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Most processes die while nobody looks.
  died.catch(() => {});

  const never = new Promise<never>(() => {});
  const running = async (): Promise<void> => {
    while (frozen) await frozen;
    if (!isAlive) await never;
  };
  const isRunning = () => isAlive && !frozen;

  const awaits = async <T>(begin: () => Promise<T>): Promise<T> => {
    if (!isRunning()) await running();
    try {
      const answer = await begin();
      if (!isRunning()) await running();
      return answer;
    } catch (error) {
      if (!isRunning()) await running();
      throw error;
    }
  };

  return {
    get isAlive() {
      return isAlive;
    },
    died,
    kill(why) {
      if (!isAlive) return;
      isAlive = false;
      fail(new Error(`killed: ${why}`));
      thaw();
    },
    freeze() {
      if (frozen) return;
      frozen = new Promise((resolve) => {
        thaw = () => {
          frozen = undefined;
          resolve();
        };
      });
    },
    thaw: () => thaw(),
    awaits,
    clock: (clock) => ({
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: (ms, signal) => awaits(() => clock.sleep(ms, signal)),
    }),
  };
}
