import { EventEmitter, on, once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { useServer as serveOperations } from 'graphql-ws/use/ws';
import { pino } from 'pino';
import { WebSocketServer } from 'ws';
import { DEFAULT_HTTP_SETTINGS } from '../../src/api/http/exchange.ts';
import { createHttpHandler } from '../../src/api/http/handler.ts';
import { apiKeyHash, createApiKeys } from '../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import type { LocalGateway } from '../../src/cli/local-proxy.ts';
import { createSmallApi } from '../unit/api/http/small-api.ts';

export interface CountServer extends LocalGateway {
  /** Operations that run over WebSocket now. */
  readonly subscriptions: number;
  close(): Promise<void>;
}

/** The HTTP handler on a port, and a graphql-ws server beside it: `mutation { count }` feeds `subscription { counted }`. */
export async function startCountServer(apiKey: string): Promise<CountServer> {
  const api = createSmallApi();
  const counts = new EventEmitter();
  const handler = createHttpHandler({
    api,
    authenticator: createAuthenticator({
      mode: 'required',
      apiKeys: createApiKeys([{ hash: apiKeyHash(apiKey) }]),
      clock: Date,
    }),
    hooks: {
      async operation({ kind }, next) {
        await next();
        if (kind === 'mutation') counts.emit('count', api.counted());
      },
    },
    logger: pino({ level: 'silent' }),
    settings: DEFAULT_HTTP_SETTINGS,
  });
  const http = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const answer = await handler({
      method,
      query: url.split('?')[1] ?? '',
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
      body: await buffer(request),
    });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }).listen(0, '127.0.0.1');
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await Promise.all([once(http, 'listening'), once(sockets, 'listening')]);
  let subscriptions = 0;
  const server = serveOperations(
    {
      schema: api.schema,
      onConnect: ({ connectionParams }) => connectionParams?.['x-api-key'] === apiKey,
      roots: {
        subscription: {
          counted: () => {
            const events = on(counts, 'count');
            subscriptions += 1;
            // Not a generator: its `return` would wait for the event that is awaited.
            return {
              [Symbol.asyncIterator]() {
                return this;
              },
              async next() {
                const { done, value } = await events.next();
                return done ? { done, value: undefined } : { done: false, value: { counted: value[0] } };
              },
              async return() {
                subscriptions -= 1;
                await events.return?.();
                return { done: true, value: undefined };
              },
            };
          },
        },
      },
    },
    sockets,
  );
  return {
    httpPort: portOf(http.address()),
    wsPort: portOf(sockets.address()),
    get subscriptions() {
      return subscriptions;
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      await server.dispose();
      http.closeAllConnections();
      http.close();
    },
  };
}

function portOf(address: unknown): number {
  if (typeof address === 'object' && address !== null && 'port' in address) return Number(address.port);
  throw new Error('expected a server that listens');
}
