import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { createDeadlines } from './deadlines.ts';
import type { Endpoint } from './endpoint.ts';
import { KeptSockets } from './kept-sockets.ts';
import {
  AnswerTooLargeError,
  MAX_ANSWER_BYTES,
  type Sender,
  type SenderOptions,
  TimeoutError,
  type WireAnswer,
} from './sender.ts';

/** Frames up to this size go out as text in one piece with their headers; copying a larger one would cost more. */
const ONE_PIECE_BYTES = 8 * 1024;

/** Sends with Node's own HTTP client: what `TABLECAST_TRANSPORT=https` switches to (docs/transport.md). */
export function createHttpsSender(endpoint: Endpoint, options: SenderOptions): Sender {
  const agent = new KeptSockets(endpoint, options);
  const deadlines = createDeadlines();
  return {
    send: ({ method, path, headers, body, timeoutMs }) =>
      new Promise<WireAnswer>((resolve, reject) => {
        // As one list they are written as they are, without being kept by name first. The agent knows the way; whether
        // it is TLS is its business.
        const sent = requestHttp({
          agent,
          method,
          path,
          headers: [...headers.shared, ...headers.own],
          setHost: false,
        });
        let answer: IncomingMessage | undefined;
        let failure: Error | undefined;
        const fail = (error: Error) => {
          failure ??= error;
          sent.destroy(failure);
          // One that waits for a socket hears of its end only when it gets one.
          reject(failure);
        };
        const deadline = {
          endsAt: performance.now() + timeoutMs,
          expire: () => fail(new TimeoutError(timeoutMs)),
        };
        deadlines.add(deadline);
        sent.once('response', (response) => {
          answer = response;
          agent.heed(response.rawHeaders);
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.byteLength;
            if (bytes > MAX_ANSWER_BYTES) fail(new AnswerTooLargeError());
          });
        });
        sent.on('error', (error) => {
          failure ??= error;
        });
        // Comes last in any case: once the answer is read and its socket is to be had again, or after an error.
        sent.once('close', () => {
          deadlines.remove(deadline);
          if (!failure && answer?.complete) resolve(read(answer));
          else reject(failure ?? new Error('the connection broke off within the answer'));
        });
        write(sent, body);
      }),
    destroy: () => agent.destroy(),
  };
}

function write(request: ClientRequest, body: Buffer | undefined): void {
  if (!body) request.end();
  else if (body.byteLength > ONE_PIECE_BYTES) request.end(body);
  // Any bytes are the same ones as latin1 again.
  else request.end(body.toString('latin1'), 'latin1');
}

function read({ statusCode = 0, headers }: IncomingMessage): WireAnswer {
  const errorType = statusCode >= 400 ? headers['x-amzn-errortype'] : undefined;
  return { status: statusCode, ...(typeof errorType === 'string' && { errorType }) };
}
