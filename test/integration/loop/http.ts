import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { LocalLoop } from '../../fixtures/local-loop.ts';
import { oneLoop } from './one-loop.ts';

let loop: LocalLoop;
let url: string;

beforeAll(async () => {
  loop = await oneLoop();
  url = `${loop.ready.http}/graphql`;
}, 240_000);

async function post(query: string, variables: object = {}, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': loop.ready.apiKey, ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, headers: response.headers, json: JSON.parse(await response.text()) };
}

const CREATE = 'mutation ($input: CreateTodoInput!) { createTodo(input: $input) { id title } }';

test('the ready line names the one URL, where queries and mutations run', async () => {
  expect(JSON.parse(loop.stdout())).toMatchObject({ ready: true, graphql: url });
  const title = 'プロフィールページ作成 🍣';
  const created = await post(CREATE, { input: { id: 'h1', title } });
  expect(created).toMatchObject({ status: 200, json: { data: { createTodo: { id: 'h1', title } } } });
  const read = await fetch(`${url}?query=${encodeURIComponent('{ getTodo(id: "h1") { title } }')}`, {
    headers: { 'x-api-key': loop.ready.apiKey },
  });
  expect(await read.json()).toEqual({ data: { getTodo: { title } } });
});

test('a mutation over HTTP is delivered to a subscription over WebSocket, both at the one URL', async () => {
  const client = createClient({
    url: url.replace('http:', 'ws:'),
    webSocketImpl: WebSocket,
    connectionParams: { 'x-api-key': loop.ready.apiKey, confirmSubscriptions: true },
  });
  const results = client.iterate({ query: 'subscription { onCreateTodo(id: "h2") { id title } }' });
  expect((await results.next()).value).toMatchObject({ extensions: { subscribed: true } });
  await post(CREATE, { input: { id: 'h2', title: '牛乳' } });
  expect((await results.next()).value).toMatchObject({ data: { onCreateTodo: { id: 'h2', title: '牛乳' } } });
  await client.dispose();
});

test('a page of another origin may call it: its preflight and its refusal pass through the emulator', async () => {
  const origin = 'http://localhost:5173';
  const preflight = await fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-api-key',
    },
  });
  // The emulator answers it by itself, with 200; API Gateway leaves it to the handler, which says 204.
  expect(preflight.ok).toBe(true);
  expect(preflight.headers.get('access-control-allow-origin')).toMatch(/^(\*|http:\/\/localhost:5173)$/);
  expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('x-api-key');
  const refused = await post('{ __typename }', {}, { origin, 'x-api-key': 'wrong' });
  expect(refused).toMatchObject({
    status: 401,
    json: { errors: [{ errorType: 'UnauthorizedException' }] },
  });
  expect(refused.headers.get('access-control-allow-origin')).toMatch(/^(\*|http:\/\/localhost:5173)$/);
});

test('the curl line of the screen runs in a shell as it stands', async () => {
  const { curlLine } = await import('../../../src/cli/screen.ts');
  const line = curlLine(loop.ready, '{ listTodos(limit: 1) { items { __typename } } }');
  const { stdout } = await promisify(execFile)('sh', ['-c', `${line} --silent`]);
  expect(JSON.parse(stdout)).toEqual({ data: { listTodos: { items: [{ __typename: 'Todo' }] } } });
});
