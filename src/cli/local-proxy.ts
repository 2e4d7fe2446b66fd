import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyServer } from 'httpxy';

/** Where the gateway listens, on 127.0.0.1. */
export interface LocalGateway {
  /** HTTP API; nothing listens there in a project without HTTP functions. */
  readonly httpPort: number;
  /** WebSocket API. */
  readonly wsPort: number;
}

/** Passes on what is for the gateway, so that HTTP and WebSocket have one origin. */
export interface LocalProxy {
  /** Path, query, method, headers and body as they came; 502 with a JSON body when nobody answers. */
  web(request: IncomingMessage, response: ServerResponse): void;
  /** A WebSocket upgrade, subprotocols included; the gateway's refusal is passed back. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Drops every WebSocket that passes through. */
  close(): void;
}

/** Longest wait for the first byte of an answer: API Gateway itself gives up after 30 s. */
const ANSWER_WITHIN_MS = 35_000;

export function createLocalProxy({ httpPort, wsPort }: LocalGateway): LocalProxy {
  // One connection a request: the gateway closes idle ones, and a request that meets that would be lost.
  const proxy = createProxyServer({ agent: false, xfwd: false, proxyTimeout: ANSWER_WITHIN_MS });
  const sockets = new Set<Duplex>();

  // Without a listener each failure would reject, and with it end the process.
  proxy.on('error', (_error, _request, answer) => {
    if (!answer) return;
    if (answer instanceof Socket) refuseUpgrade(answer, wsPort);
    else refuse(answer, httpPort);
  });
  // The client gave up before it was answered.
  proxy.on('econnreset', () => {});
  proxy.on('proxyReqWs', (asked, _request, socket) => pair(asked, socket));

  return {
    web(request, response) {
      void proxy.web(request, response, { target: `http://127.0.0.1:${httpPort}` }).catch(() => {});
    },
    upgrade(request, socket, head) {
      if (!(socket instanceof Socket)) {
        socket.destroy();
        return;
      }
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      void proxy.ws(request, socket, { target: `http://127.0.0.1:${wsPort}` }, head).catch(() => {});
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Neither side outlives the other, however it ended. */
function pair(asked: ClientRequest, socket: Socket): void {
  socket.once('close', () => asked.destroy());
  asked.once('upgrade', (_response, gateway: Socket) => {
    socket.once('close', () => gateway.destroy());
    gateway.once('close', () => socket.destroy());
  });
}

function refusal(port: number, what: string): string {
  const message = `expected the gateway's ${what} on 127.0.0.1:${port} to answer, and it did not`;
  return JSON.stringify({ errors: [{ errorType: 'BadGatewayException', message }] });
}

function refuse(response: ServerResponse, port: number): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = refusal(port, 'HTTP API (there is one when the project has HTTP functions)');
  response.writeHead(502, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

function refuseUpgrade(socket: Socket, port: number): void {
  if (!socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  answerUpgrade(socket, '502 Bad Gateway', refusal(port, 'WebSocket API'));
}

/** Answers an upgrade by a status and a JSON body, and ends the connection. */
export function answerUpgrade(socket: Duplex, status: string, body: string): void {
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.on('error', () => {});
  // Half open it would hold the server back from closing.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
