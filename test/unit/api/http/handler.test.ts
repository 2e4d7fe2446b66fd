import { describe, expect, test } from '@jest/globals';
import { GraphQLError } from 'graphql';
import { TablecastError } from '../../../../src/errors.ts';
import { createTestHandler, JSON_AND_KEY, KEY } from './ask.ts';

const HASH_SEEN_BY_RESOLVERS = /^[\w-]{22}$/;
const RESPONSE_JSON = { ...JSON_AND_KEY, accept: 'application/graphql-response+json' };

describe('operations', () => {
  test('a query with variables and an operation name is answered, with the identity of the key', async () => {
    const { ask } = createTestHandler();
    const query = 'query A($text: String) { echo(text: $text) whoAmI } query B { broken }';
    const answer = await ask({ body: { query, operationName: 'A', variables: { text: 'プロフィール 🍣' } } });
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      json: { data: { echo: 'プロフィール 🍣', whoAmI: expect.stringMatching(HASH_SEEN_BY_RESOLVERS) } },
    });
    expect(answer.json.errors).toBeUndefined();
  });

  test('GET runs a query of the URL, variables included', async () => {
    const { ask } = createTestHandler();
    const query = new URLSearchParams({
      query: 'query ($text: String) { echo(text: $text) }',
      variables: '{"text":"a+b & c"}',
    });
    const answer = await ask({ method: 'GET', query: String(query) });
    expect(answer).toMatchObject({ status: 200, json: { data: { echo: 'a+b & c' } } });
  });

  test('a mutation runs by POST and never by GET', async () => {
    const { ask, api } = createTestHandler();
    expect(await ask({ body: { query: 'mutation { count }' } })).toMatchObject({
      status: 200,
      json: { data: { count: 1 } },
    });
    const got = await ask({ method: 'GET', query: 'query=mutation%20%7B%20count%20%7D' });
    expect(got.status).toBe(405);
    expect(got.headers['allow']).toBe('POST');
    expect(got.json.errors?.[0]).toMatchObject({ errorType: 'UnsupportedOperation' });
    const named = new URLSearchParams({ query: 'query Q { echo } mutation M { count }', operationName: 'M' });
    expect((await ask({ method: 'GET', query: String(named) })).status).toBe(405);
    expect(api.counted()).toBe(1);
  });

  test('a subscription is told to use the WebSocket', async () => {
    const { ask } = createTestHandler();
    const answer = await ask({ body: { query: 'subscription { counted }' } });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      errors: [
        {
          errorType: 'UnsupportedOperation',
          message: expect.stringContaining('use the WebSocket'),
          extensions: { code: 'OPERATION_NOT_SUPPORTED' },
        },
      ],
    });
  });

  test.each([
    ['application/json', 200],
    ['application/graphql-response+json', 400],
  ])(
    'a document that does not fit is an error of the shape of the API, for %s with status %i',
    async (accept, status) => {
      const { ask } = createTestHandler();
      for (const body of [
        { query: '{ nosuch }' },
        { query: '{' },
        { query: '{ echo }', operationName: 'Nosuch' },
        { query: 'query ($count: Int!) { many(count: $count) }', variables: { count: 'x' } },
      ]) {
        const answer = await ask({ headers: { ...JSON_AND_KEY, accept }, body });
        expect(answer.status).toBe(status);
        expect(answer.headers['content-type']).toBe(`${accept}; charset=utf-8`);
        expect(Object.keys(answer.json)).toEqual(['errors']);
        expect(answer.json.errors?.[0]).toMatchObject({ errorType: 'Formatted' });
      }
    },
  );

  test('a field error comes beside the data, formatted once, with status 200 for both media types', async () => {
    const { ask } = createTestHandler();
    for (const headers of [JSON_AND_KEY, RESPONSE_JSON]) {
      const answer = await ask({ headers, body: { query: '{ echo broken }' } });
      expect(answer.status).toBe(200);
      expect(answer.json.data).toEqual({ echo: 'hello', broken: null });
      expect(answer.json.errors).toEqual([
        {
          message: 'out of order',
          path: ['broken'],
          locations: [{ line: 1, column: 8 }],
          errorType: 'Formatted',
        },
      ]);
    }
  });

  test('JSON under application/graphql, as AWS documents it for AppSync, is taken as JSON', async () => {
    const { ask } = createTestHandler();
    const headers = { 'Content-Type': 'application/graphql', 'X-Api-Key': KEY };
    expect(await ask({ headers, body: { query: '{ echo }' } })).toMatchObject({
      json: { data: { echo: 'hello' } },
    });
  });

  test('variables nested deeper than a frame may be are refused', async () => {
    const { ask } = createTestHandler();
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    const answer = await ask({ body: `{"query":"{ echo }","variables":{"a":${deep}}}` });
    expect(answer.json.errors?.[0]).toMatchObject({ message: expect.stringContaining('at most 32 levels') });
    expect(answer.json.data).toBeUndefined();
  });

  test.each([
    ['{}', []],
    ['{"__proto__": {"toString": "t"}}', expect.anything()],
    ['{"inner": [{}]}', ['inner']],
    ['{"constructor": "c"}', ['constructor']],
  ])('S13 a field that %s leaves out is not looked for where all objects inherit', async (names, given) => {
    const { ask } = createTestHandler();
    const query = 'query ($names: Names!) { given(names: $names) }';
    const body = `{"query":"${query}","variables":{"names":${names}}}`;
    const byPost = await ask({ body });
    const inQuery = new URLSearchParams({ query, variables: `{"names":${names}}` });
    const byGet = await ask({ method: 'GET', query: String(inQuery) });
    for (const { body: told, json } of [byPost, byGet]) {
      expect(told).not.toContain('[function');
      expect(json.data ?? { given: json.errors }).toEqual({ given });
    }
  });

  test('an answer that would not fit into what Lambda returns is an error that says so', async () => {
    const { ask } = createTestHandler({ settings: { maxResponseBytes: 2_000 } });
    const query = (count: number) => ({ body: { query: `{ many(count: ${count}) }` } });
    expect((await ask(query(100))).json.data).toEqual({ many: expect.any(Array) });
    const answer = await ask(query(1_000));
    expect(answer).toMatchObject({
      status: 200,
      json: { data: null, errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] },
    });
    expect(Buffer.byteLength(answer.body)).toBeLessThan(2_000);
  });
});

describe('C6 credentials', () => {
  test.each([
    ['none', {}],
    ['an unknown key', { 'x-api-key': 'wrong-and-secret' }],
    ['an empty key', { 'x-api-key': '' }],
    ['a token where none is accepted', { authorization: 'Bearer wrong-and-secret' }],
  ])('C6 %s is 401 with a JSON body, whatever else is wrong, and nothing runs', async (_name, credential) => {
    const { ask, api, logs } = createTestHandler();
    for (const request of [
      { body: { query: 'mutation { count }' } },
      { method: 'GET', query: 'query={echo}' },
      { method: 'DELETE' },
      { body: '[' },
    ]) {
      const headers = { 'content-type': 'application/json', ...credential };
      const answer = await ask({ ...request, headers });
      expect(answer.status).toBe(401);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'www-authenticate': 'Bearer',
        'x-amzn-errortype': 'UnauthorizedException',
        'access-control-allow-origin': '*',
      });
      expect(answer.json).toEqual({
        errors: [{ errorType: 'UnauthorizedException', message: expect.stringContaining('expected') }],
      });
      expect(answer.body + logs()).not.toContain('wrong-and-secret');
    }
    expect(logs()).toContain('"event":"http.refused"');
    expect(api.counted()).toBe(0);
  });

  test('C8 what goes wrong repeats neither key nor variables, in answers and in logs', async () => {
    const secret = 'the-secret-value';
    const { ask, logs } = createTestHandler({
      hooks: { operation: () => Promise.reject(new Error('the hook is out of order')) },
    });
    const bodies = [
      { query: 'query ($count: Int!) { many(count: $count) }', variables: { count: 1, more: secret } },
      `{"query":"{ echo }","variables":"${secret}"`,
      { query: '{ echo }', variables: secret },
    ];
    for (const body of bodies) {
      const answer = await ask({ body });
      expect(answer.body + logs()).not.toMatch(/the-secret-value|a-key-nobody/);
      expect(answer.body).not.toContain('the hook is out of order');
    }
    expect(logs()).toContain('hook.failed');
  });

  test('a credential that cannot be checked now is 503, and nobody is let in for it', async () => {
    const { ask, api, logs } = createTestHandler({
      authenticator: {
        authenticate: () => Promise.reject(new TablecastError('AUTHENTICATION_UNAVAILABLE', 'no keys')),
      },
    });
    const answer = await ask({ body: { query: 'mutation { count }' } });
    expect(answer).toMatchObject({
      status: 503,
      json: { errors: [{ errorType: 'ServiceUnavailableException' }] },
    });
    expect(api.counted()).toBe(0);
    expect(logs()).toContain('http.authentication_unavailable');
  });
});

describe('requests that are none', () => {
  const ok = { query: '{ echo }' };
  const type = (value: string) => ({ ...JSON_AND_KEY, 'content-type': value });
  const statuses = [
    ['no body', 400, {}],
    ['an empty body', 400, { body: '' }],
    ['text that is not JSON', 400, { body: '{"query":' }],
    ['bytes that are not UTF-8', 400, { body: Uint8Array.from([0x22, 0xff, 0x22]) }],
    ['JSON that is no object', 400, { body: '"{ echo }"' }],
    ['a query that is no text', 400, { body: { query: 1 } }],
    ['variables that are no object', 400, { body: { ...ok, variables: [1] } }],
    ['extensions that are no object', 400, { body: { ...ok, extensions: 'x' } }],
    ['an operation name that is no text', 400, { body: { ...ok, operationName: {} } }],
    ['GET without a query', 400, { method: 'GET', query: 'x=1' }],
    ['GET with broken variables', 400, { method: 'GET', query: 'query=%7Becho%7D&variables=%7B' }],
    ['another method', 405, { method: 'PUT', body: ok }],
    ['a media type nobody can give', 406, { headers: { ...JSON_AND_KEY, accept: 'text/csv' }, body: ok }],
    ['a form', 415, { headers: type('application/x-www-form-urlencoded'), body: 'query={echo}' }],
    ['another charset', 415, { headers: type('application/json; charset=utf-16'), body: ok }],
    ['no content type', 415, { headers: { 'x-api-key': KEY }, body: ok }],
  ] as const;

  test.each(statuses)('C7 %s is %i with an error in words', async (_name, status, request) => {
    const { ask } = createTestHandler();
    const answer = await ask(request);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.json).toEqual({
      errors: [{ errorType: 'MalformedHttpRequestException', message: expect.stringMatching(/./) }],
    });
  });

  test('a batch is refused as what it is', async () => {
    const { ask, api } = createTestHandler();
    const answer = await ask({ body: [{ query: 'mutation { count }' }, { query: 'mutation { count }' }] });
    expect(answer.status).toBe(400);
    expect(answer.json.errors?.[0]?.['message']).toContain('got an array');
    expect(api.counted()).toBe(0);
  });

  test('a body one byte above the limit is 413 and one at it is taken', async () => {
    const body = JSON.stringify({ query: '{ echo }' });
    const bytes = Buffer.byteLength(body);
    expect((await createTestHandler({ settings: { maxBodyBytes: bytes } }).ask({ body })).status).toBe(200);
    const answer = await createTestHandler({ settings: { maxBodyBytes: bytes - 1 } }).ask({ body });
    expect(answer.status).toBe(413);
    expect(answer.json.errors?.[0]?.['message']).toBe(
      `Body: expected at most ${bytes - 1} bytes, got ${bytes}`,
    );
  });

  test('names of Object.prototype are no operation, no variable and no header', async () => {
    const { ask } = createTestHandler();
    const body =
      '{"query":"query ($text: String) { echo(text: $text) }","variables":{"__proto__":{"text":"x"}}}';
    expect((await ask({ body })).json.data).toEqual({ echo: 'hello' });
    expect((await ask({ headers: { ...JSON_AND_KEY, constructor: 'x' }, body })).status).toBe(200);
  });
});

describe('the operation hook', () => {
  test('runs around an operation, with its kind, name, document and identity', async () => {
    const seen: unknown[] = [];
    const { ask, api } = createTestHandler({
      hooks: {
        async operation({ kind, operationName, query, context }, next) {
          seen.push([kind, operationName, query, context.identity.kind, api.counted()]);
          await next();
          seen.push(api.counted());
        },
      },
    });
    const query = 'mutation Once { count }';
    expect((await ask({ body: { query, operationName: 'Once' } })).json.data).toEqual({ count: 1 });
    expect(seen).toEqual([['mutation', 'Once', query, 'api-key', 0], 1]);
  });

  test('a GraphQLError it throws is told to the client and nothing runs', async () => {
    const { ask, api } = createTestHandler({
      hooks: {
        operation: () =>
          Promise.reject(new GraphQLError('Closed on Sundays', { extensions: { code: 'CLOSED' } })),
      },
    });
    const answer = await ask({ body: { query: 'mutation { count }' } });
    expect(answer.json).toEqual({
      errors: [expect.objectContaining({ message: 'Closed on Sundays', errorType: 'CLOSED' })],
    });
    expect(api.counted()).toBe(0);
  });

  test('any other error is an internal one, also after the operation ran, whose result is withheld', async () => {
    const { ask, api } = createTestHandler({
      hooks: {
        async operation(_event, next) {
          await next();
          throw new Error('the password is hunter2');
        },
      },
    });
    const answer = await ask({ body: { query: 'mutation { count }' } });
    expect(answer.json).toEqual({
      errors: [expect.objectContaining({ errorType: 'INTERNAL_SERVER_ERROR' })],
    });
    expect(answer.body).not.toContain('hunter2');
    expect(api.counted()).toBe(1);
  });

  test('one that never calls next refuses', async () => {
    const { ask, api } = createTestHandler({ hooks: { operation: async () => {} } });
    const answer = await ask({ body: { query: 'mutation { count }' } });
    expect(answer.json).toEqual({ errors: [expect.objectContaining({ errorType: 'FORBIDDEN' })] });
    expect(api.counted()).toBe(0);
  });

  test('it sees no request that is no operation', async () => {
    const seen: string[] = [];
    const { ask } = createTestHandler({
      hooks: {
        async operation({ query }, next) {
          seen.push(query);
          await next();
        },
      },
    });
    await ask({ body: { query: '{ nosuch }' } });
    await ask({ body: { query: 'subscription { counted }' } });
    await ask({ body: '[]' });
    expect(seen).toEqual([]);
  });
});

test('a fault of ours is a 500 in words, logged, and the next request is answered', async () => {
  const { ask, api, logs } = createTestHandler();
  const { check } = api;
  Object.assign(api, {
    check: () => {
      throw new Error('a fault with the password hunter2');
    },
  });
  const answer = await ask({ body: { query: '{ echo }' } });
  expect(answer).toMatchObject({ status: 500, json: { errors: [{ errorType: 'InternalFailure' }] } });
  expect(answer.body).not.toContain('hunter2');
  expect(logs()).toContain('http.failed');
  Object.assign(api, { check });
  expect((await ask({ body: { query: '{ echo }' } })).status).toBe(200);
});
