import type { MonotonicClock } from '../../relay/ports.ts';

/** Paces the requests of one process. */
export interface RateLimit {
  /**
   * Takes a place in the queue.
   * @returns how long to wait before the request may begin, in ms, 0 as a rule; `undefined`, and no place is taken, when
   * that were more than `maxWaitMs`
   */
  take(maxWaitMs: number): number | undefined;
  /** Tells what a request came to, whose it was, and whether it was throttled (429). */
  answered(connectionId: string, throttled: boolean): void;
  /** Requests a second allowed at present. */
  readonly perSecond: number;
}

export interface RateLimitOptions {
  /** Most requests a second. */
  readonly perSecond: number;
  readonly clock: Pick<MonotonicClock, 'monotonic'>;
}

/** Requests that may begin at once after a pause, as a part of those of a second. */
const BURST = 1 / 20;
/** The rate never falls below this part of the most. */
const FLOOR = 1 / 100;
/** From the floor to the most in so many seconds. */
const RECOVERY_SECONDS = 60;
/** Throttled answers are judged over this long, and the rate is cut once in it at most. */
const WINDOW_MS = 1_000;
/** What makes throttling everybody's and not that of some clients who do not read: all three together. */
const LEAST_ANSWERS = 100;
const LEAST_SHARE = 1 / 10;
const LEAST_CONNECTIONS = 10;

/**
 * A token bucket whose rate follows what the account may have (additive increase, multiplicative decrease). 429 says one
 * of two things: the account's rate is used up, or this one client does not read (RELIABILITY §3.2). The second is no
 * reason to slow down for others, so the rate is halved only once a tenth of a hundred answers or more within a second
 * were throttled, of ten connections or more. It is halved from what was really begun, for most of the time the limit is
 * far above that. Where fewer are sent, backing off from one frame to the next does.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-request-throttling.html
 */
export function createRateLimit({ perSecond: most, clock }: RateLimitOptions): RateLimit {
  let rate = most;
  let tokens = capacityOf(most);
  let at = clock.monotonic();
  let windowAt = at;
  let cutAt = Number.NEGATIVE_INFINITY;
  let begun = 0;
  let begunBefore = 0;
  let answers = 0;
  let throttledAnswers = 0;
  const throttledConnections = new Set<string>();

  const turn = (now: number) => {
    const windows = Math.floor((now - windowAt) / WINDOW_MS);
    begunBefore = windows === 1 ? begun : 0;
    windowAt += windows * WINDOW_MS;
    begun = 0;
    forget();
  };
  const forget = () => {
    answers = 0;
    throttledAnswers = 0;
    throttledConnections.clear();
  };
  const advance = () => {
    const now = clock.monotonic();
    const seconds = (now - at) / 1_000;
    at = now;
    if (rate < most) rate = Math.min(most, rate + (seconds * most) / RECOVERY_SECONDS);
    tokens = Math.min(capacityOf(rate), tokens + seconds * rate);
    if (now - windowAt >= WINDOW_MS) turn(now);
  };

  return {
    get perSecond() {
      return rate;
    },
    take(maxWaitMs) {
      advance();
      const waitMs = tokens >= 1 ? 0 : ((1 - tokens) / rate) * 1_000;
      if (waitMs > maxWaitMs) return undefined;
      tokens -= 1;
      begun += 1;
      return waitMs;
    },
    answered(connectionId, throttled) {
      answers += 1;
      if (!throttled) return;
      throttledAnswers += 1;
      if (throttledConnections.size < LEAST_CONNECTIONS) throttledConnections.add(connectionId);
      if (throttledConnections.size < LEAST_CONNECTIONS) return;
      if (answers < LEAST_ANSWERS || throttledAnswers < answers * LEAST_SHARE) return;
      const now = clock.monotonic();
      if (now - cutAt < WINDOW_MS) return;
      cutAt = now;
      rate = Math.max(most * FLOOR, Math.min(rate, Math.max(begun, begunBefore)) / 2);
      tokens = Math.min(tokens, capacityOf(rate));
      forget();
    },
  };
}

function capacityOf(rate: number): number {
  return Math.max(1, rate * BURST);
}
