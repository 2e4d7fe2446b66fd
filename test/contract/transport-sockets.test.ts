import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  createLeanTransport,
  type LeanTransportOptions,
} from '../../src/adapters/apigateway/lean-transport.ts';
import { type Answer, CERT, serveByHand } from '../fixtures/raw-http-server.ts';

/** Our own HTTP client on real sockets, where answers are late, broken, or not what was asked for. */

const PATIENT_MS = 20_000;
const TARGET = { connectionId: 'a=', stage: 'prod' };
const EMPTY = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const CHUNKED =
  'HTTP/1.1 410 Gone\r\ntransfer-encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n';
const frame = (text = '{}') => Buffer.from(text);

const ending: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function serve(answer: Answer, tls = false) {
  const server = await serveByHand(answer, tls);
  ending.push(() => server.close());
  return server;
}

function connect(endpoint: string, options: Partial<LeanTransportOptions> = {}) {
  const transport = createLeanTransport({
    endpointFor: () => endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestTimeoutMs: PATIENT_MS,
    connectionTimeoutMs: PATIENT_MS,
    perSecond: 1_000_000,
    ca: CERT,
    ...options,
  });
  ending.push(() => transport.destroy());
  return transport;
}

describe.each([
  ['plain', false],
  ['TLS', true],
] as const)('over %s sockets', (_, tls) => {
  test('an answer that comes byte by byte is read, and its socket serves on', async () => {
    const answers = [CHUNKED, EMPTY, 'HTTP/1.1 413 X\r\nContent-Length: 3\r\n\r\nabc'];
    const server = await serve(async (socket, { nth }) => {
      for (const byte of Buffer.from(answers[nth - 1] ?? '')) {
        await new Promise<void>((resolve) => socket.write(Buffer.of(byte), () => setImmediate(resolve)));
      }
    }, tls);
    const transport = connect(server.endpoint, { maxSockets: 1 });
    const kinds: string[] = [];
    for (let n = 0; n < 3; n += 1) kinds.push((await transport.post(TARGET, frame())).kind);
    expect(kinds).toEqual(['gone', 'sent', 'tooLarge']);
    expect(server.accepted()).toBe(1);
  });

  test('ten thousand posts over four sockets, errors between them: each has its own answer', async () => {
    const ways = [
      'sent',
      'sent',
      'sent',
      'gone',
      'tooLarge',
      'forbidden',
      'failed',
      'closed',
      'reset',
      'chunked',
    ];
    const text = (status: number, extra = '') =>
      `HTTP/1.1 ${status} X\r\n${extra}content-length: 2\r\n\r\nok`;
    const server = await serve((socket, { body }) => {
      const way = ways[Number(body.toString()) % ways.length];
      if (way === 'reset') socket.destroy();
      else if (way === 'closed') socket.end(text(200, 'connection: close\r\n'));
      else if (way === 'chunked') socket.write(CHUNKED);
      else socket.write(text({ gone: 410, tooLarge: 413, forbidden: 403, failed: 503 }[way ?? ''] ?? 200));
    }, tls);
    const transport = connect(server.endpoint, { maxSockets: 4 });
    // With TLS each socket that breaks costs a handshake, and what is asked here is the same.
    const count = tls ? 2_000 : 10_000;
    const outcomes = await Promise.all(
      Array.from({ length: count }, (_unused, n) => transport.post(TARGET, frame(String(n)))),
    );
    const expected = new Map([
      ['closed', 'sent'],
      ['reset', 'failed'],
      ['chunked', 'gone'],
    ]);
    const wrong = outcomes.filter(({ kind }, n) => {
      const way = ways[n % ways.length] ?? '';
      return kind !== (expected.get(way) ?? way);
    });
    expect(wrong).toEqual([]);
    expect(server.requests()).toBe(count);
    expect(server.accepted()).toBeLessThanOrEqual(count / 5 + 4);
  }, 60_000);

  test('a socket on which more came than its answer is not used again', async () => {
    const server = await serve((socket) => socket.write(EMPTY + EMPTY), tls);
    const transport = connect(server.endpoint);
    for (let n = 0; n < 3; n += 1) expect((await transport.post(TARGET, frame())).kind).toBe('sent');
    expect(server.accepted()).toBe(3);
  });

  test('an idle socket on which something comes that nobody asked for is closed', async () => {
    const server = await serve((socket) => socket.write(EMPTY), tls);
    const transport = connect(server.endpoint);
    expect((await transport.post(TARGET, frame())).kind).toBe('sent');
    for (const socket of server.sockets) socket.write('HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n');
    while (server.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await transport.post(TARGET, frame())).kind).toBe('sent');
    expect(server.accepted()).toBe(2);
  });

  test('a keep-alive hint shortens the rest of idle sockets', async () => {
    const server = await serve(
      (socket) => socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 0\r\n\r\n'),
      tls,
    );
    const transport = connect(server.endpoint);
    await transport.post(TARGET, frame());
    await new Promise((resolve) => setTimeout(resolve, 20));
    await transport.post(TARGET, frame());
    expect(server.accepted()).toBe(2);
  });
});

test.each([
  ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
  ['malformed headers', 'HTTP/1.1 200 OK\r\nno header\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\ncontent-length: 1\r\n\r\n'],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a chunk that lies', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nxx\r\n'],
  ['101', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['endless headers', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(17_000)}`],
])(
  '%s: the post is failed at once, its socket is closed, and the next post has another one',
  async (_, text) => {
    const server = await serve((socket, { nth }) => socket.write(nth === 1 ? text : EMPTY));
    const transport = connect(server.endpoint, { maxSockets: 1 });
    expect(await transport.post(TARGET, frame())).toEqual({
      kind: 'failed',
      detail: expect.stringContaining('MalformedAnswerError'),
    });
    expect((await transport.post(TARGET, frame())).kind).toBe('sent');
    expect(server.accepted()).toBe(2);
  },
);

test('an answer that ends with its connection is taken, and the next post has another one', async () => {
  const server = await serve((socket) => socket.end('HTTP/1.0 410 Gone\r\n\r\nwhatever'));
  const transport = connect(server.endpoint, { maxSockets: 1 });
  for (let n = 0; n < 2; n += 1) expect((await transport.post(TARGET, frame())).kind).toBe('gone');
  expect(server.accepted()).toBe(2);
});

test('an answer that comes before the request is written whole is taken, and its socket is closed', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.pause();
      socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ending.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  const transport = connect(`http://127.0.0.1:${port}/prod`, { maxSockets: 1 });
  // More than the kernel keeps for both sides.
  const large = Buffer.alloc(32 * 1024 * 1024);
  for (let n = 0; n < 2; n += 1) expect(await transport.post(TARGET, large)).toEqual({ kind: 'tooLarge' });
  expect(sockets).toHaveLength(2);
});

test('no more than sixteen connections are being made at once', async () => {
  // It takes connections and never shakes hands.
  const server = await serve(() => {});
  const endpoint = server.endpoint.replace('http:', 'https:');
  const transport = connect(endpoint, { requestTimeoutMs: 1_000 });
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => transport.post(TARGET, frame())));
  expect(outcomes.every(({ kind }) => kind === 'failed')).toBe(true);
  expect(server.accepted()).toBe(16);
});

test('more than sixteen sockets come to be used where more requests wait', async () => {
  const held: (() => void)[] = [];
  const server = await serve((socket) => {
    held.push(() => socket.write(EMPTY));
    if (held.length === 40) for (const answer of held) answer();
  });
  const transport = connect(server.endpoint, { maxSockets: 40 });
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => transport.post(TARGET, frame())));
  expect(outcomes).toEqual(Array(40).fill({ kind: 'sent' }));
  expect(server.accepted()).toBe(40);
});

test('nothing is sent of a request whose headers would hold another one', async () => {
  const server = await serve((socket) => socket.write(EMPTY));
  const transport = connect(server.endpoint, {
    credentials: { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: 'secret\r\nx-injected: 1' },
  });
  const outcome = await transport.post(TARGET, frame());
  expect(outcome.kind).toBe('failed');
  expect(JSON.stringify(outcome)).not.toContain('secret');
  expect(server.accepted()).toBe(0);
});

test('closing the transport closes the sockets that are idle', async () => {
  const server = await serve((socket) => socket.write(EMPTY));
  const transport = connect(server.endpoint);
  expect((await transport.post(TARGET, frame())).kind).toBe('sent');
  transport.destroy();
  while (server.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});
