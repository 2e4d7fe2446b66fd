import { TablecastError } from '../errors.ts';
import { EXPLAIN_PATH } from './console-explain.ts';
import type { LiveAnswer, RecentQuery } from './explain-live.ts';
import { liveText } from './explain-print.ts';
import { askLoop, notTheLoop } from './loop-request.ts';

/** What a running `tablecast start` is asked to explain. */
export interface ExplainLoopOptions {
  /** The page of the running `tablecast start`. */
  readonly url: string;
  readonly query: RecentQuery;
  /** JSON instead of words. */
  readonly json: boolean;
  readonly out: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/**
 * Asks the running local loop why its latest records, or one of them, were or were not delivered.
 * @throws TablecastError `LOCAL_STACK` when nothing answers there, something else does, or the event is unknown
 */
export async function explainLoop({ url, query, json, out, signal }: ExplainLoopOptions): Promise<void> {
  const place = new URL(EXPLAIN_PATH, url);
  for (const [name, value] of Object.entries(query)) place.searchParams.set(name, String(value));
  const answer = await askLoop(place, url, signal);
  if (!isAnswer(answer)) throw new TablecastError('LOCAL_STACK', notTheLoop(url, 200));
  out.write(json ? `${JSON.stringify(answer)}\n` : liveText(answer, query));
}

function isAnswer(value: unknown): value is LiveAnswer {
  return typeof value === 'object' && value !== null && 'records' in value && Array.isArray(value.records);
}
