/**
 * Child process: takes posts over TLS and answers each with 200 after a while. It reads no more of HTTP than it must, so
 * that the client is what is measured.
 */
import { readFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:tls';

/** As API Gateway answers, by the look of it. */
const ANSWER = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\nx-amzn-requestid: 0f5e2c1a-3b1e-4f0e-9f26-0a0b0c0d0e0f\r\n\r\n',
);

const [keyFile = '', certFile = '', latency = '0'] = process.argv.slice(2);
const latencyMs = Number(latency);
let posts = 0;
let handshakes = 0;

const server = createServer(
  { key: readFileSync(keyFile), cert: readFileSync(certFile) },
  (socket: Socket) => {
    handshakes += 1;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    let read: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      read = read.byteLength === 0 ? chunk : Buffer.concat([read, chunk]);
      for (;;) {
        const head = read.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = /content-length: (\d+)/i.exec(read.toString('latin1', 0, head))?.[1];
        const end = head + 4 + Number(length ?? 0);
        if (read.byteLength < end) return;
        read = read.subarray(end);
        posts += 1;
        if (latencyMs > 0) setTimeout(() => socket.write(ANSWER), latencyMs);
        else socket.write(ANSWER);
      }
    });
  },
);
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', () => {
  process.send?.({ posts, handshakes });
  posts = 0;
  handshakes = 0;
});
process.on('disconnect', () => process.exit(0));
