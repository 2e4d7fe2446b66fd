import { beforeEach, describe, expect, test } from '@jest/globals';
import { receive } from '../../src/relay/receive.ts';
import { createTestRelay, drive, KEY, type TestRelay, todoRecord } from '../fixtures/relay.ts';

const ON_CREATE = 'subscription { onCreateTodo { id title } }';
const refusal = (code: number, words = '') => ({
  type: 'connection_error',
  payload: { code, message: expect.stringContaining(words) },
});
const error = (id: string, code: string, words = '') => ({
  type: 'error',
  id,
  payload: [expect.objectContaining({ message: expect.stringContaining(words), extensions: { code } })],
});

let relay: TestRelay;
beforeEach(() => {
  relay = createTestRelay();
});

const insert = (id: string) =>
  todoRecord(relay.clock.now(), { newImage: { id: { S: id }, title: { S: 'ねこ' } } });

describe('connecting', () => {
  test.each([
    ['a header', { headers: { 'X-Api-Key': KEY } }],
    ['a query parameter', { query: { 'x-api-key': KEY } }],
  ])('the right key in %s opens, and init needs no other', async (_, where) => {
    expect(await relay.open('c', where)).toEqual({ status: 200 });
    expect(await relay.send('c', { type: 'connection_init' })).toEqual({ type: 'connection_ack' });
  });

  test.each([
    ['a header', { headers: { 'x-api-key': 'wrong' } }],
    ['a query parameter', { query: { 'X-API-KEY': 'wrong' } }],
    ['an empty header', { headers: { 'x-api-key': '' } }],
  ])('a wrong key in %s is refused with 401, and leaves no connection', async (_, where) => {
    expect(await relay.open('c', where)).toMatchObject({ status: 401 });
    expect(await relay.context.registry.connection('c')).toBeUndefined();
  });

  test('the key in connection_init opens too, in any case of its name', async () => {
    await relay.open('c');
    expect(await relay.send('c', { type: 'connection_init', payload: { 'X-Api-Key': KEY } })).toEqual({
      type: 'connection_ack',
    });
    expect(await relay.subscribe('c', '1', ON_CREATE)).toBeUndefined();
  });

  test('the subprotocol is agreed on, and none is returned when none was offered', async () => {
    const headers = { 'Sec-WebSocket-Protocol': 'mqtt, graphql-transport-ws' };
    expect(await relay.open('a', { headers })).toEqual({ status: 200, subprotocol: 'graphql-transport-ws' });
    expect(await relay.open('b')).toEqual({ status: 200 });
    expect(await relay.open('d', { headers: { 'Sec-WebSocket-Protocol': 'mqtt' } })).toMatchObject({
      status: 400,
    });
  });

  test.each([
    ['no key', undefined],
    ['a wrong key', { 'x-api-key': 'wrong' }],
    ['a key that is no text', { 'x-api-key': { toString: 'local-dev-key' } }],
    ['a key as list', { 'x-api-key': [KEY] }],
  ])('connection_init with %s is refused', async (_, payload) => {
    await relay.open('c');
    expect(await relay.send('c', { type: 'connection_init', payload })).toEqual(refusal(4401, 'API key'));
    expect(await relay.subscribe('c', '1', ON_CREATE)).toEqual(error('1', 'UNAUTHORIZED'));
  });

  test('a wrong key in connection_init is refused although the upgrade had a right one', async () => {
    await relay.open('c', { headers: { 'x-api-key': KEY } });
    expect(await relay.send('c', { type: 'connection_init', payload: { 'x-api-key': 'wrong' } })).toEqual(
      refusal(4401),
    );
  });

  test('a second init is not answered and changes nothing', async () => {
    await relay.connect('c');
    expect(await relay.send('c', { type: 'connection_init' })).toBeUndefined();
    expect(await relay.subscribe('c', '1', ON_CREATE)).toBeUndefined();
    await relay.deliver([insert('a')]);
    expect(relay.frames('c')).toHaveLength(1);
  });

  test('init on a connection that was never opened, or is closed, is refused', async () => {
    expect(await relay.send('ghost', { type: 'connection_init', payload: { 'x-api-key': KEY } })).toEqual(
      refusal(4400, 'connect again'),
    );
  });

  test('no order of messages without a key gets a subscription', async () => {
    relay = createTestRelay({ settings: { initWaitMs: 50 } });
    const messages = [
      { type: 'connection_init' },
      { type: 'ping' },
      { type: 'complete', id: '1' },
      { type: 'subscribe', id: '1', payload: { query: ON_CREATE, extensions: { confirm: true } } },
      { type: 'connection_init', payload: { 'x-api-key': 'wrong' } },
    ];
    let connection = 0;
    for (const order of permutations(messages)) {
      const id = `c${connection++}`;
      await relay.open(id);
      for (const message of order) {
        const reply = JSON.stringify((await relay.send(id, message)) ?? null);
        expect(reply).not.toMatch(/connection_ack|"next"/);
      }
      expect(await relay.context.registry.subscriptions(id)).toEqual([]);
    }
    await relay.deliver([insert('a')]);
    expect(relay.connections.posts).toBe(0);
  });

  test('with authentication off every connection is let in', async () => {
    relay = createTestRelay({ authentication: 'off' });
    await relay.open('c');
    expect(await relay.send('c', { type: 'connection_init' })).toEqual({ type: 'connection_ack' });
    expect(await relay.subscribe('c', '1', ON_CREATE)).toBeUndefined();
  });
});

describe('C7 every frame is answered', () => {
  beforeEach(async () => {
    await relay.connect('neighbour');
    await relay.subscribe('neighbour', 'n', ON_CREATE);
    await relay.connect('c');
    await relay.subscribe('c', 'live', ON_CREATE);
  });

  const subscribe = (query: string, id: unknown = 'x') => ({ type: 'subscribe', id, payload: { query } });

  test.each<[string, unknown, unknown]>([
    ['not JSON', 'nonsense', refusal(4400, 'JSON')],
    ['an empty frame', '', refusal(4400, 'JSON')],
    ['JSON that is no object', '[1]', refusal(4400, 'got array')],
    ['an unknown type', { type: 'start', id: 'x' }, refusal(4400, 'got "start"')],
    ['a missing id', { type: 'subscribe', payload: { query: ON_CREATE } }, refusal(4400, '"id"')],
    [
      'an id of 3 KB',
      subscribe(ON_CREATE, 'i'.repeat(3_072)),
      error('i'.repeat(3_072), 'BAD_REQUEST', '3072'),
    ],
    [
      'a GraphQL syntax error',
      subscribe('subscription {'),
      {
        type: 'error',
        id: 'x',
        payload: [
          {
            message: expect.stringContaining('Syntax Error'),
            locations: [{ line: 1, column: 15 }],
            extensions: { code: 'GRAPHQL_PARSE_FAILED' },
          },
        ],
      },
    ],
    [
      'an unknown field',
      subscribe('subscription { onCreateTodo { titel } }'),
      {
        type: 'error',
        id: 'x',
        payload: [
          {
            message: expect.stringContaining('titel'),
            locations: [{ line: 1, column: 31 }],
            extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
          },
        ],
      },
    ],
    [
      'an unknown argument',
      subscribe('subscription { onCreateTodo(nope: 1) { id } }'),
      error('x', 'GRAPHQL_VALIDATION_FAILED', 'nope'),
    ],
    [
      'an unknown operator',
      subscribe('subscription { onCreateTodo(filter: {title: {like: "a"}}) { id } }'),
      error('x', 'GRAPHQL_VALIDATION_FAILED', 'like'),
    ],
    [
      'an argument of the wrong type',
      subscribe('subscription { onCreateTodo(priority: "high") { id } }'),
      error('x', 'GRAPHQL_VALIDATION_FAILED', 'Int'),
    ],
    [
      'two root fields',
      subscribe('subscription { onCreateTodo { id } onDeleteTodo { id } }'),
      error('x', 'GRAPHQL_VALIDATION_FAILED', 'one top level field'),
    ],
    [
      'two operations',
      subscribe('subscription A { onCreateTodo { id } } subscription B { onCreateTodo { id } }'),
      error('x', 'BAD_REQUEST', 'one operation, got 2'),
    ],
    [
      'no operation',
      subscribe('fragment F on Todo { id }'),
      error('x', 'BAD_REQUEST', 'one operation, got 0'),
    ],
    [
      'a document of 17 KB',
      subscribe(`${ON_CREATE} #${'x'.repeat(17 * 1024)}`),
      error('x', 'DOCUMENT_TOO_LARGE', '16384'),
    ],
    [
      'a document of 11 KB that is 70 KB with its fragments inlined',
      subscribe(
        `subscription { onChangeTodo { ${Array.from({ length: 7 }, (_, n) => `a${n}: item { ...F }`).join(' ')} } } fragment F on Todo { ${'x'.repeat(10_000)}: title }`,
      ),
      error('x', 'DOCUMENT_TOO_LARGE', '65536'),
    ],
    [
      'a document of too many tokens',
      subscribe(`subscription { onCreateTodo { ${'id '.repeat(2_000)} } }`),
      error('x', 'GRAPHQL_PARSE_FAILED', '1000'),
    ],
    ['a fragment bomb', subscribe(fragmentBomb(60)), error('x', 'DOCUMENT_TOO_LARGE', 'fragments inlined')],
    [
      'a fragment cycle',
      subscribe('subscription { onCreateTodo { ...F } } fragment F on Todo { id ...F }'),
      error('x', 'GRAPHQL_VALIDATION_FAILED', 'itself'),
    ],
    [
      'a root field that is skipped',
      subscribe('subscription { onCreateTodo @skip(if: true) { id } }'),
      error('x', 'BAD_REQUEST', 'one root field'),
    ],
    [
      'a missing variable',
      subscribe('subscription S($f: TableTodoFilterInput!) { onCreateTodo(filter: $f) { id } }'),
      error('x', 'GRAPHQL_VALIDATION_FAILED', '$f'),
    ],
    [
      'a filter no comparison can be made of',
      subscribe('subscription { onCreateTodo(filter: {priority: {lt: null}}) { id } }'),
      error('x', 'FILTER_INVALID', 'priority'),
    ],
    ['the same id twice', subscribe(ON_CREATE, 'live'), refusal(4409, '"live"')],
    ['complete of an unknown id', { type: 'complete', id: 'nobody' }, undefined],
    ['ping', { type: 'ping', payload: { a: 1 } }, { type: 'pong' }],
    ['pong', { type: 'pong' }, undefined],
  ])('%s gets the reply PROTOCOL.md names, and the neighbours notice nothing', async (_, frame, reply) => {
    expect(await relay.send('c', frame)).toEqual(reply);
    await relay.deliver([insert('a')]);
    expect(relay.frames('neighbour')).toHaveLength(1);
    expect(relay.frames('c')).toEqual([expect.objectContaining({ type: 'next', id: 'live' })]);
  });

  test.each(['__proto__', 'constructor', 'toString', ' ', '"', '\u0000', 'ねこ', '💩'])(
    'the id %j works like any other, and comes back as it was sent',
    async (id) => {
      expect(await relay.subscribe('c', id, ON_CREATE)).toBeUndefined();
      await relay.deliver([insert('a')]);
      expect(
        relay
          .frames('c')
          .map((frame) => frame['id'])
          .sort(),
      ).toEqual(['live', id].sort());
      await relay.send('c', { type: 'complete', id });
      await relay.deliver([insert('b')]);
      expect(relay.frames('c')).toHaveLength(3);
    },
  );

  test('a binary frame is refused', async () => {
    const reply = await drive(relay.clock, receive(relay.context, { connectionId: 'c', body: undefined }));
    expect(JSON.parse(reply ?? 'null')).toEqual(refusal(4400, 'binary'));
  });

  test('a fault of ours is told to its own operation, without its cause, and logged with it', async () => {
    relay = createTestRelay({
      wrapRegistry: (registry) => ({
        ...registry,
        subscribe: async () => {
          throw new Error('the table burns');
        },
      }),
    });
    await relay.connect('c');
    const reply = await relay.subscribe('c', '1', ON_CREATE);
    expect(reply).toEqual(error('1', 'INTERNAL_SERVER_ERROR'));
    expect(JSON.stringify(reply)).not.toContain('burns');
    expect(JSON.stringify(relay.logs)).toContain('the table burns');
  });
});

describe('frames of one client run concurrently', () => {
  test('a subscribe that comes before its init waits for it, and goes through', async () => {
    await relay.open('c');
    const early = relay.subscribe('c', '1', ON_CREATE);
    await relay.clock.advance(900);
    expect(await relay.send('c', { type: 'connection_init', payload: { 'x-api-key': KEY } })).toEqual({
      type: 'connection_ack',
    });
    expect(await early).toBeUndefined();
    await relay.deliver([insert('a')]);
    expect(relay.frames('c')).toHaveLength(1);
  });

  test('it waits five seconds and no more', async () => {
    await relay.open('c');
    const before = relay.clock.now();
    expect(await relay.subscribe('c', '1', ON_CREATE)).toEqual(error('1', 'UNAUTHORIZED', 'connection_init'));
    expect(relay.clock.now() - before).toBeGreaterThanOrEqual(5_000);
    expect(relay.clock.now() - before).toBeLessThan(6_000);
  });

  test('a complete that overtakes its subscribe calls it off without an answer', async () => {
    await relay.connect('c');
    await relay.send('c', { type: 'complete', id: '1' });
    expect(await relay.subscribe('c', '1', ON_CREATE, { extensions: { confirm: true } })).toBeUndefined();
    await relay.deliver([insert('a')]);
    expect(relay.frames('c')).toEqual([]);
  });

  test('after complete the same id may be used again', async () => {
    await relay.connect('c');
    await relay.subscribe('c', '1', ON_CREATE);
    await relay.send('c', { type: 'complete', id: '1' });
    expect(await relay.subscribe('c', '1', 'subscription { onCreateTodo { title } }')).toBeUndefined();
    await relay.deliver([insert('a')]);
    expect(relay.frames('c')).toEqual([
      expect.objectContaining({
        payload: expect.objectContaining({ data: { onCreateTodo: { title: 'ねこ' } } }),
      }),
    ]);
  });
});

describe('C1 confirmation', () => {
  const confirmed = (key: string) => ({
    type: 'next',
    id: '1',
    payload: { data: { [key]: null }, extensions: { subscribed: true } },
  });

  test('is sent when the subscribe payload asks, under the alias the client gave', async () => {
    await relay.connect('c');
    const reply = await relay.subscribe('c', '1', 'subscription { made: onCreateTodo { id } }', {
      extensions: { confirm: true },
    });
    expect(reply).toEqual(confirmed('made'));
  });

  test('is sent for every subscription when the connection params ask', async () => {
    await relay.connect('c', { confirmSubscriptions: true });
    expect(await relay.subscribe('c', '1', ON_CREATE)).toEqual(confirmed('onCreateTodo'));
  });

  test.each([{ confirm: false }, { confirm: 'true' }, {}])(
    'is not sent for extensions %j',
    async (extensions) => {
      await relay.connect('c');
      expect(await relay.subscribe('c', '1', ON_CREATE, { extensions })).toBeUndefined();
    },
  );
});

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length <= 1) yield items;
  for (const [index, item] of items.entries()) {
    for (const rest of permutations([...items.slice(0, index), ...items.slice(index + 1)]))
      yield [item, ...rest];
  }
}

/** Each fragment spreads the next one twice, so that inlining doubles at every level. */
function fragmentBomb(levels: number): string {
  const fragments = Array.from(
    { length: levels },
    (_, level) => `fragment F${level} on Todo { ...F${level + 1} ...F${level + 1} }`,
  );
  return `subscription { onCreateTodo { ...F0 } } ${fragments.join(' ')} fragment F${levels} on Todo { id }`;
}
