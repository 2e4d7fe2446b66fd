import type { ExplainRecent, RecentQuery } from './explain-live.ts';
import { MAX_RECORDS } from './recent-records.ts';

/** Where the local loop explains its latest records; for `tablecast explain`. */
export const EXPLAIN_PATH = '/explain.json';

/** Records explained where no number is given. */
export const DEFAULT_LAST = 10;

/** Longest piece of a foreign text that a message repeats. */
const SHOWN = 64;

/** @param url path and query of the request */
export async function explainRequest(
  url: string,
  explain: ExplainRecent,
): Promise<{ readonly status: number; readonly answer: unknown }> {
  const query = queryOf(new URLSearchParams(url.split('?')[1] ?? ''));
  if (typeof query === 'string') return problem(400, query);
  try {
    const answer = await explain(query);
    if ('event' in query && answer.records.length === 0) {
      return problem(
        404,
        `event: expected one of the last ${answer.kept} records, got ${JSON.stringify(query.event.slice(0, SHOWN))}`,
      );
    }
    return { status: 200, answer };
  } catch (error) {
    return problem(503, error instanceof Error ? error.message : String(error));
  }
}

function queryOf(parameters: URLSearchParams): RecentQuery | string {
  const event = parameters.get('event');
  if (event !== null && event !== '') return { event };
  const last = parameters.get('last') ?? String(DEFAULT_LAST);
  const number = /^\d{1,4}$/.test(last) ? Number(last) : 0;
  if (number >= 1 && number <= MAX_RECORDS) return { last: number };
  return `last: expected a number of records from 1 to ${MAX_RECORDS}, got ${JSON.stringify(last.slice(0, SHOWN))}`;
}

function problem(status: number, message: string) {
  return { status, answer: { error: { message } } };
}
