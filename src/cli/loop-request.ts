import { InvalidArgumentError } from 'commander';
import { TablecastError } from '../errors.ts';

/** Where `start` has its page unless it is told otherwise. */
export const DEFAULT_LOOP_URL = 'http://localhost:3000';

/** A loop on the same machine that takes longer than this does not work. */
const TIMEOUT_MS = 30_000;

/**
 * Asks the page of a running `tablecast start`.
 * @returns what it answered with 200
 * @throws TablecastError `LOCAL_STACK` when nothing answers there, something else does, or it answers with a problem
 */
export async function askLoop(place: URL, url: string, signal: AbortSignal): Promise<unknown> {
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
  if (status === 200 && answer !== undefined) return answer;
  throw new TablecastError('LOCAL_STACK', problemOf(answer) ?? notTheLoop(url, status));
}

/** What is said where something answers that is no `start`. */
export function notTheLoop(url: string, status: number): string {
  return `expected the page of "tablecast start" at ${url}, got HTTP ${status} of something else; name its page by --url`;
}

/** Reads an option `--url`. */
export function loopUrl(value: string): string {
  if (/^https?:/.test(value) && URL.canParse(value)) return value;
  throw new InvalidArgumentError(`expected a URL such as ${DEFAULT_LOOP_URL}, got "${value}".`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
