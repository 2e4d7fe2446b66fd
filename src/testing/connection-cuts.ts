import type { Clock } from '../relay/ports.ts';
import type { ConnectionState } from './connection-state.ts';

/**
 * Why a connection closed: its client went, a DELETE closed it, nothing passed either way for too long, or it had lived
 * its time.
 */
export type ClosedWhy = 'client' | 'server' | 'idle' | 'expired';

/** What API Gateway does to connections by the clock. `{}` is its own limits; Infinity takes one out. */
export interface ConnectionCuts {
  /** A connection without a frame either way for this long is closed, ms. Default 10 min. */
  readonly idleMs?: number;
  /** A connection that is this old is closed, ms. Default 2 h. */
  readonly lifeMs?: number;
}

/** Closes connections when their time has come. */
export interface ConnectionCutter {
  /** Call when a connection has opened: from now on it is watched. */
  watch(): void;
  /** Call when the last one has closed: nothing waits on the clock any more. */
  unwatch(): void;
  /** Why this connection is to close by now, if it is. */
  due(state: ConnectionState): ClosedWhy | undefined;
}

/**
 * Watches all connections with one sleep on the clock, to the earliest moment one could be due.
 * @param open the open connections, by id
 * @param cut closes one of them
 */
export function createConnectionCutter(
  cuts: ConnectionCuts,
  clock: Clock,
  open: ReadonlyMap<string, ConnectionState>,
  cut: (id: string, why: ClosedWhy) => void,
): ConnectionCutter {
  const { idleMs = 600_000, lifeMs = 7_200_000 } = cuts;
  let watching: AbortController | undefined;

  const dueAt = (state: ConnectionState) => Math.min(state.lastActiveAt + idleMs, state.connectedAt + lifeMs);

  const due = (state: ConnectionState): ClosedWhy | undefined => {
    const now = clock.now();
    if (now >= state.connectedAt + lifeMs) return 'expired';
    return now >= state.lastActiveAt + idleMs ? 'idle' : undefined;
  };

  const watchUntilNone = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      let next = Number.POSITIVE_INFINITY;
      for (const [, state] of open) next = Math.min(next, dueAt(state));
      if (next === Number.POSITIVE_INFINITY) break;
      await clock.sleep(next - clock.now(), signal);
      for (const [id, state] of [...open]) {
        const why = due(state);
        if (why) cut(id, why);
      }
    }
  };

  return {
    due,
    watch() {
      if (watching) return;
      const started = new AbortController();
      watching = started;
      void watchUntilNone(started.signal).then(() => {
        if (watching === started) watching = undefined;
      });
    },
    unwatch() {
      watching?.abort();
      watching = undefined;
    },
  };
}
