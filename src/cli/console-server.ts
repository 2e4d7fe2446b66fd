import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { TablecastError } from '../errors.ts';
import { EXPLAIN_PATH, explainRequest } from './console-explain.ts';
import { graphiqlHeaders, pageHeaders } from './console-headers.ts';
import { type ConsoleInfo, consolePages, GRAPHIQL_PATH, type Resource } from './console-pages.ts';
import { ISSUER_PATHS, tokenRequest } from './console-tokens.ts';
import type { ExplainRecent } from './explain-live.ts';
import type { LocalIssuer } from './local-issuer.ts';
import { answerUpgrade, createLocalProxy, type LocalGateway, type LocalProxy } from './local-proxy.ts';

/** What the page of `tablecast start` is served with. */
export interface ConsoleOptions {
  /** Port to listen on; 0 takes a free one. */
  readonly port: number;
  readonly info: ConsoleInfo;
  /**
   * Everything that is not of the pages is passed on to it, WebSocket upgrades of any path included. Without one such a
   * request is a 404.
   */
  readonly gateway?: LocalGateway;
  /**
   * Answers `/explain.json?last=N` and `?event=ID` (docs/explain.md): items and filters of this machine's own tables, to
   * whoever may see the pages. Without it there is no such path.
   */
  readonly explain?: ExplainRecent;
  /** Answers under `/local-issuer/` (docs/authentication.md). Without it there is no such path. */
  readonly issuer?: LocalIssuer;
  /** Loopback address to listen on. Default `127.0.0.1`. */
  readonly host?: '127.0.0.1' | '::1';
  /** Folder of the built pages. Default: the one that `npm run build` makes. */
  readonly assets?: URL;
}

/** A page that is served, until it is closed. */
export interface ConsoleServer {
  /** Address to open, such as `http://127.0.0.1:3002/`. */
  readonly url: string;
  readonly port: number;
  /** Stops listening and drops what is connected. Idempotent. */
  close(): Promise<void>;
}

/** Host names that mean this machine. Any other in a request is a page of another site that resolved its name to here. */
const LOCAL_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * The one local origin: the page on which a developer subscribes and sees what is delivered, GraphiQL at `/graphql` for
 * browsers, and the API itself, over HTTP and WebSocket.
 * @throws TablecastError `LOCAL_STACK` when the port is taken, the address is not loopback, or the pages are not built.
 */
export async function startConsole(options: ConsoleOptions): Promise<ConsoleServer> {
  const host = options.host ?? '127.0.0.1';
  if (host !== '127.0.0.1' && host !== '::1') {
    throw new TablecastError(
      'LOCAL_STACK',
      `The page shows an API key and listens on 127.0.0.1 or ::1 only, got ${String(host)}`,
    );
  }
  const resources = consolePages(options.info, options.assets);
  const proxy = options.gateway && createLocalProxy(options.gateway);
  const { explain, issuer } = options;
  const site: Site = {
    resources,
    ws: options.info.ws,
    ...(proxy && { proxy }),
    ...(explain && { explain }),
    ...(issuer && { issuer }),
  };
  const server = createServer((request, response) => {
    answer(request, response, site).catch(() => response.destroy());
  });
  server.on('upgrade', (request, socket, head) => {
    const refused = hostProblem(request);
    const other = upgradeProblem(request);
    if (refused) answerUpgrade(socket, '403 Forbidden', refused.body.toString());
    else if (other) answerUpgrade(socket, '501 Not Implemented', other.body.toString());
    else if (proxy) proxy.upgrade(request, socket, head);
    else
      answerUpgrade(
        socket,
        '404 Not Found',
        problem(404, 'WebSocket: nothing here takes one').body.toString(),
      );
  });
  await listen(server, options.port, host);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${port}/`,
    port,
    close: () => close(server, proxy),
  };
}

interface Site {
  readonly resources: ReadonlyMap<string, Resource>;
  /** WebSocket URL of the gateway, which the page talks to itself. */
  readonly ws: string;
  readonly proxy?: LocalProxy;
  readonly explain?: ExplainRecent;
  readonly issuer?: LocalIssuer;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
  readonly allow?: string;
  readonly graphiql?: boolean;
}

async function answer(request: IncomingMessage, response: ServerResponse, site: Site): Promise<void> {
  const refused = hostProblem(request);
  const resource = refused ? undefined : resourceOf(request, site.resources);
  const explained = refused
    ? undefined
    : ((await explainReply(request, site.explain)) ?? tokenReply(request, site.issuer));
  if (!refused && !resource && !explained && site.proxy) {
    site.proxy.web(request, response);
    return;
  }
  const { status, type, body, allow, graphiql } =
    refused ?? explained ?? (await replyTo(request, resource, site.resources));
  response.writeHead(status, {
    ...(graphiql ? graphiqlHeaders(request.headers.host ?? '') : pageHeaders(site.ws)),
    ...(allow !== undefined && { Allow: allow }),
    ...(resource?.graphiql && { Vary: 'Accept' }),
    'Content-Type': type,
    'Content-Length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** `/graphql` is a page for browsers alone, which ask for HTML; for everybody else it is the API. */
function resourceOf(
  request: IncomingMessage,
  resources: ReadonlyMap<string, Resource>,
): Resource | undefined {
  const path = pathOf(request);
  if (path === GRAPHIQL_PATH && !asksForPage(request)) return undefined;
  return resources.get(path);
}

function asksForPage({ method, headers }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && /\btext\/html\b/i.test(headers.accept ?? '');
}

async function replyTo(
  request: IncomingMessage,
  resource: Resource | undefined,
  resources: ReadonlyMap<string, Resource>,
): Promise<Reply> {
  const misused = methodProblem(request);
  if (misused) return misused;
  if (!resource) {
    const paths = [...resources.keys()].join(' ');
    return problem(404, `path: expected one of ${paths}, got ${pathOf(request).slice(0, 255)}`);
  }
  const { type, body, graphiql } = resource;
  return { status: 200, type, graphiql, body: Buffer.isBuffer(body) ? body : await readFile(body) };
}

async function explainReply(
  request: IncomingMessage,
  explain: ExplainRecent | undefined,
): Promise<Reply | undefined> {
  if (!explain || pathOf(request) !== EXPLAIN_PATH) return undefined;
  return methodProblem(request) ?? json(await explainRequest(request.url ?? '', explain));
}

/**
 * A token is for the developer's own programs and for this page. A page of another site could not read it (no CORS, and
 * `Cross-Origin-Resource-Policy`); it is not even made for one.
 */
function tokenReply(request: IncomingMessage, issuer: LocalIssuer | undefined): Reply | undefined {
  if (!issuer || !ISSUER_PATHS.has(pathOf(request))) return undefined;
  const refused = methodProblem(request) ?? siteProblem(request);
  if (refused) return refused;
  const said = tokenRequest(request.url ?? '', issuer);
  return said && json(said);
}

/** Browsers say where a request is from, and no page can have them say otherwise (https://www.w3.org/TR/fetch-metadata/). */
function siteProblem({ headers }: IncomingMessage): Reply | undefined {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined;
  return problem(403, 'Sec-Fetch-Site: expected this page or a program of your own, got a page elsewhere');
}

function methodProblem({ method }: IncomingMessage): Reply | undefined {
  if (method === 'GET' || method === 'HEAD') return undefined;
  return { ...problem(405, `method: expected GET or HEAD, got ${method}`), allow: 'GET, HEAD' };
}

function json({ status, answer }: { readonly status: number; readonly answer: unknown }): Reply {
  return { status, type: 'application/json; charset=utf-8', body: Buffer.from(JSON.stringify(answer)) };
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?')[0] ?? '';
}

function hostProblem({ headers }: IncomingMessage): Reply | undefined {
  const host = headers.host ?? '';
  if (isLocal(host)) return undefined;
  return problem(403, `Host: expected localhost, 127.0.0.1 or [::1], got ${host.slice(0, 255) || 'none'}`);
}

/**
 * Java's HttpClient and `curl --http2` ask for HTTP/2 with a plain request. Node hands that over as an upgrade, its body
 * unread; unanswered it would end without a word.
 */
function upgradeProblem({ headers }: IncomingMessage): Reply | undefined {
  const asked = headers.upgrade ?? '';
  if (/^websocket$/i.test(asked.trim())) return undefined;
  return problem(
    501,
    `Upgrade: expected websocket, or HTTP/1.1 without an upgrade, got ${asked.slice(0, 64)}`,
  );
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

async function close(server: Server, proxy: LocalProxy | undefined): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  proxy?.close();
  await closed;
}
