import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { WorkerHealth } from '../adapters/dynamodb-streams/worker-port.ts';
import { TablecastError } from '../errors.ts';

/** What `/healthz` answers, as JSON: with 200 when `ok`, with 503 otherwise. Names, ids and times; nothing secret. */
export interface HealthReport {
  readonly ok: boolean;
  readonly workerId: string;
  /** `starting` until places are held in every stream, `stopping` once told to end. Neither is `ok`. */
  readonly state: 'starting' | 'running' | 'stopping';
  /** One entry a table. */
  readonly tables: readonly Omit<WorkerHealth, 'workerId'>[];
  /** Why it is not ok, in words; empty when it is. */
  readonly problems: readonly string[];
}

export interface HealthServerOptions {
  /** Address to listen on. */
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Asked at each request. */
  readonly report: () => HealthReport;
}

export interface HealthServer {
  /** The port it listens on. */
  readonly port: number;
  /** Breaks off what is under way, and resolves once the port is free. Idempotent. */
  close(): Promise<void>;
}

/** Puts what the workers of all tables say into one report. */
export function healthReport(
  workerId: string,
  state: HealthReport['state'],
  workers: readonly WorkerHealth[],
): HealthReport {
  const problems = [
    ...(state === 'running' ? [] : [`the worker is ${state}`]),
    ...workers.flatMap(({ table, problems: found }) => found.map((problem) => `table ${table}: ${problem}`)),
  ];
  const ok = state === 'running' && workers.every((worker) => worker.ok);
  return { ok, workerId, state, tables: workers.map(({ workerId: _, ...rest }) => rest), problems };
}

/**
 * Serves `GET /healthz`; every other path is a 404, every other method a 405.
 * @throws TablecastError `CONFIG_INVALID` when the address cannot be listened on
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    // Not by URL, which refuses some of what may stand here.
    const [path] = (request.url ?? '').split('?', 1);
    if (path !== '/healthz') return answer(response, 404, { error: 'expected /healthz' });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return answer(response, 405, { error: 'expected GET or HEAD' });
    }
    const report = options.report();
    answer(response, report.ok ? 200 : 503, report);
  });
  server.listen(options.port, options.host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new TablecastError(
      'CONFIG_INVALID',
      `TABLECAST_WORKER_HOST, TABLECAST_WORKER_PORT: expected to listen on ${options.host}:${options.port}, got ${detail}`,
      { cause },
    );
  }
  return { port: portOf(server), close: () => close(server) };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
