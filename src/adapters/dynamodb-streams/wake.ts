/** Lets one loop wait, and others end its wait. */
export interface Wake {
  now(): void;
  /** Sleeps until woken; a call of `now` since the last wait ends it at once. */
  wait(sleep: (signal: AbortSignal) => Promise<void>, stopping: AbortSignal): Promise<void>;
}

export function createWake(): Wake {
  let pending = new AbortController();
  return {
    now: () => pending.abort(),
    async wait(sleep, stopping) {
      // Not AbortSignal.any: each call leaves something behind in a signal that lives as long as the process (Node 20).
      const end = () => pending.abort();
      stopping.addEventListener('abort', end, { once: true });
      if (stopping.aborted) end();
      await sleep(pending.signal);
      stopping.removeEventListener('abort', end);
      if (pending.signal.aborted) pending = new AbortController();
    },
  };
}
