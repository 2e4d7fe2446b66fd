import { get, request } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import type { WorkerHealth } from '../../../src/adapters/dynamodb-streams/worker-port.ts';
import {
  type HealthReport,
  type HealthServer,
  healthReport,
  startHealthServer,
} from '../../../src/cli/worker-health.ts';

const servers: HealthServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(report: () => HealthReport): Promise<HealthServer> {
  const server = await startHealthServer({ host: '127.0.0.1', port: 0, report });
  servers.push(server);
  return server;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function ask(port: number, path: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, timeout: 5_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

const table = (name: string, problems: readonly string[] = []): WorkerHealth => ({
  ok: problems.length === 0,
  workerId: 'w1',
  table: name,
  shards: [{ shardId: `shardId-${name}`, progressedAt: 1_000, iteratorAgeMs: 20 }],
  problems,
});

test('it is ok only while running with every table ok, and says why not, table by table', () => {
  expect(healthReport('w1', 'running', [table('A'), table('B')])).toEqual({
    ok: true,
    workerId: 'w1',
    state: 'running',
    tables: [
      { ok: true, table: 'A', shards: [expect.objectContaining({ shardId: 'shardId-A' })], problems: [] },
      { ok: true, table: 'B', shards: [expect.objectContaining({ shardId: 'shardId-B' })], problems: [] },
    ],
    problems: [],
  });
  const sick = healthReport('w1', 'running', [table('A'), table('B', ['shard X: no progress for 70 s'])]);
  expect(sick).toMatchObject({ ok: false, problems: ['table B: shard X: no progress for 70 s'] });
  expect(sick.tables.map(({ ok }) => ok)).toEqual([true, false]);
  expect(healthReport('w1', 'starting', [table('A')])).toMatchObject({
    ok: false,
    problems: ['the worker is starting'],
  });
  expect(healthReport('w1', 'stopping', [table('A')]).ok).toBe(false);
});

test('GET /healthz answers 200 when ok and 503 when not, the report as JSON, never from a cache', async () => {
  let report = healthReport('w1', 'running', [table('A')]);
  const { port } = await serve(() => report);
  expect(port).toBeGreaterThan(0);
  const good = await ask(port, '/healthz');
  expect(good.status).toBe(200);
  expect(good.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
  expect(JSON.parse(good.body)).toEqual(report);
  report = healthReport('w1', 'running', [table('A', ['leases cannot be renewed'])]);
  const bad = await ask(port, '/healthz?verbose=1');
  expect(bad.status).toBe(503);
  expect(JSON.parse(bad.body).problems).toEqual(['table A: leases cannot be renewed']);
});

test.each([
  ['/', 'GET', 404],
  ['/healthz/', 'GET', 404],
  ['//', 'GET', 404],
  ['/healthz', 'POST', 405],
  ['/healthz', 'HEAD', 200],
])('%s by %s is answered with %i', async (path, method, status) => {
  const { port } = await serve(() => healthReport('w1', 'running', [table('A')]));
  const answer = await ask(port, path, method);
  expect(answer.status).toBe(status);
  if (status === 405) expect(answer.headers['allow']).toBe('GET, HEAD');
});

test('a port that is taken is an error that names the variable', async () => {
  const { port } = await serve(() => healthReport('w1', 'running', []));
  await expect(
    startHealthServer({ host: '127.0.0.1', port, report: () => healthReport('w1', 'running', []) }),
  ).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(
      `^TABLECAST_WORKER_HOST, TABLECAST_WORKER_PORT: expected to listen on 127.0.0.1:${port}, got .*EADDRINUSE`,
    ),
  });
});

test('closing frees the port though a client holds its connection open, and twice does no harm', async () => {
  const server = await serve(() => healthReport('w1', 'running', []));
  const held = get({ host: '127.0.0.1', port: server.port, path: '/healthz' });
  held.on('error', () => {});
  await new Promise((resolve) => held.once('response', resolve));
  await server.close();
  await server.close();
  const again = await startHealthServer({
    host: '127.0.0.1',
    port: server.port,
    report: () => healthReport('w2', 'running', []),
  });
  servers.push(again);
  expect(JSON.parse((await ask(again.port, '/healthz')).body).workerId).toBe('w2');
});
