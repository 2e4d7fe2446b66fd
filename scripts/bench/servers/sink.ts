/**
 * Child process: stands for @connections. Answers every post with 200 and remembers it, for the parent to ask about. It
 * speaks HTTP itself over a TLS server, because Node's own would cost more than the fastest program measured against it.
 */
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { digestsOf } from './digest.ts';
import type { SinkReply, SinkRequest } from './messages.ts';
import { RequestReader } from './requests.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const LAST_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

const reply = (message: SinkReply) => process.send?.(message);

function listen(tls: { readonly key: string; readonly cert: string }): void {
  let posted: { readonly path: string; readonly body: Buffer }[] = [];
  let handshakes = 0;
  let serviceMs = 0;
  const server = createServer({ ...tls, noDelay: true }, (socket) => {
    handshakes += 1;
    const answer = (isLast: boolean) => {
      if (socket.destroyed) return;
      if (isLast) socket.end(LAST_ANSWER);
      else socket.write(ANSWER);
    };
    const reader = new RequestReader((path, body, isLast) => {
      posted.push({ path, body });
      if (serviceMs > 0) setTimeout(answer, serviceMs, isLast);
      else answer(isLast);
    });
    socket.on('data', (chunk: Buffer) => reader.read(chunk));
    // A client that ends takes its sockets with it.
    socket.on('error', () => socket.destroy());
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () =>
    reply({ kind: 'listening', port: (server.address() as AddressInfo).port }),
  );
  process.on('message', (request: SinkRequest) => {
    if (request.kind === 'serve') serviceMs = request.serviceMs;
    if (request.kind === 'serve') reply({ kind: 'ok' });
    if (request.kind !== 'take') return;
    const bodies = posted.map(({ path, body }) => ({ path, body: body.toString('utf8') }));
    reply({ kind: 'taken', digests: Object.fromEntries(digestsOf(bodies)), handshakes });
    posted = [];
    handshakes = 0;
  });
}

process.once('message', (request: SinkRequest) => {
  if (request.kind === 'listen') listen(request);
});
process.on('disconnect', () => process.exit(0));
