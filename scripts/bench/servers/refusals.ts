import type { Refusals } from './messages.ts';

export type Verdict = 'taken' | 'throttled' | 'gone';

/** Judges posts one after another, and counts what it refused. */
export interface Judge {
  of(path: string): Verdict;
  /** Refused since this was last asked. */
  take(): { readonly throttled: number; readonly gone: number };
}

/** The id of the connection that a path of @connections names. */
export const connectionOf = (path: string): string =>
  decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));

/** Without `refusals` everything is taken. Who is gone is told so, and is not counted among those who may be throttled. */
export function createJudge(refusals?: Refusals): Judge {
  const gone = new Set(refusals?.gone);
  const oneIn = refusals?.throttledOneIn ?? Number.POSITIVE_INFINITY;
  let came = 0;
  let counts = { throttled: 0, gone: 0 };
  return {
    of(path) {
      if (!refusals) return 'taken';
      if (gone.has(connectionOf(path))) {
        counts.gone += 1;
        return 'gone';
      }
      came += 1;
      if (came % oneIn !== 0) return 'taken';
      counts.throttled += 1;
      return 'throttled';
    },
    take() {
      const taken = counts;
      counts = { throttled: 0, gone: 0 };
      return taken;
    },
  };
}
