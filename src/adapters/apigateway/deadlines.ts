/** Something that ends at a certain time unless it is done before. */
export interface Pending {
  /** On the clock of `performance.now()`, in ms. */
  readonly endsAt: number;
  /** Called once, when its time is up. */
  expire(): void;
}

/** How late a time-out may be noticed, in ms. */
const PERIOD_MS = 25;

/**
 * Time-outs of many requests at once. One timer looks through them from time to time: one each would cost more than
 * what it guards, where hardly any is ever due. It runs only while something is pending.
 */
export interface Deadlines {
  add(pending: Pending): void;
  /** Of one that is not there, nothing. */
  remove(pending: Pending): void;
}

export function createDeadlines(): Deadlines {
  const pending = new Set<Pending>();
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    const now = performance.now();
    for (const entry of pending) {
      if (entry.endsAt > now) continue;
      pending.delete(entry);
      entry.expire();
    }
    if (pending.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    add(entry) {
      pending.add(entry);
      timer ??= setInterval(look, PERIOD_MS);
    },
    remove(entry) {
      pending.delete(entry);
    },
  };
}
