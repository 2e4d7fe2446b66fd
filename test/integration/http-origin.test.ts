import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import { parse } from 'graphql';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { type ConsoleServer, startConsole } from '../../src/cli/console-server.ts';
import type { GraphiQLInfo } from '../../src/console/graphiql/info.ts';

const INFO = {
  ws: 'ws://localhost:4001',
  apiKey: 'local-dev-key',
  sdl: 'type Query { ping: Boolean } type Subscription { clock: Int }',
  region: 'us-east-1',
  dynamodb: 'http://127.0.0.1:8000',
  tables: [],
};
const HTML = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let folder: string;
let assets: URL;
let upstream: Server;
let sockets: WebSocketServer;
let site: ConsoleServer;
/** What the gateway's HTTP API does with a request; by default it answers with what came. */
let respond: (request: IncomingMessage, response: ServerResponse) => void;
/** Upgrades that reached the gateway. */
let upgrades: IncomingMessage[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tablecast-origin-'));
  assets = pathToFileURL(`${folder}/`);
  const script = fileURLToPath(new URL('../../scripts/build-console.mjs', import.meta.url));
  await promisify(execFile)(process.execPath, [script, folder]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  respond = async (asked, response) => {
    const { method, url, headers } = asked;
    response.writeHead(201, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
    response.end(JSON.stringify({ method, url, headers, body: await text(asked) }));
  };
  upgrades = [];
  upstream = createServer((asked, response) => respond(asked, response)).listen(0, '127.0.0.1');
  sockets = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    verifyClient: ({ req }, done) => {
      upgrades.push(req);
      if (req.url?.includes('refuse')) done(false, 401, 'no such key');
      else done(true);
    },
  });
  sockets.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await Promise.all([once(upstream, 'listening'), once(sockets, 'listening')]);
  site = await startConsole({
    port: 0,
    info: INFO,
    assets,
    gateway: { httpPort: portOf(upstream.address()), wsPort: portOf(sockets.address()) },
  });
});

afterEach(async () => {
  await site.close();
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  upstream.closeAllConnections();
  upstream.close();
});

function portOf(address: unknown): number {
  if (typeof address === 'object' && address !== null && 'port' in address) return Number(address.port);
  throw new Error('expected a server that listens');
}

const at = (path: string) => `http://localhost:${site.port}${path}`;
const socketAt = (path: string) => at(path).replace('http:', 'ws:');

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function seen(path: string, options: RequestInit = {}): Promise<Seen> {
  const response = await fetch(at(path), options);
  expect(response.status).toBe(201);
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(response.headers.get('content-security-policy')).toBeNull();
  const body: Seen = JSON.parse(await response.text());
  return body;
}

describe('HTTP at the one origin', () => {
  test('POST /graphql reaches the gateway with its headers and its body, byte for byte', async () => {
    const body = JSON.stringify({ query: '{ ping }', variables: { text: 'プロフィール 🍣' } });
    const headers = { 'content-type': 'application/json', 'x-api-key': 'k', origin: 'http://localhost:5173' };
    const came = await seen('/graphql', { method: 'POST', headers, body });
    expect(came).toMatchObject({ method: 'POST', url: '/graphql', headers, body });
    expect(came.headers['host']).toBe(`localhost:${site.port}`);
  });

  test('GET /graphql of a program is a query, and a preflight is the gateway to answer', async () => {
    const query = '/graphql?query=%7B%20ping%20%7D&variables=%7B%7D';
    for (const accept of ['application/json', '*/*', 'application/graphql-response+json']) {
      expect(await seen(query, { headers: { accept } })).toMatchObject({ method: 'GET', url: query });
    }
    expect(await seen('/graphql', { method: 'OPTIONS' })).toMatchObject({ method: 'OPTIONS' });
  });

  test.each(['/todos/1?limit=2', '/nosuch', '/graphql/', '/graphiql', '/index.html', '/a%2Fb%20c', '//x'])(
    'another path, %s, is for the functions of the project, with any method',
    async (path) => {
      expect(await seen(path)).toMatchObject({ method: 'GET', url: path, body: '' });
      const options = { method: 'PATCH', body: 'x', headers: { accept: HTML } };
      expect(await seen(path, options)).toMatchObject({ method: 'PATCH', url: path, body: 'x' });
    },
  );

  test("the page's own paths stay the page's", async () => {
    respond = () => {
      throw new Error('expected no request at the gateway');
    };
    for (const path of ['/', '/app.js', '/info.json', '/schema.graphql', '/graphiql/app.js']) {
      expect((await fetch(at(path))).status).toBe(200);
      expect((await fetch(at(path), { method: 'POST' })).status).toBe(405);
    }
  });

  test('a body of 5 MB passes in both directions', async () => {
    const body = 'あ'.repeat(1_700_000);
    expect((await seen('/upload', { method: 'POST', body })).body).toBe(body);
  });

  test('where nothing listens, the answer is a 502 in JSON that any page can read', async () => {
    const httpPort = await getPort();
    const other = await startConsole({
      port: 0,
      info: INFO,
      assets,
      gateway: { httpPort, wsPort: httpPort },
    });
    const response = await fetch(`${other.url}graphql`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(502);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toEqual({
      errors: [
        { errorType: 'BadGatewayException', message: expect.stringContaining(`127.0.0.1:${httpPort}`) },
      ],
    });
    const socket = new WebSocket(`${other.url.replace('http', 'ws')}graphql`);
    const [error] = await once(socket, 'error');
    expect(String(error)).toContain('502');
    await other.close();
  });

  test('a gateway that dies in the middle of an answer ends that answer alone', async () => {
    respond = (_asked, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{', () => response.destroy());
    };
    await expect(fetch(at('/graphql')).then((response) => response.text())).rejects.toThrow();
    respond = (_asked, response) => response.socket?.destroy();
    expect((await fetch(at('/graphql'))).status).toBe(502);
    respond = (_asked, response) => response.end('well');
    expect(await (await fetch(at('/graphql'))).text()).toBe('well');
  });

  test('a client that leaves takes its request to the gateway with it, and the next is served', async () => {
    const left = new Promise((resolve) => {
      respond = (_asked, response) => response.on('close', resolve);
    });
    const asked = request(at('/graphql'), { method: 'POST', agent: false });
    asked.on('error', () => {});
    const reached = once(upstream, 'request');
    asked.end('{}');
    await reached;
    asked.destroy();
    await left;
    respond = (_asked, response) => response.end('well');
    expect(await (await fetch(at('/graphql'))).text()).toBe('well');
  });
});

describe('GraphiQL', () => {
  test('is what a browser gets at /graphql, under a policy that allows this origin alone', async () => {
    const response = await fetch(at('/graphql?query=x'), { headers: { accept: HTML } });
    const page = await response.text();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('vary')).toBe('Accept');
    const policy = response.headers.get('content-security-policy')?.split('; ');
    expect(policy).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "worker-src 'self'",
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data:",
      "font-src 'self' data:",
      `connect-src 'self' ws://localhost:${site.port}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(page).not.toMatch(/<style|style=|\son\w+=|javascript:|https?:/);
    const assets = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
    expect(assets).toEqual(['/icon.svg', '/graphiql/style.css', '/graphiql/app.js']);
  });

  test.each([
    ['/graphiql/app.js', 'text/javascript; charset=utf-8'],
    ['/graphiql/style.css', 'text/css; charset=utf-8'],
    ['/graphiql/editor.worker.js', 'text/javascript; charset=utf-8'],
    ['/graphiql/graphql.worker.js', 'text/javascript; charset=utf-8'],
    ['/graphiql/json.worker.js', 'text/javascript; charset=utf-8'],
  ])('%s is served and asks no other host for code', async (path, type) => {
    const response = await fetch(at(path));
    const body = await response.text();
    expect(response.headers.get('content-type')).toBe(type);
    expect(Number(response.headers.get('content-length'))).toBe(Buffer.byteLength(body));
    expect(body).not.toMatch(/(?:from|import|importScripts|url)\s*\(?\s*["']?https?:\/\//);
  });

  test('begins with operations of the schema that parse, and the local key', async () => {
    const info: GraphiQLInfo = JSON.parse(await (await fetch(at('/graphiql/info.json'))).text());
    expect(info.apiKey).toBe(INFO.apiKey);
    expect(info.tabs.map(({ query }) => parse(query).definitions[0])).toMatchObject([
      { operation: 'query' },
      { operation: 'subscription' },
    ]);
    for (const { variables } of info.tabs) expect(JSON.parse(variables)).toEqual({});
  });
});

describe('WebSocket at the one origin', () => {
  test.each(['/', '/graphql', '/graphql/realtime', '/realtime', '/graphql?header=eyJ4IjoxfQ==&payload=e30='])(
    '%s reaches the gateway with path, query, subprotocols and what is sent at once',
    async (path) => {
      const socket = new WebSocket(socketAt(path), ['graphql-ws', 'header-eyJ4IjoxfQ'], {
        headers: { 'x-api-key': 'k' },
      });
      socket.on('open', () => socket.send('{"type":"connection_init"}'));
      const [data]: RawData[] = await once(socket, 'message');
      expect(String(data)).toBe('{"type":"connection_init"}');
      expect(socket.protocol).toBe('graphql-ws');
      expect(upgrades[0]?.url).toBe(path);
      expect(upgrades[0]?.headers).toMatchObject({
        'sec-websocket-protocol': 'graphql-ws,header-eyJ4IjoxfQ',
        'x-api-key': 'k',
        host: `localhost:${site.port}`,
      });
      socket.close(1000);
      await once(socket, 'close');
    },
  );

  test('no subprotocol is answered where none was offered, and 128 KB pass', async () => {
    const socket = new WebSocket(socketAt('/graphql'));
    await once(socket, 'open');
    expect(socket.protocol).toBe('');
    const frame = 'あ'.repeat(43_690);
    socket.send(frame);
    const [data]: RawData[] = await once(socket, 'message');
    expect(String(data)).toBe(frame);
    socket.terminate();
  });

  test('a refusal of the gateway comes back with its status and body', async () => {
    const socket = new WebSocket(socketAt('/graphql?refuse'));
    socket.on('error', () => {});
    const [, response]: [unknown, IncomingMessage] = await new Promise((resolve) => {
      socket.once('unexpected-response', (...came) => resolve(came));
    });
    expect(response.statusCode).toBe(401);
    expect(await text(response)).toBe('no such key');
  });

  test('a close passes with its code from either side, and an end without one as well', async () => {
    const fromClient = new WebSocket(socketAt('/'));
    const [server]: WebSocket[] = await once(sockets, 'connection');
    await open(fromClient);
    fromClient.close(4400, 'enough');
    const [code, reason] = await once(server ?? fromClient, 'close');
    expect([code, String(reason)]).toEqual([4400, 'enough']);

    const fromServer = new WebSocket(socketAt('/'));
    const [second]: WebSocket[] = await once(sockets, 'connection');
    await open(fromServer);
    second?.close(4409);
    expect((await once(fromServer, 'close'))[0]).toBe(4409);

    const cut = new WebSocket(socketAt('/'));
    const [third]: WebSocket[] = await once(sockets, 'connection');
    await open(cut);
    cut.terminate();
    expect((await once(third ?? cut, 'close'))[0]).toBe(1006);
  });

  test('a request that asks for HTTP/2 by an upgrade, as Java does, is told to do without', async () => {
    const asked = request({
      port: site.port,
      host: '127.0.0.1',
      path: '/graphql',
      method: 'POST',
      headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'content-type': 'application/json' },
    });
    asked.end('{}');
    const [response]: IncomingMessage[] = await once(asked, 'response');
    expect(response?.statusCode).toBe(501);
    expect(response && (await text(response))).toContain(
      'expected websocket, or HTTP/1.1 without an upgrade',
    );
    expect(upgrades).toEqual([]);
  });

  test('a page of another name is not let through to the gateway', async () => {
    for (const host of ['evil.example', 'localhost.evil.example:3000']) {
      const socket = new WebSocket(`ws://127.0.0.1:${site.port}/graphql`, { headers: { host } });
      const [error] = await once(socket, 'error');
      expect(String(error)).toContain('403');
      const asked = request({ port: site.port, host: '127.0.0.1', path: '/graphql', headers: { host } });
      asked.end();
      const [response]: IncomingMessage[] = await once(asked, 'response');
      expect(response?.statusCode).toBe(403);
      response?.resume();
    }
    expect(upgrades).toEqual([]);
  });

  test('close ends what passes through, on both sides, and does not wait for anybody', async () => {
    const clients = [1, 2, 3].map(() => new WebSocket(socketAt('/graphql')));
    await Promise.all(clients.map(open));
    const half: Socket = connect(site.port, '127.0.0.1');
    half.on('error', () => {});
    half.write('GET /graphql HTTP/1.1\r\nHost: localhost\r\n');
    const ended = Promise.all(clients.map((socket) => once(socket, 'close')));
    const endedThere = Promise.all([...sockets.clients].map((socket) => once(socket, 'close')));
    expect(sockets.clients.size).toBe(3);
    await site.close();
    await Promise.all([ended, endedThere]);
    half.destroy();
  });
});

async function open(socket: WebSocket): Promise<void> {
  if (socket.readyState !== WebSocket.OPEN) await once(socket, 'open');
}
