import { beforeEach, describe, expect, test } from '@jest/globals';
import { GraphQLError } from 'graphql';
import type { TokenVerifier } from '../../src/auth/token-verifier.ts';
import { endOperations } from '../../src/relay/end.ts';
import { receive } from '../../src/relay/receive.ts';
import { createTestRelay, drive, KEY, type TestRelay, todoRecord } from '../fixtures/relay.ts';

const ON_CREATE = 'subscription { onCreateTodo { id title } }';
const SECOND_ID = '4f7ef2c3-9e5d-4d0e-9a65-1f3d1b8a8c11';
const KA = { type: 'ka' };
const start = (id: unknown, query: string, authorization: object = {}, more: object = {}) => ({
  id,
  type: 'start',
  payload: { data: JSON.stringify({ query, variables: {}, ...more }), extensions: { authorization } },
});
const error = (id: string, errorType: string, errorCode: number, code: string, words = '') => ({
  type: 'error',
  id,
  payload: {
    errors: [
      expect.objectContaining({
        errorType,
        message: expect.stringContaining(words),
        errorCode,
        extensions: expect.objectContaining({ code }),
      }),
    ],
  },
});
const badRequest = (id: string, words = '', code = 'BAD_REQUEST') =>
  error(id, 'BadRequestException', 400, code, words);
const refusal = (errorType: string, errorCode: number, words = '') => ({
  type: 'connection_error',
  payload: { errors: [{ errorType, message: expect.stringContaining(words), errorCode }] },
});

let relay: TestRelay;
const open = (id: string, credential: object = {}) => {
  const encoded = Buffer.from(JSON.stringify({ host: 'localhost:3001', ...credential })).toString(
    'base64url',
  );
  return relay.open(id, { headers: { 'Sec-WebSocket-Protocol': `graphql-ws,header-${encoded}` } });
};
const connect = async (id: string, init: object = {}) => {
  await open(id, { 'x-api-key': KEY });
  expect(await relay.send(id, { type: 'connection_init', ...init })).toEqual(KA);
};
/** What was posted to a connection after its `connection_ack`. */
const posted = (id: string) => relay.frames(id).slice(1);
const insert = (id: string) =>
  todoRecord(relay.clock.now(), { newImage: { id: { S: id }, title: { S: 'ねこ' } } });
const data = (clientId: string, todo: object) => ({
  type: 'data',
  id: clientId,
  payload: {
    data: { onCreateTodo: todo },
    extensions: expect.objectContaining({ eventId: expect.any(String) }),
  },
});

beforeEach(() => {
  relay = createTestRelay();
});

describe('connection_init', () => {
  test.each([{}, { payload: {} }, { payload: null }, { payload: '' }])(
    'with %j is acknowledged with connectionTimeoutMs, two keep-alive periods and a minute, and then with ka',
    async (init) => {
      await open('c', { 'x-api-key': KEY });
      expect(await relay.send('c', { type: 'connection_init', ...init })).toEqual(KA);
      expect(relay.connections.frames('c')).toEqual([
        '{"type":"connection_ack","payload":{"connectionTimeoutMs":1140000}}',
      ]);
    },
  );

  test('a second one is not answered, and the first one stands', async () => {
    await connect('c');
    expect(await relay.send('c', { type: 'connection_init' })).toBeUndefined();
    expect(await relay.send('c', start('1', ON_CREATE))).toEqual({ type: 'start_ack', id: '1' });
  });

  test.each([
    ['no key', {}],
    ['a wrong key', { 'x-api-key': 'wrong' }],
    [
      'a signature of AWS',
      { Authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/x, SignedHeaders=host, Signature=0' },
    ],
  ])('after an upgrade with %s is refused as final', async (_, credential) => {
    expect(await open('c', credential)).toEqual({ status: 200, subprotocol: 'graphql-ws' });
    expect(await relay.send('c', { type: 'connection_init' })).toEqual(refusal('UnauthorizedException', 401));
    expect(await relay.send('c', start('1', ON_CREATE))).toEqual(
      error('1', 'UnauthorizedException', 401, 'UNAUTHORIZED'),
    );
  });

  test.each([
    ['refuses', new GraphQLError('members only'), refusal('UnauthorizedException', 401, 'members only')],
    ['fails', new Error('the hook burns'), refusal('InternalFailure', 500, 'try again')],
  ])('is refused when the connect hook %s', async (_, thrown, expected) => {
    const connectHook = () => {
      throw thrown;
    };
    relay = createTestRelay({ project: { hooks: { connect: connectHook } } });
    await open('c', { 'x-api-key': KEY });
    expect(await relay.send('c', { type: 'connection_init' })).toEqual(expected);
  });
});

describe('start', () => {
  test('is answered with start_ack once live, then delivers data, and is over once stopped', async () => {
    await connect('c');
    for (const id of ['1', SECOND_ID]) {
      expect(await relay.send('c', start(id, ON_CREATE))).toEqual({ type: 'start_ack', id });
    }
    await relay.deliver([insert('a')]);
    expect(posted('c')).toEqual(
      expect.arrayContaining(['1', SECOND_ID].map((id) => data(id, { id: 'a', title: 'ねこ' }))),
    );
    expect(await relay.send('c', { id: '1', type: 'stop' })).toEqual({ type: 'complete', id: '1' });
    await relay.deliver([insert('b')]);
    expect(posted('c')).toHaveLength(3);
    expect(posted('c')[2]).toEqual(data(SECOND_ID, { id: 'b', title: 'ねこ' }));
  });

  test('may carry variables and an operation name', async () => {
    await connect('c');
    const query = 'subscription A($title: String) { onCreateTodo(title: $title) { id } }';
    const more = { variables: { title: 'いぬ' }, operationName: 'A' };
    expect(await relay.send('c', start('1', query, {}, more))).toEqual({ type: 'start_ack', id: '1' });
    const other = todoRecord(relay.clock.now(), { newImage: { id: { S: 'b' }, title: { S: 'いぬ' } } });
    await relay.deliver([insert('a'), other]);
    expect(posted('c')).toEqual([data('1', { id: 'b' })]);
  });

  test('before the init waits for it', async () => {
    await open('c', { 'x-api-key': KEY });
    const early = relay.send('c', start('1', ON_CREATE));
    await relay.clock.advance(900);
    expect(await relay.send('c', { type: 'connection_init' })).toEqual(KA);
    expect(await early).toEqual({ type: 'start_ack', id: '1' });
  });

  test('without an init is refused after five seconds', async () => {
    await open('c', { 'x-api-key': KEY });
    const before = relay.clock.now();
    expect(await relay.send('c', start('1', ON_CREATE))).toEqual(
      error('1', 'UnauthorizedException', 401, 'UNAUTHORIZED', 'connection_init'),
    );
    expect(relay.clock.now() - before).toBeGreaterThanOrEqual(5_000);
  });

  test('with the credential of the connection, or one of its own, goes through', async () => {
    await connect('c');
    for (const [id, authorization] of [
      ['1', { host: 'h', 'x-api-key': KEY, 'x-amz-user-agent': 'aws-amplify/6' }],
      ['2', { host: 'h', 'x-api-key': 'other-key', 'X-Api-Key': 'other-key' }],
      ['3', {}],
    ] as const) {
      expect(await relay.send('c', start(id, ON_CREATE, authorization))).toEqual({ type: 'start_ack', id });
    }
  });

  test('with a wrong credential of its own is denied under a name on which Amplify does not connect again', async () => {
    await connect('c');
    expect(await relay.send('c', start('1', ON_CREATE, { 'x-api-key': 'wrong' }))).toEqual(
      error('1', 'ForbiddenException', 403, 'FORBIDDEN'),
    );
    expect(await relay.context.registry.subscriptions('c')).toEqual([]);
    expect(JSON.stringify(relay.logs)).not.toContain('wrong');
  });

  test('with a token that has expired since is told in the words by which Amplify fetches a fresh one', async () => {
    let expiresAt = 0;
    const tokens: TokenVerifier = {
      verify: async () => ({ ok: true, identity: { kind: 'jwt', hash: 'somebody', expiresAt } }),
    };
    relay = createTestRelay({ tokens });
    expiresAt = Math.floor(relay.clock.now() / 1000) + 60;
    await open('c', { Authorization: 'token' });
    expect(await relay.send('c', { type: 'connection_init' })).toEqual(KA);
    await relay.clock.advance(61_000);
    expect(await relay.send('c', start('1', ON_CREATE))).toEqual(
      error('1', 'UnauthorizedException', 401, 'TOKEN_EXPIRED', 'Token expired'),
    );
  });

  test('with an id in use fails by itself, and the first one stays', async () => {
    await connect('c');
    await relay.send('c', start('1', ON_CREATE));
    expect(await relay.send('c', start('1', 'subscription { onCreateTodo { title } }'))).toEqual(
      error('1', 'DuplicatedOperationError', 400, 'DUPLICATE_ID', '"1"'),
    );
    await relay.deliver([insert('a')]);
    expect(posted('c')).toEqual([data('1', { id: 'a', title: 'ねこ' })]);
  });

  test('that a stop overtook is called off', async () => {
    await connect('c');
    expect(await relay.send('c', { type: 'stop', id: '1' })).toEqual({ type: 'complete', id: '1' });
    expect(await relay.send('c', start('1', ON_CREATE))).toBeUndefined();
    await relay.deliver([insert('a')]);
    expect(posted('c')).toEqual([]);
  });

  test.each(['{ getTodo(id: "a") { id } }', 'mutation { deleteTodo(input: {id: "a"}) { id } }'])(
    'of %s is refused: this dialect carries subscriptions alone',
    async (query) => {
      await connect('c');
      expect(await relay.send('c', start('1', query))).toEqual(
        error('1', 'UnsupportedOperation', 400, 'OPERATION_NOT_SUPPORTED', 'HTTP'),
      );
    },
  );

  test('sends no confirmation beside start_ack, even when one was asked for', async () => {
    await connect('c', { payload: { confirmSubscriptions: true } });
    const frame = start('1', ON_CREATE, {}, { extensions: { confirm: true } });
    expect(await relay.send('c', frame)).toEqual({ type: 'start_ack', id: '1' });
    expect(posted('c')).toEqual([]);
  });
});

describe('C7 every frame is answered', () => {
  beforeEach(async () => {
    await connect('neighbour');
    await relay.send('neighbour', start('n', ON_CREATE));
    await connect('c');
    await relay.send('c', start('live', ON_CREATE));
  });

  const long = 'i'.repeat(257);
  const bad = (words: string) => refusal('BadRequestException', 400, words);
  const raw = (payload: unknown) => ({ type: 'start', id: 'x', payload });
  test.each<[string, unknown, unknown]>([
    ['not JSON', 'nonsense', bad('JSON')],
    ['JSON that is no object', '[1]', bad('got array')],
    ['deep JSON', `{"type":"start","a":${'['.repeat(40)}${']'.repeat(40)}}`, bad('nested')],
    ['an unknown type without an id', { type: 'ping' }, bad('got "ping"')],
    ['an unknown type with an id', { type: 'subscribe', id: 'x' }, badRequest('x', 'got "subscribe"')],
    ['a missing id', { type: 'start', payload: { data: '{}' } }, bad('"id"')],
    ['an id that is a number', start(7, ON_CREATE), bad('got number')],
    ['an empty id', start('', ON_CREATE), bad('not empty')],
    ['an id of 257 bytes', start(long, ON_CREATE), badRequest(long, '257')],
    ['a missing payload', { type: 'start', id: 'x' }, badRequest('x', '"payload"')],
    ['a start of the older protocol', raw({ query: ON_CREATE }), badRequest('x', 'payload.data')],
    ['data that is an object', raw({ data: { query: ON_CREATE } }), badRequest('x', 'payload.data')],
    ['data that is no JSON', raw({ data: 'nonsense' }), badRequest('x', 'JSON text')],
    ['data that is a list', raw({ data: '[]' }), badRequest('x', 'got array')],
    ['data without a query', raw({ data: '{}' }), badRequest('x', 'payload.data.query')],
    [
      'data nested deep',
      raw({ data: `{"a":${'['.repeat(40)}${']'.repeat(40)}}` }),
      badRequest('x', 'nested'),
    ],
    [
      'an authorization that is a text',
      raw({ data: JSON.stringify({ query: ON_CREATE }), extensions: { authorization: KEY } }),
      badRequest('x', 'extensions.authorization'),
    ],
    [
      'a GraphQL syntax error',
      start('x', 'subscription {'),
      badRequest('x', 'Syntax', 'GRAPHQL_PARSE_FAILED'),
    ],
    [
      'an unknown field',
      start('x', 'subscription { onCreateTodo { titel } }'),
      badRequest('x', 'titel', 'GRAPHQL_VALIDATION_FAILED'),
    ],
    [
      'a filter no comparison can be made of',
      start('x', 'subscription { onCreateTodo(filter: {priority: {lt: null}}) { id } }'),
      badRequest('x', 'priority', 'FILTER_INVALID'),
    ],
    [
      'a document of 17 KB',
      start('x', `${ON_CREATE} #${'x'.repeat(17 * 1024)}`),
      badRequest('x', '16384', 'DOCUMENT_TOO_LARGE'),
    ],
    ['a stop of an unknown id', { type: 'stop', id: 'nobody' }, { type: 'complete', id: 'nobody' }],
  ])('%s gets the reply PROTOCOL.md names, and the neighbours notice nothing', async (_, frame, reply) => {
    expect(await relay.send('c', frame)).toEqual(reply);
    await relay.deliver([insert('a')]);
    expect(posted('neighbour')).toEqual([data('n', { id: 'a', title: 'ねこ' })]);
    expect(posted('c')).toEqual([data('live', { id: 'a', title: 'ねこ' })]);
  });

  test('every error of a document is told', async () => {
    const reply = await relay.send('c', start('x', 'subscription { onCreateTodo { titel memmo } }'));
    expect(reply).toMatchObject({
      payload: {
        errors: [
          { message: expect.stringContaining('titel') },
          { message: expect.stringContaining('memmo') },
        ],
      },
    });
  });

  test('a binary frame is refused', async () => {
    const reply = await drive(relay.clock, receive(relay.context, { connectionId: 'c', body: undefined }));
    expect(JSON.parse(reply ?? 'null')).toEqual(bad('binary'));
  });

  test('connection_terminate ends every operation, and is not answered', async () => {
    expect(await relay.send('c', { type: 'connection_terminate', payload: null })).toBeUndefined();
    expect(await relay.context.registry.subscriptions('c')).toEqual([]);
  });

  test('a fault of ours is told to its own operation, and one in an init has the client try again', async () => {
    relay = createTestRelay({
      wrapRegistry: (registry) => ({
        ...registry,
        subscribe: () => Promise.reject(new Error('the table burns')),
        initialise: (id, init) =>
          id === 'bad' ? Promise.reject(new Error('the table burns')) : registry.initialise(id, init),
      }),
    });
    await connect('c');
    expect(await relay.send('c', start('1', ON_CREATE))).toEqual(
      error('1', 'InternalFailure', 500, 'INTERNAL_SERVER_ERROR'),
    );
    await open('bad', { 'x-api-key': KEY });
    expect(await relay.send('bad', { type: 'connection_init' })).toEqual(refusal('InternalFailure', 500));
  });
});

describe('C5 what cannot be kept is told', () => {
  beforeEach(async () => {
    relay = createTestRelay({ settings: { maxFrameBytes: 2_000 } });
    await connect('c');
    await relay.send('c', start('1', ON_CREATE));
  });

  test.each([
    ['SLOW_CONSUMER', 'Subscription ended', 'LimitExceededError', 429],
    ['EVENTS_LOST', 'Subscription ended', 'EventsLostError', 410],
    ['SCHEMA_CHANGED', 'Subscription ended', 'SchemaChangedError', 410],
    ['REVOKED', 'Subscription ended', 'SubscriptionRevokedError', 403],
    ['TOKEN_EXPIRED', 'Token expired: present a fresh one', 'UnauthorizedException', 401],
  ] as const)(
    '%s, in these bytes, and the operation is over',
    async (code, message, errorType, errorCode) => {
      const target = { connectionId: 'c', stage: 'test' };
      await drive(
        relay.clock,
        endOperations(relay.context, { target, dialect: 'appsync', clientIds: ['1'], code, message }),
      );
      expect(relay.connections.frames('c').at(-1)).toBe(
        `{"type":"error","id":"1","payload":{"errors":[{"errorType":"${errorType}","message":"${message}","errorCode":${errorCode},"extensions":{"code":"${code}"}}]}}`,
      );
      await relay.deliver([insert('a')]);
      expect(posted('c')).toHaveLength(1);
    },
  );

  test('a payload that fits no frame is told in a payload, and the subscription stays', async () => {
    const large = todoRecord(relay.clock.now(), {
      newImage: { id: { S: 'a' }, title: { S: 'x'.repeat(3_000) } },
    });
    await relay.deliver([large, insert('b')]);
    expect(posted('c')).toEqual([
      {
        type: 'data',
        id: '1',
        payload: {
          data: { onCreateTodo: null },
          errors: [
            {
              message: expect.any(String),
              path: ['onCreateTodo'],
              extensions: {
                code: 'PAYLOAD_TOO_LARGE',
                key: { id: 'a' },
                eventId: expect.any(String),
                bytes: expect.any(Number),
              },
            },
          ],
          extensions: expect.objectContaining({ eventId: expect.any(String) }),
        },
      },
      data('1', { id: 'b', title: 'ねこ' }),
    ]);
  });
});
