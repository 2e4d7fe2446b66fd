import { integer, invalid, objectOf, shown } from './setting-values.ts';

/** `custom.tablecast.fanOut`: what a batch of changes owes may be sent by several invocations. */
export interface FanOutSettings {
  /** Deliveries of one batch beyond which they are handed over: 1–10 000 000, default 20 000. */
  readonly above: number;
  /**
   * Message groups, each delivered in order: 1–1 000, default 20. No more invocations than that deliver at once, and each
   * connection belongs to one.
   */
  readonly lanes: number;
  /** Invocations of `deliver` at once, 2–1 000; by default as many as there are lanes. */
  readonly maximumConcurrency?: number;
  /**
   * Posts a second of all of them together, 1–1 000 000, default 10 000: the account's quota for the Region. Each keeps to
   * its share.
   */
  readonly postsPerSecond: number;
}

export const DEFAULT_ABOVE = 20_000;
export const DEFAULT_LANES = 20;

const AT = 'custom.tablecast.fanOut';
const KEYS = ['above', 'lanes', 'maximumConcurrency', 'postsPerSecond'];

/**
 * `true` is the defaults; `false` and nothing are no fan-out.
 * @param delivery who reads the streams: a worker has no time that runs out, and hands nothing over
 * @throws TablecastError `CONFIG_INVALID`
 */
export function fanOutSettingsOf(value: unknown, delivery: 'lambda' | 'worker'): FanOutSettings | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  if (typeof value !== 'object' && value !== true)
    throw invalid(AT, `true, or an object of ${KEYS.join(', ')}`, shown(value));
  if (delivery === 'worker') throw invalid(AT, 'nothing with "delivery: worker"', shown(value));
  const given = objectOf(AT, value === true ? {} : value, KEYS);
  const concurrency = given.get('maximumConcurrency');
  return {
    above: integer('fanOut.above', given.get('above'), 1, 10_000_000, DEFAULT_ABOVE),
    lanes: integer('fanOut.lanes', given.get('lanes'), 1, 1_000, DEFAULT_LANES),
    ...(concurrency !== undefined &&
      concurrency !== null && {
        maximumConcurrency: integer('fanOut.maximumConcurrency', concurrency, 2, 1_000, 2),
      }),
    postsPerSecond: integer('fanOut.postsPerSecond', given.get('postsPerSecond'), 1, 1_000_000, 10_000),
  };
}

/** Posts a second that one invocation of `deliver` may begin: its share of what all may. */
export function postsPerInvocation({ lanes, maximumConcurrency, postsPerSecond }: FanOutSettings): number {
  return Math.max(1, Math.floor(postsPerSecond / Math.min(lanes, maximumConcurrency ?? lanes)));
}
