import { beforeEach, describe, expect, test } from '@jest/globals';
import { endOperations } from '../../src/relay/end.ts';
import { receive } from '../../src/relay/receive.ts';
import { createTestRelay, drive, KEY, type TestRelay, todoRecord } from '../fixtures/relay.ts';

const ON_CREATE = 'subscription { onCreateTodo { id title } }';
const ACK = { type: 'connection_ack' };
const start = (id: unknown, query: string, extra: object = {}) => ({
  id,
  type: 'start',
  payload: { query, variables: {}, ...extra },
});
const error = (id: string, code: string, words = '') => ({
  type: 'error',
  id,
  payload: expect.objectContaining({
    message: expect.stringContaining(words),
    extensions: expect.objectContaining({ code }),
  }),
});
const refusal = (code: number, words = '') => ({
  type: 'connection_error',
  payload: { code, message: expect.stringContaining(words) },
});

let relay: TestRelay;
const open = (id: string, headers: Record<string, string> = {}) =>
  relay.open(id, { headers: { 'Sec-WebSocket-Protocol': 'graphql-ws', ...headers } });
const connect = async (id: string, payload: object = {}) => {
  await open(id, { 'x-api-key': KEY });
  expect(await relay.send(id, { type: 'connection_init', payload })).toEqual(ACK);
};
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

describe('connecting with graphql-ws', () => {
  test('is answered with graphql-ws, and without a subprotocol when none was offered', async () => {
    expect(await open('a')).toEqual({ status: 200, subprotocol: 'graphql-ws' });
    expect(
      await relay.open('b', { headers: { 'sec-websocket-protocol': 'graphql-ws, graphql-transport-ws' } }),
    ).toEqual({
      status: 200,
      subprotocol: 'graphql-ws',
    });
    expect(await relay.open('c')).toEqual({ status: 200 });
  });

  test('a wrong key with the upgrade is refused with 401', async () => {
    expect(await open('c', { 'x-api-key': 'wrong' })).toMatchObject({ status: 401 });
  });

  test.each([undefined, null, '', {}])(
    'connection_init with payload %j is acknowledged, and with nothing but connection_ack',
    async (payload) => {
      await open('c', { 'x-api-key': KEY });
      expect(await relay.send('c', { type: 'connection_init', payload })).toEqual(ACK);
      expect(relay.frames('c')).toEqual([]);
    },
  );

  test('the key may come in connection_init', async () => {
    await open('c');
    expect(await relay.send('c', { type: 'connection_init', payload: { 'X-Api-Key': KEY } })).toEqual(ACK);
  });

  test.each([{}, '', { 'x-api-key': 'wrong' }])(
    'connection_init with %j and no key is refused',
    async (payload) => {
      await open('c');
      expect(await relay.send('c', { type: 'connection_init', payload })).toEqual(refusal(4401, 'API key'));
      expect(await relay.send('c', start('1', ON_CREATE))).toEqual(error('1', 'UNAUTHORIZED'));
    },
  );

  test('a second init is not answered, and the first one stands', async () => {
    await connect('c');
    expect(await relay.send('c', { type: 'connection_init', payload: {} })).toBeUndefined();
    expect(await relay.send('c', start('1', ON_CREATE))).toBeUndefined();
  });
});

describe('operations', () => {
  test('a start is not answered, delivers data, and is over once stopped', async () => {
    await connect('c');
    expect(await relay.send('c', start('1', ON_CREATE))).toBeUndefined();
    await relay.deliver([insert('a')]);
    expect(relay.frames('c')).toEqual([data('1', { id: 'a', title: 'ねこ' })]);
    expect(await relay.send('c', { id: '1', type: 'stop' })).toEqual({ type: 'complete', id: '1' });
    await relay.deliver([insert('b')]);
    expect(relay.frames('c')).toHaveLength(1);
  });

  test('the frames on the wire are these bytes', async () => {
    await connect('c');
    await relay.send('c', start('1', 'subscription { onCreateTodo { id } }'));
    await relay.deliver([insert('a')]);
    const [frame] = relay.connections.frames('c');
    expect(frame).toMatch(
      /^\{"type":"data","payload":\{"data":\{"onCreateTodo":\{"id":"a"\}\},"extensions":\{"eventId":"[^"]+".*\}\},"id":"1"\}$/,
    );
  });

  test('a start sent right behind its init waits for it, and goes through', async () => {
    await open('c');
    const early = relay.send('c', start('1', ON_CREATE));
    await relay.clock.advance(900);
    expect(await relay.send('c', { type: 'connection_init', payload: { 'x-api-key': KEY } })).toEqual(ACK);
    expect(await early).toBeUndefined();
    await relay.deliver([insert('a')]);
    expect(relay.frames('c')).toEqual([data('1', { id: 'a', title: 'ねこ' })]);
  });

  test('a start without an init is refused after five seconds', async () => {
    await open('c');
    const before = relay.clock.now();
    expect(await relay.send('c', start('1', ON_CREATE))).toEqual(
      error('1', 'UNAUTHORIZED', 'connection_init'),
    );
    expect(relay.clock.now() - before).toBeGreaterThanOrEqual(5_000);
  });

  test('a start with an id in use takes it over, and the change is sent once, for the second', async () => {
    await connect('c');
    await relay.send('c', start('1', ON_CREATE));
    expect(await relay.send('c', start('1', 'subscription { onCreateTodo { title } }'))).toBeUndefined();
    await relay.deliver([insert('a')]);
    expect(relay.frames('c')).toEqual([data('1', { title: 'ねこ' })]);
  });

  test('C1 a confirmation is sent as data when the operation or the connection asks', async () => {
    const confirmed = {
      type: 'data',
      id: '1',
      payload: { data: { onCreateTodo: null }, extensions: { subscribed: true } },
    };
    await connect('a');
    expect(await relay.send('a', start('1', ON_CREATE, { extensions: { confirm: true } }))).toEqual(
      confirmed,
    );
    await connect('b', { confirmSubscriptions: true });
    expect(await relay.send('b', start('1', ON_CREATE))).toEqual(confirmed);
  });

  test('a query and a mutation are answered with data, then complete', async () => {
    await connect('c');
    const create = 'mutation { createTodo(input: {id: "x", title: "ねこ"}) { id title } }';
    expect(await relay.send('c', start('1', create))).toEqual({ type: 'complete', id: '1' });
    expect(await relay.send('c', start('2', '{ getTodo(id: "x") { title } }'))).toEqual({
      type: 'complete',
      id: '2',
    });
    expect(relay.frames('c')).toEqual([
      { type: 'data', id: '1', payload: { data: { createTodo: { id: 'x', title: 'ねこ' } } } },
      { type: 'data', id: '2', payload: { data: { getTodo: { title: 'ねこ' } } } },
    ]);
  });

  test('a stop that overtakes its start calls it off', async () => {
    await connect('c');
    await relay.send('c', start('0', ON_CREATE));
    expect(await relay.send('c', { id: '1', type: 'stop' })).toEqual({ type: 'complete', id: '1' });
    expect(await relay.send('c', start('1', ON_CREATE))).toBeUndefined();
    await relay.deliver([insert('a')]);
    expect(relay.frames('c')).toEqual([data('0', { id: 'a', title: 'ねこ' })]);
  });

  test('a stop that overtakes the first start, before anything told the dialect, calls it off too', async () => {
    await connect('c');
    await relay.send('c', { id: '1', type: 'stop' });
    expect(await relay.send('c', start('1', ON_CREATE))).toBeUndefined();
    await relay.deliver([insert('a')]);
    expect(relay.frames('c')).toEqual([]);
  });

  test('connection_terminate ends every operation, and is not answered', async () => {
    await connect('c');
    await relay.send('c', start('1', ON_CREATE));
    expect(await relay.send('c', { type: 'connection_terminate', payload: null })).toBeUndefined();
    expect(await relay.context.registry.subscriptions('c')).toEqual([]);
    await relay.deliver([insert('a')]);
    expect(relay.frames('c')).toEqual([]);
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
  test.each<[string, unknown, unknown]>([
    ['not JSON', 'nonsense', refusal(4400, 'JSON')],
    ['JSON that is no object', '[1]', refusal(4400, 'got array')],
    ['deep JSON', `{"type":"start","a":${'['.repeat(40)}${']'.repeat(40)}}`, refusal(4400, 'nested')],
    ['an unknown type without an id', { type: 'ping' }, refusal(4400, 'got "ping"')],
    [
      'an unknown type with an id',
      { type: 'subscribe', id: 'x' },
      error('x', 'BAD_REQUEST', 'got "subscribe"'),
    ],
    ['a missing id', { type: 'start', payload: { query: ON_CREATE } }, refusal(4400, '"id"')],
    ['an id that is a number', start(7, ON_CREATE), refusal(4400, 'got number')],
    ['an empty id', start('', ON_CREATE), refusal(4400, 'not empty')],
    ['an id of 257 bytes', start(long, ON_CREATE), error(long, 'BAD_REQUEST', '257')],
    ['a missing query', { type: 'start', id: 'x', payload: {} }, error('x', 'BAD_REQUEST', 'payload.query')],
    ['a missing payload', { type: 'start', id: 'x' }, error('x', 'BAD_REQUEST', '"payload"')],
    [
      'variables of the wrong type',
      start('x', ON_CREATE, { variables: [] }),
      error('x', 'BAD_REQUEST', 'variables'),
    ],
    ['a GraphQL syntax error', start('x', 'subscription {'), error('x', 'GRAPHQL_PARSE_FAILED')],
    [
      'an unknown field',
      start('x', 'subscription { onCreateTodo { titel } }'),
      error('x', 'GRAPHQL_VALIDATION_FAILED', 'titel'),
    ],
    [
      'a filter no comparison can be made of',
      start('x', 'subscription { onCreateTodo(filter: {priority: {lt: null}}) { id } }'),
      error('x', 'FILTER_INVALID', 'priority'),
    ],
    [
      'a document of 17 KB',
      start('x', `${ON_CREATE} #${'x'.repeat(17 * 1024)}`),
      error('x', 'DOCUMENT_TOO_LARGE', '16384'),
    ],
    ['a stop of an unknown id', { type: 'stop', id: 'nobody' }, { type: 'complete', id: 'nobody' }],
  ])('%s gets the reply PROTOCOL.md names, and the neighbours notice nothing', async (_, frame, reply) => {
    expect(await relay.send('c', frame)).toEqual(reply);
    await relay.deliver([insert('a')]);
    expect(relay.frames('neighbour')).toEqual([data('n', { id: 'a', title: 'ねこ' })]);
    expect(relay.frames('c')).toEqual([data('live', { id: 'a', title: 'ねこ' })]);
  });

  test('a binary frame is refused', async () => {
    const reply = await drive(relay.clock, receive(relay.context, { connectionId: 'c', body: undefined }));
    expect(JSON.parse(reply ?? 'null')).toEqual(refusal(4400, 'binary'));
  });

  test('a fault of ours is told to its own operation, and one in an init refuses the connection', async () => {
    relay = createTestRelay({
      wrapRegistry: (registry) => ({
        ...registry,
        subscribe: () => Promise.reject(new Error('the table burns')),
        initialise: (id, init) =>
          id === 'bad' ? Promise.reject(new Error('the table burns')) : registry.initialise(id, init),
      }),
    });
    await connect('c');
    expect(await relay.send('c', start('1', ON_CREATE))).toEqual(error('1', 'INTERNAL_SERVER_ERROR'));
    await open('bad', { 'x-api-key': KEY });
    expect(await relay.send('bad', { type: 'connection_init' })).toEqual(refusal(4500));
  });
});

describe('C5 what cannot be kept is told', () => {
  beforeEach(async () => {
    relay = createTestRelay({ settings: { maxFrameBytes: 2_000 } });
    await connect('c');
    await relay.send('c', start('1', ON_CREATE));
  });

  test.each([
    ['SLOW_CONSUMER', 'Subscription ended'],
    ['EVENTS_LOST', 'Subscription ended'],
    ['SCHEMA_CHANGED', 'Subscription ended'],
    ['REVOKED', 'Subscription ended'],
    ['TOKEN_EXPIRED', 'Token expired: present a fresh one'],
  ] as const)('%s, in these bytes, and the operation is over', async (code, message) => {
    const target = { connectionId: 'c', stage: 'test' };
    await drive(
      relay.clock,
      endOperations(relay.context, { target, dialect: 'apollo', clientIds: ['1'], code, message }),
    );
    expect(relay.connections.frames('c').at(-1)).toBe(
      `{"type":"error","id":"1","payload":{"message":"${message}","extensions":{"code":"${code}"}}}`,
    );
    await relay.deliver([insert('a')]);
    expect(relay.frames('c')).toHaveLength(1);
  });

  test('a payload that fits no frame is told in a payload, and the subscription stays', async () => {
    const large = todoRecord(relay.clock.now(), {
      newImage: { id: { S: 'a' }, title: { S: 'x'.repeat(3_000) } },
    });
    await relay.deliver([large, insert('b')]);
    expect(relay.frames('c')).toEqual([
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
