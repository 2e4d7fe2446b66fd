import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { fileURLToPath } from 'node:url';
import { putItemLine, wscatLine } from '../console/commands.ts';
import { subscriptionExamples } from '../console/examples.ts';
import type { PageInfo } from '../console/page-info.ts';
import { TablecastError } from '../errors.ts';

/** What the page tells a developer about the stack it belongs to. */
export interface ConsoleInfo {
  /** WebSocket URL of the gateway. */
  readonly ws: string;
  /** A key the gateway accepts. The page gives it to whoever can open it, which is why it is loopback only. */
  readonly apiKey: string;
  /** Completed schema, directives included. */
  readonly sdl: string;
  readonly region: string;
  /** DynamoDB endpoint. */
  readonly dynamodb: string;
  /** Table names as the schema writes them; the page begins with the first. */
  readonly tables: readonly string[];
}

export interface ConsoleOptions {
  /** Port to listen on; 0 takes a free one. */
  readonly port: number;
  readonly info: ConsoleInfo;
  /** Loopback address to listen on. Default `127.0.0.1`. */
  readonly host?: '127.0.0.1' | '::1';
  /** Folder of the built page. Default: the one that `npm run build` makes. */
  readonly assets?: URL;
}

export interface ConsoleServer {
  /** Address to open, such as `http://127.0.0.1:3002/`. */
  readonly url: string;
  readonly port: number;
  /** Stops listening and drops what is connected. Idempotent. */
  close(): Promise<void>;
}

interface Resource {
  readonly type: string;
  readonly body: Buffer;
}

const PAGE_FILES = [
  { path: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/app.js', file: 'app.js', type: 'text/javascript; charset=utf-8' },
  { path: '/style.css', file: 'style.css', type: 'text/css; charset=utf-8' },
  { path: '/icon.svg', file: 'icon.svg', type: 'image/svg+xml' },
] as const;

/** Host names that mean this machine. Any other in a request is a page of another site that resolved its name to here. */
const LOCAL_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Serves the page on which a developer subscribes and sees what is delivered.
 * @throws TablecastError `LOCAL_STACK` when the port is taken, the address is not loopback, or the page is not built.
 */
export async function startConsole(options: ConsoleOptions): Promise<ConsoleServer> {
  const host = options.host ?? '127.0.0.1';
  if (host !== '127.0.0.1' && host !== '::1') {
    throw new TablecastError(
      'LOCAL_STACK',
      `The page shows an API key and listens on 127.0.0.1 or ::1 only, got ${String(host)}`,
    );
  }
  const resources = new Map([...pageFiles(options.assets ?? builtPage()), ...facts(options.info)]);
  const headers = securityHeaders(options.info.ws);
  const server = createServer((request, response) => answer(request, response, resources, headers));
  await listen(server, options.port, host);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${port}/`,
    port,
    close: () => close(server),
  };
}

/** The page lies beside this file's folder once built; run from the sources, it is in the build's folder. */
function builtPage(): URL {
  const beside = new URL('../console/', import.meta.url);
  return existsSync(new URL('app.js', beside)) ? beside : new URL('../../dist/src/console/', import.meta.url);
}

function pageFiles(folder: URL): [string, Resource][] {
  try {
    return PAGE_FILES.map(({ path, file, type }) => [
      path,
      { type, body: readFileSync(new URL(file, folder)) },
    ]);
  } catch (cause) {
    throw new TablecastError(
      'LOCAL_STACK',
      `The page is not built: expected ${PAGE_FILES.map(({ file }) => file).join(', ')} in ${fileURLToPath(folder)}; run "npm run build".`,
      { cause },
    );
  }
}

function facts(info: ConsoleInfo): [string, Resource][] {
  const { ws, apiKey, region, dynamodb, tables, sdl } = info;
  const examples = subscriptionExamples(sdl, tables).map((example) => ({
    ...example,
    wscat: wscatLine(info, example),
    ...(example.sample && { putItem: putItemLine(info, example.sample) }),
  }));
  const page: PageInfo = { ws, apiKey, region, dynamodb, tables, examples };
  return [
    ['/schema.graphql', { type: 'text/plain; charset=utf-8', body: Buffer.from(sdl) }],
    ['/info.json', { type: 'application/json; charset=utf-8', body: Buffer.from(JSON.stringify(page)) }],
  ];
}

/**
 * The page may load what this server serves and talk to the gateway, nothing else; no text can become markup
 * (https://www.w3.org/TR/CSP3/, https://www.w3.org/TR/trusted-types/).
 */
function securityHeaders(ws: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${new URL(ws).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  };
}

interface Reply extends Resource {
  readonly status: number;
  readonly allow?: string;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  resources: ReadonlyMap<string, Resource>,
  headers: Readonly<Record<string, string>>,
): void {
  const { status, type, body, allow } = replyTo(request, resources);
  response.writeHead(status, {
    ...headers,
    ...(allow !== undefined && { Allow: allow }),
    'Content-Type': type,
    'Content-Length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function replyTo(
  { headers, method, url = '' }: IncomingMessage,
  resources: ReadonlyMap<string, Resource>,
): Reply {
  const host = headers.host ?? '';
  if (!isLocal(host)) {
    return problem(403, `Host: expected localhost, 127.0.0.1 or [::1], got ${host.slice(0, 255) || 'none'}`);
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return { ...problem(405, `method: expected GET or HEAD, got ${method}`), allow: 'GET, HEAD' };
  }
  const path = url.split('?')[0] ?? '';
  const resource = resources.get(path);
  if (resource) return { status: 200, ...resource };
  return problem(404, `path: expected one of ${[...resources.keys()].join(' ')}, got ${path.slice(0, 255)}`);
}

/** Any port: a tunnel or a container may show another one than this server's own. */
function isLocal(host: string): boolean {
  return LOCAL_NAMES.has(host.replace(/:\d{1,5}$/, '').toLowerCase());
}

function problem(status: number, message: string): Reply {
  const body = Buffer.from(JSON.stringify({ error: { message } }));
  return { status, type: 'application/json; charset=utf-8', body };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
    const why = code === 'EADDRINUSE' ? 'the port is taken; free it or choose another' : String(cause);
    throw new TablecastError('LOCAL_STACK', `The page cannot listen on ${host}:${port}: ${why}`, { cause });
  }
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
