import { afterEach, describe, expect, test } from '@jest/globals';
import { createHttpsSender } from '../../src/adapters/apigateway/https-sender.ts';
import {
  createLeanTransport,
  type LeanTransportOptions,
} from '../../src/adapters/apigateway/lean-transport.ts';
import { type Answer, CERT, serveByHand } from '../fixtures/raw-http-server.ts';

const EMPTY = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const PATIENT_MS = 20_000;
const TARGET = { connectionId: 'L0SM9cOFvHcCIhw=', stage: 'prod' };
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

const senders = [
  ['our own', {}],
  ['node:https', { createSender: createHttpsSender }],
] as const;

describe.each(senders)('the wire of the lean transport: %s', (name, choice) => {
  const connect = (endpoint: string, options: Partial<LeanTransportOptions> = {}) => {
    const transport = createLeanTransport({
      endpointFor: () => endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      requestTimeoutMs: PATIENT_MS,
      connectionTimeoutMs: PATIENT_MS,
      ca: CERT,
      ...choice,
      ...options,
    });
    ending.push(() => transport.destroy());
    return transport;
  };

  test('a request is one POST with its headers, its path encoded and its body as it is', async () => {
    const seen: { head: string; body: Buffer }[] = [];
    const { endpoint } = await serve((socket, { head, body }) => {
      seen.push({ head, body });
      socket.write(EMPTY);
    });
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const large = Buffer.alloc(100_000, bytes);
    const transport = connect(endpoint);
    for (const body of [bytes, large]) expect(await transport.post(TARGET, body)).toEqual({ kind: 'sent' });
    expect(await transport.disconnect(TARGET)).toEqual({ kind: 'sent' });
    expect(seen.map(({ body }) => body.equals(bytes) || body.equals(large))).toEqual([true, true, false]);
    expect(seen.map(({ head }) => head.split('\r\n', 1)[0])).toEqual([
      'POST /prod/@connections/L0SM9cOFvHcCIhw%3D HTTP/1.1',
      'POST /prod/@connections/L0SM9cOFvHcCIhw%3D HTTP/1.1',
      'DELETE /prod/@connections/L0SM9cOFvHcCIhw%3D HTTP/1.1',
    ]);
    expect(seen[0]?.head.toLowerCase()).toContain(`\r\nhost: ${new URL(endpoint).host}\r\n`);
    expect(seen[0]?.head.match(/^content-length:/gim)).toHaveLength(1);
    expect(seen[0]?.head.match(/^host:/gim)).toHaveLength(1);
  });

  test('no TLS handshake is made for posts that find a warm socket', async () => {
    const server = await serve((socket) => socket.write(EMPTY), true);
    const transport = connect(server.endpoint, { maxSockets: 8 });
    const lanes = () =>
      Promise.all(
        Array.from({ length: 8 }, async () => {
          for (let n = 0; n < 20; n += 1) expect((await transport.post(TARGET, frame())).kind).toBe('sent');
        }),
      );
    await lanes();
    const warm = server.accepted();
    expect(warm).toBeLessThanOrEqual(8);
    await lanes();
    expect(server.accepted() - warm).toBe(0);
    expect(server.requests()).toBe(320);
  });

  test('beyond its sockets requests wait in their order', async () => {
    const order: string[] = [];
    const server = await serve((socket, { body }) => {
      order.push(body.toString());
      setTimeout(() => socket.write(EMPTY), 2);
    });
    const transport = connect(server.endpoint, { maxSockets: 1 });
    const names = Array.from({ length: 30 }, (_, n) => `${n}`);
    await Promise.all(names.map((text) => transport.post(TARGET, frame(text))));
    expect(order).toEqual(names);
    expect(server.accepted()).toBe(1);
  });

  test('waiting for a socket counts as time: what got none in its time is failed and never sent', async () => {
    const server = await serve(() => {});
    const transport = connect(server.endpoint, { maxSockets: 1, requestTimeoutMs: 200 });
    const outcomes = await Promise.all([
      transport.post(TARGET, frame('a')),
      transport.post(TARGET, frame('b')),
    ]);
    expect(outcomes).toEqual(Array(2).fill({ kind: 'failed', detail: 'no answer within 200 ms' }));
    expect(server.requests()).toBe(1);
  });

  test('an answer whose body does not end is failed once its time is up, and its socket is given up', async () => {
    const server = await serve((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'));
    const transport = connect(server.endpoint, { requestTimeoutMs: 200 });
    const detail = 'no answer within 200 ms';
    expect(await transport.post(TARGET, frame())).toEqual({ kind: 'failed', detail });
    expect(await transport.post(TARGET, frame())).toEqual({ kind: 'failed', detail });
    expect(server.accepted()).toBe(2);
  });

  test.each([
    ['before its headers', ''],
    ['within its headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['within its body', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'],
  ])('a connection that breaks off %s is failed, and sent once', async (_, text) => {
    const server = await serve((socket) => socket.end(text));
    expect((await connect(server.endpoint).post(TARGET, frame())).kind).toBe('failed');
    expect(server.requests()).toBe(1);
  });

  test('what is no HTTP is failed', async () => {
    const server = await serve((socket) => socket.write('220 mail.example.com ESMTP\r\n'));
    expect((await connect(server.endpoint).post(TARGET, frame())).kind).toBe('failed');
  });

  test('an answer in chunks is read to its end, and its socket serves on', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
    const server = await serve((socket) => socket.write(chunked));
    const transport = connect(server.endpoint, { maxSockets: 1 });
    for (let n = 0; n < 3; n += 1) expect((await transport.post(TARGET, frame())).kind).toBe('sent');
    expect(server.accepted()).toBe(1);
  });

  test('an answer without end is cut off', async () => {
    const server = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n');
      socket.write(Buffer.alloc(1_000_000));
    });
    expect((await connect(server.endpoint).post(TARGET, frame())).kind).toBe('failed');
  });

  test('a socket the server closes after its answer is not used again, and no post is lost by it', async () => {
    const server = await serve((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
    );
    const transport = connect(server.endpoint);
    for (let n = 0; n < 5; n += 1) expect(await transport.post(TARGET, frame())).toEqual({ kind: 'sent' });
    expect(server.accepted()).toBe(5);
  });

  test('a socket idle for longer than it may is not used again', async () => {
    const server = await serve((socket) => socket.write(EMPTY));
    const transport = connect(server.endpoint, { idleSocketMs: 50 });
    await transport.post(TARGET, frame());
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await transport.post(TARGET, frame())).toEqual({ kind: 'sent' });
    expect(server.accepted()).toBe(2);
  });

  test('idle sockets that the server closed during a pause cost no post', async () => {
    const server = await serve((socket) => socket.write(EMPTY));
    const transport = connect(server.endpoint);
    await Promise.all(Array.from({ length: 5 }, () => transport.post(TARGET, frame())));
    for (const socket of server.sockets) socket.end();
    while (server.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => transport.post(TARGET, frame())));
    expect(outcomes).toEqual(Array(5).fill({ kind: 'sent' }));
  });

  test('a server that never shakes hands is failed after the time for a connection', async () => {
    const server = await serve(() => {});
    const endpoint = server.endpoint.replace('http:', 'https:');
    const before = performance.now();
    const outcome = await connect(endpoint, { connectionTimeoutMs: 200 }).post(TARGET, frame());
    expect(outcome.kind).toBe('failed');
    expect(performance.now() - before).toBeLessThan(PATIENT_MS / 2);
  });

  test('a certificate nobody vouches for is failed, and nothing is sent', async () => {
    const server = await serve((socket) => socket.write(EMPTY), true);
    const transport = createLeanTransport({
      endpointFor: () => server.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      ...choice,
    });
    ending.push(() => transport.destroy());
    const outcome = await transport.post(TARGET, frame());
    expect(outcome).toEqual({ kind: 'failed', detail: expect.stringContaining('SELF_SIGNED_CERT') });
    expect(server.requests()).toBe(0);
  });

  test('403 for an expired token has other credentials fetched, and the next post is signed with them', async () => {
    const keys: string[] = [];
    const server = await serve((socket, { head, nth }) => {
      keys.push(/Credential=(\w+)/.exec(head)?.[1] ?? '');
      const expired =
        'HTTP/1.1 403 Forbidden\r\nx-amzn-errortype: ExpiredTokenException:http://x\r\ncontent-length: 0\r\n\r\n';
      socket.write(nth === 1 ? expired : EMPTY);
    });
    let asked = 0;
    const transport = connect(server.endpoint, {
      credentials: async () => {
        asked += 1;
        return { accessKeyId: `KEY${asked}`, secretAccessKey: 's', sessionToken: 't' };
      },
    });
    expect(await transport.post(TARGET, frame())).toEqual({
      kind: 'forbidden',
      detail: 'ExpiredTokenException HTTP 403',
    });
    expect((await transport.post(TARGET, frame())).kind).toBe('sent');
    expect(keys).toEqual(['KEY1', 'KEY2']);
  });

  test('credentials that do not come in time fail the post, and hold up none that comes after', async () => {
    const server = await serve((socket) => socket.write(EMPTY));
    let bring: (credentials: { accessKeyId: string; secretAccessKey: string }) => void = () => {};
    const credentials = () =>
      new Promise<{ accessKeyId: string; secretAccessKey: string }>((resolve) => {
        bring = resolve;
      });
    const transport = connect(server.endpoint, { credentials, requestTimeoutMs: 1_000 });
    const outcome = await transport.post(TARGET, frame());
    expect(outcome).toEqual({ kind: 'failed', detail: expect.stringContaining('credentials') });
    bring({ accessKeyId: 'local', secretAccessKey: 'local' });
    expect((await transport.post(TARGET, frame())).kind).toBe('sent');
  });

  test('what the rate limit cannot let begin in its time is throttled and never sent', async () => {
    const server = await serve((socket) => socket.write(EMPTY));
    const transport = connect(server.endpoint, { perSecond: 10, requestTimeoutMs: 1_000 });
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => transport.post(TARGET, frame())));
    const throttled = outcomes.filter(({ kind }) => kind === 'throttled').length;
    expect(throttled).toBeGreaterThanOrEqual(28);
    expect(server.requests()).toBeLessThanOrEqual(40 - throttled);
    expect(server.requests()).toBeGreaterThan(0);
  });

  test('posts and disconnects go by one rate', async () => {
    const server = await serve((socket) => socket.write(EMPTY));
    const transport = connect(server.endpoint, { perSecond: 1, requestTimeoutMs: 500 });
    expect((await transport.disconnect(TARGET)).kind).toBe('sent');
    expect((await transport.post(TARGET, frame())).kind).toBe('throttled');
  });

  test('what is under way or waits when the transport is closed is failed', async () => {
    const server = await serve(() => {});
    const transport = connect(server.endpoint, { maxSockets: 1 });
    const outcomes = Promise.all([transport.post(TARGET, frame()), transport.post(TARGET, frame())]);
    while (server.requests() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    transport.destroy();
    expect((await outcomes).map(({ kind }) => kind)).toEqual(['failed', 'failed']);
  });

  test(`an endpoint is asked for once a stage, and stages of one origin share their sockets (${name})`, async () => {
    const server = await serve((socket) => socket.write(EMPTY));
    const asked: string[] = [];
    const transport = connect('', {
      maxSockets: 1,
      endpointFor: (stage) => {
        asked.push(stage);
        return `${new URL(server.endpoint).origin}/${stage}`;
      },
    });
    for (const stage of ['a', 'b', 'a', 'b']) {
      expect((await transport.post({ connectionId: 'c', stage }, frame())).kind).toBe('sent');
    }
    expect(asked).toEqual(['a', 'b']);
    expect(server.accepted()).toBe(1);
  });
});
