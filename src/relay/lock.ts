import type { RelayContext } from './context.ts';

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 400;

/** Longer than any invocation that answers a frame: a lock whose holder died frees itself. */
const HOLD_MS = 30_000;

/**
 * Runs `work` while it alone holds the connection's lock. Who waits gets it in no certain order: frames that a client
 * sends without awaiting the reply to the one before may run in another order than they were sent in.
 * @returns what `work` came to, or `undefined` when the lock was not to be had within `settings.lockWaitMs`
 */
export async function exclusively<T>(
  { registry, clock, settings, logger }: RelayContext,
  connectionId: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T } | undefined> {
  const deadline = clock.now() + settings.lockWaitMs;
  let token = await registry.lock(connectionId, HOLD_MS);
  for (let pause = FIRST_PAUSE_MS; token === undefined; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const left = deadline - clock.now();
    if (left <= 0) return undefined;
    await clock.sleep(Math.min(pause, left));
    if ((await registry.connection(connectionId))?.closed !== false) return undefined;
    token = await registry.lock(connectionId, HOLD_MS);
  }
  try {
    return { result: await work() };
  } finally {
    // What was done is done: a lock that cannot be given back runs out.
    await registry.unlock(connectionId, token).catch((err: unknown) => {
      logger.warn({ event: 'lock.kept', connectionId, err });
    });
  }
}
