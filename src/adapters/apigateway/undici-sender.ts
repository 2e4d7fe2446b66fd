import type { Dispatcher } from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';
import { createDeadlines } from './deadlines.ts';
import type { Endpoint } from './endpoint.ts';
import {
  MAX_ANSWER_BYTES,
  type Sender,
  type SenderOptions,
  TimeoutError,
  type WireAnswer,
} from './sender.ts';

/** Sends with undici: the least work a request once it is loaded and warm (docs/transport.md). */
export function createUndiciSender(endpoint: Endpoint, options: SenderOptions): Sender {
  const { maxSockets, connectionTimeoutMs, idleSocketMs, ca } = options;
  const pool = new Pool(endpoint.origin, {
    connections: maxSockets,
    pipelining: 1,
    connect: { timeout: connectionTimeoutMs, ...(ca !== undefined && { ca }) },
    keepAliveTimeout: idleSocketMs,
    // What the other side hints at can only make it shorter.
    keepAliveMaxTimeout: idleSocketMs,
    maxResponseSize: MAX_ANSWER_BYTES,
    // Ours covers the time a request waits for a socket too.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const deadlines = createDeadlines();
  return {
    send: ({ method, path, headers, body, timeoutMs }) =>
      new Promise<WireAnswer>((resolve, reject) => {
        let answer: WireAnswer = { status: 0 };
        let controller: Dispatcher.DispatchController | undefined;
        let late: TimeoutError | undefined;
        const deadline = {
          endsAt: performance.now() + timeoutMs,
          expire() {
            late = new TimeoutError(timeoutMs);
            controller?.abort(late);
            reject(late);
          },
        };
        deadlines.add(deadline);
        pool.dispatch(
          { method, path, headers: [...headers], body: body ?? null },
          {
            onRequestStart(given) {
              controller = given;
              // Its time was up while it waited for a socket.
              if (late) given.abort(late);
            },
            onResponseStart(_controller, status, given) {
              const errorType = status >= 400 ? given['x-amzn-errortype'] : undefined;
              answer = { status, ...(typeof errorType === 'string' && { errorType }) };
            },
            onResponseData() {},
            onResponseEnd() {
              deadlines.remove(deadline);
              resolve(answer);
            },
            onResponseError(_controller, error) {
              deadlines.remove(deadline);
              reject(error);
            },
          },
        );
      }),
    destroy() {
      pool.destroy().catch(() => {});
    },
  };
}
