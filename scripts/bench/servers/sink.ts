/**
 * Child process: stands for @connections. Answers posts with 200 and remembers them, for the parent to ask about; refuses
 * only what it is told to. It speaks HTTP itself over a TLS server, because Node's own would cost more than the fastest program measured against it.
 */
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { createCpuClock } from './cpu-clock.ts';
import { digestsOf } from './digest.ts';
import type { SinkReply, SinkRequest } from './messages.ts';
import { createJudge, type Verdict } from './refusals.ts';
import { RequestReader } from './requests.ts';

const STATUS: Readonly<Record<Verdict, string>> = {
  taken: '200 OK',
  throttled: '429 Too Many Requests',
  gone: '410 Gone',
};
const answerOf = (verdict: Verdict, rest: string) =>
  `HTTP/1.1 ${STATUS[verdict]}\r\nContent-Length: 0\r\n${rest}\r\n`;
const answersOf = (rest: string): Readonly<Record<Verdict, string>> => ({
  taken: answerOf('taken', rest),
  throttled: answerOf('throttled', rest),
  gone: answerOf('gone', rest),
});
const ANSWERS = answersOf('');
const LAST_ANSWERS = answersOf('Connection: close\r\n');

const reply = (message: SinkReply) => process.send?.(message);

function listen(tls: { readonly key: string; readonly cert: string }): void {
  let posted: { readonly path: string; readonly body: Buffer }[] = [];
  let handshakes = 0;
  let serviceMs = 0;
  let judge = createJudge();
  const cpu = createCpuClock();
  const server = createServer({ ...tls, noDelay: true }, (socket) => {
    handshakes += 1;
    const answer = (verdict: Verdict, isLast: boolean) => {
      if (socket.destroyed) return;
      if (isLast) socket.end(LAST_ANSWERS[verdict]);
      else socket.write(ANSWERS[verdict]);
    };
    const reader = new RequestReader((path, body, isLast) => {
      const verdict = judge.of(path);
      if (verdict === 'taken') posted.push({ path, body });
      if (serviceMs > 0) setTimeout(answer, serviceMs, verdict, isLast);
      else answer(verdict, isLast);
    });
    socket.on('data', (chunk: Buffer) => reader.read(chunk));
    // A client that ends takes its sockets with it.
    socket.on('error', () => socket.destroy());
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () =>
    reply({ kind: 'listening', port: (server.address() as AddressInfo).port }),
  );
  process.on('message', (request: SinkRequest) => {
    if (request.kind === 'serve') {
      serviceMs = request.serviceMs;
      judge = createJudge(request.refusals);
      reply({ kind: 'ok' });
    }
    if (request.kind !== 'take') return;
    const cpuMs = cpu.lap();
    const bodies = posted.map(({ path, body }) => ({ path, body: body.toString('utf8') }));
    const digests = Object.fromEntries(digestsOf(bodies, request.leftOut));
    posted = [];
    // What the comparison takes is no part of what answering does.
    cpu.lap();
    reply({ kind: 'taken', digests, handshakes, ...judge.take(), cpuMs });
    handshakes = 0;
  });
}

process.once('message', (request: SinkRequest) => {
  if (request.kind === 'listen') listen(request);
});
process.on('disconnect', () => process.exit(0));
