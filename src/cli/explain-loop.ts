import { TablecastError } from '../errors.ts';
import { EXPLAIN_PATH } from './console-explain.ts';
import type { LiveAnswer, RecentQuery } from './explain-live.ts';
import { liveText } from './explain-print.ts';

export interface ExplainLoopOptions {
  /** The page of the running `tablecast start`. */
  readonly url: string;
  readonly query: RecentQuery;
  /** JSON instead of words. */
  readonly json: boolean;
  readonly out: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** A loop on the same machine that takes longer than this does not work. */
const TIMEOUT_MS = 30_000;

/**
 * Asks the running local loop why its latest records, or one of them, were or were not delivered.
 * @throws TablecastError `LOCAL_STACK` when nothing answers there, something else does, or the event is unknown
 */
export async function explainLoop({ url, query, json, out, signal }: ExplainLoopOptions): Promise<void> {
  const place = new URL(EXPLAIN_PATH, url);
  for (const [name, value] of Object.entries(query)) place.searchParams.set(name, String(value));
  const answer = await ask(place, url, signal);
  out.write(json ? `${JSON.stringify(answer)}\n` : liveText(answer, query));
}

async function ask(place: URL, url: string, signal: AbortSignal): Promise<LiveAnswer> {
  let status: number;
  let text: string;
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await fetch(place, { redirect: 'error', signal: within });
    status = response.status;
    text = await response.text();
  } catch (cause) {
    signal.throwIfAborted();
    throw new TablecastError(
      'LOCAL_STACK',
      `expected a running "tablecast start" at ${url}, got ${codeOf(cause)}; start it, or name its page by --url`,
      { cause },
    );
  }
  const answer = parsed(text);
  if (status === 200 && isAnswer(answer)) return answer;
  throw new TablecastError(
    'LOCAL_STACK',
    problemOf(answer) ??
      `expected the page of "tablecast start" at ${url}, got HTTP ${status} of something else; name its page by --url`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAnswer(value: unknown): value is LiveAnswer {
  return typeof value === 'object' && value !== null && 'records' in value && Array.isArray(value.records);
}

function problemOf(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined;
  const { error } = answer;
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return typeof error.message === 'string' ? error.message : undefined;
}

/** `ECONNREFUSED` and the like, which fetch hides in the cause. */
function codeOf(error: unknown): string {
  const cause = property(error, 'cause') ?? error;
  const code = property(cause, 'code');
  return typeof code === 'string' ? code : String(property(error, 'message') ?? error);
}

function property(value: unknown, name: 'cause' | 'code' | 'message'): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
