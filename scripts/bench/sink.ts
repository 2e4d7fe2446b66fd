/** Child process: an HTTPS server that answers every post with 200 and remembers it, for `main.ts` to ask about. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { digestOf, type Posted } from './digest.ts';
import type { SinkReply, SinkRequest } from './messages.ts';

const reply = (message: SinkReply) => process.send?.(message);

function listen(tls: { readonly key: string; readonly cert: string }): void {
  let posted: Posted[] = [];
  let handshakes = 0;
  const server = createServer({ ...tls, keepAlive: true }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      posted.push({ path: request.url ?? '', body: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(200, { 'content-length': 0 });
      response.end();
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on('secureConnection', () => {
    handshakes += 1;
  });
  server.listen(0, '127.0.0.1', () =>
    reply({ kind: 'listening', port: (server.address() as AddressInfo).port }),
  );
  process.on('message', (request: SinkRequest) => {
    if (request.kind !== 'take') return;
    reply({ kind: 'taken', digest: digestOf(posted), handshakes });
    posted = [];
    handshakes = 0;
  });
}

process.once('message', (request: SinkRequest) => {
  if (request.kind === 'listen') listen(request);
});
process.on('disconnect', () => process.exit(0));
