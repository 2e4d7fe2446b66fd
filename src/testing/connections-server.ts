import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type ConnectionReply, errorOf, replyOf } from './connection-outcomes.ts';
import type { ConnectionState } from './connection-state.ts';

export interface ListenOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** PEM key and certificate: the server speaks HTTPS. Default: HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Stages that exist; requests to others get 403. Default: any, and none. */
  readonly stages?: readonly string[];
  /** Answers 403 to requests without a signature, which is not verified. Default false. */
  readonly requireSignature?: boolean;
}

/** The fake's server. */
export interface ConnectionsServer {
  /** `http://127.0.0.1:PORT`; a stage goes behind it as a path, as in the cloud. */
  readonly endpoint: string;
  /** TCP connections accepted so far: with keep-alive, few. */
  readonly sockets: number;
  /** Breaks off what hangs, and resolves once the port is free. */
  close(): Promise<void>;
}

/** What the server serves. */
export interface ConnectionsModel {
  post(id: string, frame: Uint8Array): Promise<ConnectionReply>;
  disconnect(id: string): Promise<ConnectionReply>;
  counted<T>(id: string, work: () => Promise<T>): Promise<T>;
  state(id: string): ConnectionState | undefined;
  isWellFormed(id: string): boolean;
}

/** Of bodies beyond this only the length counts. */
const MAX_BODY_BYTES = 1024 * 1024;

/** Serves POST, GET and DELETE `/[stage/]@connections/{id}` on the loopback interface. */
export async function listenForPosts(
  model: ConnectionsModel,
  options: ListenOptions = {},
): Promise<ConnectionsServer> {
  const listener: RequestListener = (request, response) => {
    serve(model, options, request, response).catch(() => response.destroy());
  };
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  let sockets = 0;
  server.on('connection', () => {
    sockets += 1;
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    get sockets() {
      return sockets;
    },
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  model: ConnectionsModel,
  { stages, requireSignature = false }: ListenOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const place = parsePath(request.url ?? '');
  if (!place || (stages && !stages.includes(place.stage))) {
    return answer(response, { status: 403, message: 'Missing Authentication Token' });
  }
  if (requireSignature && !request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    return answer(response, { status: 403, message: 'Missing Authentication Token' });
  }
  await model.counted(place.id, async () => {
    switch (request.method) {
      case 'POST':
        return answerWhenGone(response, await model.post(place.id, await readBody(request)));
      case 'DELETE':
        return answerWhenGone(response, await model.disconnect(place.id));
      case 'GET':
        return describe(model, place.id, response);
      default:
        return answer(response, { status: 403, message: 'Missing Authentication Token' });
    }
  });
}

/** `undefined` when it is no @connections path. The id may hold any character, percent-encoded. */
function parsePath(url: string): { readonly stage: string; readonly id: string } | undefined {
  const parts = url.split('?', 1)[0]?.split('/').slice(1) ?? [];
  try {
    const decoded = parts.map(decodeURIComponent);
    const [id, collection, stage = ''] = decoded.reverse();
    return decoded.length <= 3 && collection === '@connections' && id ? { stage, id } : undefined;
  } catch {
    return undefined;
  }
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return bytes <= MAX_BODY_BYTES ? Buffer.concat(chunks) : new Uint8Array(bytes);
}

/** Answers; or, of a post that hangs, waits until its sender gives up, so that it counts as under way. */
async function answerWhenGone(response: ServerResponse, reply: ConnectionReply): Promise<void> {
  if (reply.status !== 'hang') return answer(response, reply);
  if (!response.closed) await once(response, 'close');
}

function answer(response: ServerResponse, reply: ConnectionReply): void {
  if (reply.status === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (reply.status === 'hang') return;
  const error = errorOf(reply);
  const body = error ? JSON.stringify({ message: error.message }) : '';
  response.writeHead(reply.status, {
    ...(error && { 'content-type': 'application/json', 'x-amzn-errortype': error.name }),
    ...(reply.status !== 204 && { 'content-length': Buffer.byteLength(body) }),
  });
  response.end(body);
}

function describe(model: ConnectionsModel, id: string, response: ServerResponse): void {
  const state = model.state(id);
  if (!state || state.closedWhy !== undefined) {
    answer(response, replyOf(model.isWellFormed(id) ? 'gone' : 'malformedId'));
    return;
  }
  const body = JSON.stringify({
    connectedAt: new Date(state.connectedAt).toISOString(),
    identity: { sourceIp: '127.0.0.1', userAgent: 'fake' },
    lastActiveAt: new Date(state.lastActiveAt).toISOString(),
  });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
