import type { Invoke } from '../adapters/dynamodb-streams/batch.ts';
import { TablecastError } from '../errors.ts';

/** A little longer than any function may take. */
const TIMEOUT_MS = 90_000;

/**
 * Invokes a function over the Lambda API of the local gateway, as the event source mapping would: the same bundled
 * handler runs (C9).
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function invokeFunction(lambdaPort: number, name: string): Invoke {
  const url = `http://127.0.0.1:${lambdaPort}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;
  return async (event, signal) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'x-amz-invocation-type': 'RequestResponse' },
      body: JSON.stringify(event),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const text = await response.text();
    // A function that threw is answered with 200, too: the header tells.
    if (!response.ok || response.headers.has('x-amz-function-error')) {
      throw new TablecastError(
        'LOCAL_STACK',
        `${name}: expected an answer, got HTTP ${response.status} ${text.slice(0, 300)}`,
      );
    }
    return text === '' ? undefined : JSON.parse(text);
  };
}
