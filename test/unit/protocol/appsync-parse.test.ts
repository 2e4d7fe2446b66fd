import { describe, expect, test } from '@jest/globals';
import { parse } from '../../../src/protocol/appsync/parse.ts';

const QUERY = 'subscription S { x }';
const start = (data: unknown, extensions?: unknown, id: unknown = '1') =>
  JSON.stringify({ id, type: 'start', payload: { data, extensions } });
const request = (fields: Record<string, unknown>) => JSON.stringify(fields);

describe("frames of AppSync's realtime protocol", () => {
  test.each([
    ['{"type":"connection_init"}', new Map()],
    ['{"type": "connection_init", "payload": {}}', new Map()],
    [
      '{"type":"connection_init","payload":{"confirmSubscriptions":true}}',
      new Map([['confirmSubscriptions', true]]),
    ],
  ])('%s is an init', (frame, payload) => {
    expect(parse(frame)).toEqual({ type: 'init', payload });
  });

  test('a connection_terminate is heard, for the older client that was taught this dialect', () => {
    expect(parse('{"type":"connection_terminate","payload":null}')).toEqual({ type: 'terminate' });
  });

  test('a start as gql writes it: no variables, no operation name, the credential beside', () => {
    const frame =
      '{"id":"1","type":"start","payload":{"data":"{\\"query\\":\\"subscription {\\\\n  onCreateTodo {\\\\n    id\\\\n  }\\\\n}\\"}","extensions":{"authorization":{"host":"localhost:3001","x-api-key":"k"}}}}';
    expect(parse(frame)).toEqual({
      type: 'subscribe',
      id: '1',
      request: {
        query: 'subscription {\n  onCreateTodo {\n    id\n  }\n}',
        extensions: new Map([['authorization', { host: 'localhost:3001', 'x-api-key': 'k' }]]),
      },
    });
  });

  test('a start as Amplify writes it: variables always, a UUID, more headers', () => {
    const id = '4f7ef2c3-9e5d-4d0e-9a65-1f3d1b8a8c11';
    const authorization = { 'x-api-key': 'k', host: 'h', 'x-amz-user-agent': 'aws-amplify/6 api/1' };
    const frame = start(request({ query: QUERY, variables: { a: [1] } }), { authorization }, id);
    expect(parse(frame)).toEqual({
      type: 'subscribe',
      id,
      request: {
        query: QUERY,
        variables: { a: [1] },
        extensions: new Map([['authorization', authorization]]),
      },
    });
  });

  test('an operation name is kept, and a start without extensions has none', () => {
    expect(parse(start(request({ query: QUERY, operationName: 'S' })))).toEqual({
      type: 'subscribe',
      id: '1',
      request: { query: QUERY, operationName: 'S' },
    });
  });

  test('extensions may stand in the data or beside it, where both name one the latter prevails', () => {
    const data = request({
      query: QUERY,
      extensions: { skipOwn: true, overflow: 'x', authorization: { a: 1 } },
    });
    const message = parse(start(data, { overflow: 'latest', authorization: { b: 2 } }));
    expect(message.type === 'subscribe' && message.request.extensions).toEqual(
      new Map<string, unknown>([
        ['skipOwn', true],
        ['overflow', 'latest'],
        ['authorization', { b: 2 }],
      ]),
    );
  });

  test.each(['1', '2', '007', ' 1', '1e3', '-1', '١', '4f7ef2c3-9e5d-4d0e-9a65-1f3d1b8a8c11'])(
    'the id %j stays the text it is',
    (id) => {
      expect(parse(start(request({ query: QUERY }), undefined, id))).toMatchObject({ type: 'subscribe', id });
      expect(parse(JSON.stringify({ type: 'stop', id }))).toEqual({ type: 'complete', id });
    },
  );

  test.each([
    ['nonsense', 'JSON'],
    ['{"type":"ping"}', 'connection_init, start or stop, got "ping"'],
    ['{"type":"pong"}', 'got "pong"'],
    ['{"type":"start","payload":{"data":"{}"}}', 'start "id": expected a string, got undefined'],
    [start(request({ query: QUERY }), undefined, 1), 'start "id": expected a string, got number'],
    ['{"type":"stop","id":1}', 'stop "id": expected a string, got number'],
  ])('%s is refused as a whole, saying what was expected', (frame, words) => {
    expect(parse(frame)).toEqual({ type: 'invalid', message: expect.stringContaining(words) });
  });

  test.each([
    ['{"type":"start","id":"1"}', 'start "payload": expected an object, got undefined'],
    [
      '{"type":"start","id":"1","payload":{"query":"subscription { x }"}}',
      'start "payload.data": expected the JSON text of {query, variables, operationName}, got undefined',
    ],
    [start({ query: QUERY }), 'got object'],
    [start('nonsense'), 'start "payload.data": expected JSON text'],
    [start('[]'), 'start "payload.data": expected a JSON object, got array'],
    [start('"text"'), 'start "payload.data": expected a JSON object, got string'],
    [start('{}'), 'start "payload.data.query": expected a string, got undefined'],
    [start(request({ query: QUERY, variables: 'v' })), 'start "payload.data.variables": expected an object'],
    [start(request({ query: QUERY, operationName: 7 })), '"payload.data.operationName": expected a string'],
    [start(request({ query: QUERY, extensions: 7 })), '"payload.data.extensions": expected an object'],
    [start(request({ query: QUERY }), 'x'), 'start "payload.extensions": expected an object, got string'],
    [
      start(request({ query: QUERY }), { authorization: 'k' }),
      'start "payload.extensions.authorization": expected an object, got string',
    ],
    [
      start(`{"query":"q","variables":{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}}`),
      'nested at most 32',
    ],
    ['{"type":"subscribe","id":"1","payload":{"query":"q"}}', 'got "subscribe"'],
  ])('%.80s is the fault of its operation alone', (frame, words) => {
    expect(parse(frame)).toEqual({ type: 'invalid', id: '1', message: expect.stringContaining(words) });
  });

  test('what is wrong is told without a word of the credential', () => {
    for (const extensions of [{ authorization: 'secret' }, { authorization: ['secret'] }, 'secret']) {
      expect(JSON.stringify(parse(start(request({ query: QUERY }), extensions)))).not.toContain('secret');
    }
    expect(JSON.stringify(parse(start('secret')))).not.toContain('secret');
  });

  test('variables and extensions inherit nothing, at any depth', () => {
    const data = '{"query":"q","variables":{"a":[{"__proto__":{"c":1}}]}}';
    const message = parse(start(data, { authorization: {} }));
    if (message.type !== 'subscribe') throw new Error('expected a subscribe');
    const [first] = Object.values(message.request.variables ?? {}).flat();
    expect(Object.getPrototypeOf(first)).toBeNull();
    expect(JSON.stringify(first)).toBe('{"__proto__":{"c":1}}');
    expect(Object.getPrototypeOf(message.request.extensions?.get('authorization'))).toBeNull();
  });
});
