import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Client, createClient } from 'graphql-ws';
import WebSocket, { WebSocketServer } from 'ws';
import { createMemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { createCounters } from '../../src/observe/counters.ts';
import { codecOf } from '../../src/protocol/negotiation.ts';
import { keepAlive } from '../../src/relay/keepalive.ts';
import type { KeepAliveReport } from '../../src/relay/keepalive-run.ts';
import type { PostOutcome, Registry, Transport } from '../../src/relay/ports.ts';
import { contextOf } from '../unit/relay/keepalive-context.ts';
import { connectionOf, equal, lookUp, subscriptionOf } from './registry-samples.ts';
import { jumpingClock } from './registry-worlds.ts';

const MINUTE = 60_000;
const codec = codecOf('graphql-transport-ws');

/**
 * What API Gateway and the relay are to a client, with a registry behind real sockets: `close` is what DeleteConnection
 * is taken to show a client (1000 on AWS as far as known, 1005 with the emulator), or a socket that breaks (1006).
 */
function gateway(close: (socket: WebSocket) => void) {
  const clock = jumpingClock();
  const registry: Registry = createMemoryRegistry({ clock });
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: () => codec.subprotocol,
  });
  const sockets = new Map<string, WebSocket>();
  const subscribed: string[] = [];
  const faults: unknown[] = [];
  let opened = 0;

  server.on('connection', (socket) => {
    opened += 1;
    const id = `connection-${opened}`;
    sockets.set(id, socket);
    const open = registry.open(connectionOf(id, { connectedAt: clock.now(), expiresAt: 10_000_000_000 }));
    const answer = async (frame: string) => {
      await open;
      const message = codec.parse(frame);
      if (message.type === 'init') {
        await registry.initialise(id, { dialect: codec.dialect });
        for (const each of codec.ack({ connectionTimeoutMs: 0 })) socket.send(each);
      }
      if (message.type === 'subscribe') {
        const now = { activatedAt: clock.now(), expiresAt: 10_000_000_000 };
        await registry.subscribe(subscriptionOf(id, message.id, now));
        subscribed.push(id);
      }
      if (message.type === 'complete') await registry.complete(id, message.id);
    };
    socket.on('message', (data) => void answer(data.toString()).catch((fault) => faults.push(fault)));
    socket.on('close', () => {
      sockets.delete(id);
      registry.close(id).catch((fault) => faults.push(fault));
    });
  });

  const withSocket = async (id: string, act: (socket: WebSocket) => void): Promise<PostOutcome> => {
    const socket = sockets.get(id);
    if (!socket) return { kind: 'gone' };
    act(socket);
    return { kind: 'sent' };
  };
  const transport: Transport = {
    post: ({ connectionId }, frame) =>
      withSocket(connectionId, (socket) => socket.send(Buffer.from(frame).toString())),
    disconnect: ({ connectionId }) => withSocket(connectionId, close),
  };
  const context = contextOf({ registry, transport, clock, counters: createCounters(), logs: [] });
  return {
    clock,
    registry,
    subscribed,
    faults,
    opened: () => opened,
    async url(): Promise<string> {
      if (!server.address()) await once(server, 'listening');
      const address = server.address();
      if (typeof address !== 'object' || !address) throw new Error('expected a port, got none');
      return `ws://127.0.0.1:${address.port}`;
    },
    run: (): Promise<KeepAliveReport> => keepAlive(context, { remainingMs: () => 60_000 }),
    /** One change, to all who subscribed. */
    async publish(title: string): Promise<void> {
      for (const { connectionId, clientId } of await lookUp(registry, equal({ title: '買い物' }))) {
        const frame = `${codec.payload.head}${JSON.stringify({ data: { title } })}${codec.payload.tail(clientId)}`;
        await transport.post({ connectionId, stage: 'dev' }, Buffer.from(frame));
      }
    },
    async stop(): Promise<void> {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`expected ${holds.toString()} within 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

let client: Client | undefined;
let stop: (() => Promise<void>) | undefined;
beforeEach(() => {
  client = undefined;
  stop = undefined;
});
afterEach(async () => {
  await client?.dispose();
  await stop?.();
});

test.each([
  ['1000', (socket: WebSocket) => socket.close(1000)],
  ['1005', (socket: WebSocket) => socket.close()],
  ['1006', (socket: WebSocket) => socket.terminate()],
])(
  'C1 active: the real graphql-ws client whose connection is rolled over (close %s) comes back once, resubscribes by itself, and has what changes later',
  async (_, close) => {
    const relay = gateway(close);
    stop = relay.stop;
    const titles: unknown[] = [];
    const ends: unknown[] = [];
    client = createClient({
      url: await relay.url(),
      webSocketImpl: WebSocket,
      retryWait: async () => {},
    });
    client.subscribe<{ title: string }>(
      { query: 'subscription { onCreateTodo { id } }' },
      {
        next: ({ data }) => titles.push(data?.title),
        error: (error) => ends.push(error),
        complete: () => ends.push('complete'),
      },
    );
    await until(() => relay.subscribed.length === 1);
    await relay.publish('before');
    await until(() => titles.length === 1);
    relay.clock.advance(80 * MINUTE);
    // Long before its planned end: a sign of life, which the client swallows.
    expect(await relay.run()).toMatchObject({ rolledOver: 0, sent: 1 });

    relay.clock.advance(35 * MINUTE);
    expect(await relay.run()).toMatchObject({ rolledOver: 1 });
    await until(() => relay.subscribed.length === 2);
    expect(relay.subscribed).toEqual(['connection-1', 'connection-2']);
    await relay.publish('after');
    await until(() => titles.length === 2);

    for (let runs = 0; runs < 5; runs += 1) {
      expect(await relay.run()).toMatchObject({ seen: 1, rolledOver: 0, sent: 1 });
      relay.clock.advance(9 * MINUTE);
    }
    await relay.publish('later');
    await until(() => titles.length === 3);
    expect(titles).toEqual(['before', 'after', 'later']);
    expect(relay.opened()).toBe(2);
    expect(ends).toEqual([]);
    expect(relay.faults).toEqual([]);
  },
);

test('C1 active: twenty clients rolled over together each come back once', async () => {
  const relay = gateway((socket) => socket.close(1000));
  stop = relay.stop;
  const url = await relay.url();
  const got = new Map<number, unknown[]>();
  const clients = Array.from({ length: 20 }, (_, n) => {
    const each = createClient({ url, webSocketImpl: WebSocket });
    got.set(n, []);
    each.subscribe<{ title: string }>(
      { query: 'subscription { onCreateTodo { id } }' },
      { next: ({ data }) => got.get(n)?.push(data?.title), error: () => {}, complete: () => {} },
    );
    return each;
  });
  try {
    await until(() => relay.subscribed.length === 20);
    relay.clock.advance(115 * MINUTE);
    expect(await relay.run()).toMatchObject({ rolledOver: 20 });
    await until(() => relay.subscribed.length === 40);
    expect(await relay.run()).toMatchObject({ seen: 20, rolledOver: 0 });
    await relay.publish('after');
    await until(() => [...got.values()].every((titles) => titles.length === 1));
    expect(relay.opened()).toBe(40);
  } finally {
    for (const each of clients) await each.dispose();
  }
});
