import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { TablecastError } from '../errors.ts';

const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Makes sure that a DynamoDB of the user's own answers before anything is started for it.
 * @throws TablecastError `CONFIG_INVALID` when it is no URL, `LOCAL_STACK` when nothing answers there
 */
export async function checkEndpoint(endpoint: string): Promise<void> {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new TablecastError(
      'CONFIG_INVALID',
      `DYNAMODB_ENDPOINT: expected a URL such as http://127.0.0.1:8000, got "${endpoint}"`,
    );
  }
  try {
    await answers(url);
  } catch (cause) {
    throw new TablecastError(
      'LOCAL_STACK',
      `DYNAMODB_ENDPOINT: expected a DynamoDB that answers at ${endpoint}, got ${wordsOf(cause)}; start it, or unset the variable to have one started`,
      { cause },
    );
  }
}

/** Any HTTP answer will do: unsigned, it is a 400 that says so. Not by `fetch`, which refuses some ports. */
async function answers(url: URL): Promise<void> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const asked = request(url, { method: 'POST', signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  asked.end();
  await once(asked, 'response');
  asked.destroy();
}

/** The system's code of an error, or its words. */
function wordsOf(error: unknown): string {
  return String(field(error, 'code') ?? field(error, 'message') ?? error);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
