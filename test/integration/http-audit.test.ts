import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { DEFAULT_HTTP_SETTINGS } from '../../src/api/http/exchange.ts';
import { requestOf, resultOf } from '../../src/api/http/gateway-event.ts';
import { createHttpHandler } from '../../src/api/http/handler.ts';
import { createTestRelay, KEY } from '../fixtures/relay.ts';

let server: Server;
let url: string;

/** The handler as API Gateway calls it, on a port: each request becomes an event, its answer a response. */
beforeAll(async () => {
  const { context } = createTestRelay();
  const handler = createHttpHandler({ ...context, settings: DEFAULT_HTTP_SETTINGS });
  server = createServer(async (request, response) => {
    const { method = '', url: address = '', headers } = request;
    const names = Object.entries(headers).map(([name, value]) => [name, String(value)]);
    const body = await buffer(request);
    const event = {
      rawQueryString: address.split('?')[1] ?? '',
      headers: Object.fromEntries(names),
      requestContext: { http: { method } },
      ...(body.length > 0 && { body: body.toString('base64'), isBase64Encoded: true }),
    };
    const result = resultOf(await handler(requestOf(event)));
    response.writeHead(result.statusCode, result.headers).end(result.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/graphql`;
});

afterAll(() => {
  server?.closeAllConnections();
  server?.close();
});

/** `fetch` with the key, which the audits know nothing of. */
function withKey(address: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('x-api-key', KEY);
  return fetch(address, { ...init, headers });
}

const post = (query: string, variables: object = {}) =>
  withKey(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });

describe('the audit of GraphQL over HTTP', () => {
  const audits = serverAudits({ url: () => url, fetchFn: withKey });

  test('has all its questions', () => {
    expect(audits.length).toBeGreaterThan(50);
    expect(audits.filter(({ name }) => name.startsWith('MUST')).length).toBeGreaterThan(10);
  });

  test.each(audits.map((audit) => [audit.id, audit.name, audit] as const))(
    '%s %s',
    async (_id, _name, audit) => {
      const result = await audit.fn();
      expect({ status: result.status, ...('reason' in result && { reason: result.reason }) }).toEqual({
        status: 'ok',
      });
    },
  );
});

describe('a table over HTTP', () => {
  test('an item is created, read, listed and deleted, Japanese text exact', async () => {
    const title = 'プロフィールページ作成 🍣';
    const created = await post(
      'mutation ($input: CreateTodoInput!) { createTodo(input: $input) { id title priority } }',
      { input: { id: 'L5', title, priority: 3 } },
    );
    expect(created.status).toBe(200);
    expect(await created.json()).toEqual({ data: { createTodo: { id: 'L5', title, priority: 3 } } });
    const query = encodeURIComponent('{ getTodo(id: "L5") { title } listTodos { items { id } nextToken } }');
    const read = await withKey(`${url}?query=${query}`);
    expect(await read.json()).toEqual({
      data: { getTodo: { title }, listTodos: { items: [{ id: 'L5' }], nextToken: null } },
    });
    const deleted = await post('mutation { deleteTodo(input: { id: "L5" }) { title } }');
    expect(await deleted.json()).toEqual({ data: { deleteTodo: { title } } });
  });

  test('an error of an operation has the shape of AppSync', async () => {
    const answer = await post('mutation { deleteTodo(input: { id: "nosuch" }) { title } }');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      data: { deleteTodo: null },
      errors: [
        {
          path: ['deleteTodo'],
          data: null,
          errorType: 'DynamoDB:ConditionalCheckFailedException',
          errorInfo: null,
          locations: [{ line: 1, column: 12, sourceName: null }],
          message: expect.any(String),
        },
      ],
    });
  });

  test('without the key it is 401 and nothing else', async () => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({
      errors: [{ errorType: 'UnauthorizedException', message: expect.any(String) }],
    });
  });
});
