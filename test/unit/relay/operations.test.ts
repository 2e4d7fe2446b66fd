import { describe, expect, test } from '@jest/globals';
import { GraphQLError } from 'graphql';
import type { OperationContext } from '../../../src/api/ports.ts';
import type { Hooks } from '../../../src/project.ts';
import { receive } from '../../../src/relay/receive.ts';
import { createTestRelay, KEY, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

const SDL = `
type Todo @table(name: "Todos") { id: ID!  title: String!  priority: Int }
type Query { whoAmI: String }
type Mutation { login(name: String!): String  slow(name: String!): String }
`;
const CREATE = 'mutation($input: CreateTodoInput!) { createTodo(input: $input) { id title } }';
const ON_CREATE = 'subscription { onCreateTodo { id } }';

const resolvers = {
  Query: {
    whoAmI: async (_: unknown, __: unknown, { connection }: OperationContext) =>
      (await connection?.get('name')) ?? null,
  },
  Mutation: {
    login: async (_: unknown, { name }: { name: string }, { connection }: OperationContext) => {
      await connection?.set('name', name);
      return name;
    },
    slow: async (_: unknown, { name }: { name: string }) => name,
  },
};

function relayWith(hooks: Hooks = {}): TestRelay {
  return createTestRelay({ sdl: SDL, project: { resolvers, hooks } });
}

const DIALECTS = [
  { name: 'graphql-transport-ws', subprotocol: 'graphql-transport-ws', start: 'subscribe', data: 'next' },
  { name: 'apollo', subprotocol: 'graphql-ws', start: 'start', data: 'data' },
] as const;

async function connect(relay: TestRelay, id: string, subprotocol: string, params: object = {}) {
  await relay.open(id, { headers: { 'sec-websocket-protocol': subprotocol, 'x-api-key': KEY } });
  expect(await relay.send(id, { type: 'connection_init', payload: params })).toEqual({
    type: 'connection_ack',
  });
}

describe.each(DIALECTS)('queries and mutations over the socket in $name', ({ subprotocol, start, data }) => {
  const run = (relay: TestRelay, id: string, payload: object) =>
    relay.send('c', { type: start, id, payload });

  test('a mutation is answered with its result and then with complete, and the item is in the table', async () => {
    const relay = relayWith();
    await connect(relay, 'c', subprotocol);
    const input = { id: 'a', title: '買い物' };
    expect(await run(relay, '1', { query: CREATE, variables: { input } })).toEqual({
      type: 'complete',
      id: '1',
    });
    expect(relay.frames('c')).toEqual([{ type: data, id: '1', payload: { data: { createTodo: input } } }]);
    await run(relay, '2', { query: '{ getTodo(id: "a") { title } }' });
    expect(relay.frames('c')[1]).toEqual({
      type: data,
      id: '2',
      payload: { data: { getTodo: { title: '買い物' } } },
    });
  });

  test('an error of a resolver is part of the result, and AppSync-shaped', async () => {
    const relay = relayWith();
    await connect(relay, 'c', subprotocol);
    const payload = { query: CREATE, variables: { input: { id: 'a', title: 'x' } } };
    await run(relay, '1', payload);
    await run(relay, '2', payload);
    expect(relay.frames('c')[1]).toMatchObject({
      type: data,
      id: '2',
      payload: {
        data: { createTodo: null },
        errors: [{ errorType: 'DynamoDB:ConditionalCheckFailedException', path: ['createTodo'] }],
      },
    });
  });

  test('a document that does not fit the schema ends the operation with an error that names the field', async () => {
    const relay = relayWith();
    await connect(relay, 'c', subprotocol);
    const reply = await run(relay, '1', { query: '{ getTodo(id: "a") { nosuch } }' });
    expect(reply).toMatchObject({ type: 'error', id: '1' });
    expect(JSON.stringify(reply)).toContain('nosuch');
    expect(relay.frames('c')).toEqual([]);
  });

  test('what an operation stores lasts as long as the connection, and is its alone', async () => {
    const relay = relayWith();
    await connect(relay, 'c', subprotocol);
    await connect(relay, 'd', subprotocol);
    await run(relay, '1', { query: 'mutation { login(name: "アナ") }' });
    await run(relay, '2', { query: '{ whoAmI }' });
    expect(relay.frames('c')[1]).toMatchObject({ payload: { data: { whoAmI: 'アナ' } } });
    await relay.send('d', { type: start, id: '1', payload: { query: '{ whoAmI }' } });
    expect(relay.frames('d')).toEqual([{ type: data, id: '1', payload: { data: { whoAmI: null } } }]);
    await relay.disconnect('c');
    expect((await relay.context.registry.readStore('c')).entries.size).toBe(0);
  });

  test('nothing runs before the connection was let in', async () => {
    const relay = createTestRelay({ sdl: SDL, project: { resolvers }, settings: { initWaitMs: 100 } });
    await relay.open('c', { headers: { 'sec-websocket-protocol': subprotocol } });
    const input = { id: 'a', title: 'x' };
    expect(await run(relay, '1', { query: CREATE, variables: { input } })).toMatchObject({
      type: 'error',
      id: '1',
    });
    expect(relay.connections.posts).toBe(0);
    await relay.send('c', { type: 'connection_init', payload: { 'x-api-key': KEY } });
    await run(relay, '2', { query: '{ getTodo(id: "a") { id } }' });
    expect(relay.frames('c').at(-1)).toMatchObject({ payload: { data: { getTodo: null } } });
  });
});

describe('the connect hook', () => {
  const hooks: Hooks = {
    connect({ params, identity, store }) {
      if (params.get('team') === 'banned') throw new GraphQLError('this team may not connect');
      if (params.get('team') === 'broken') throw new Error('secret detail');
      store('name', `${String(params.get('team'))} by ${identity.kind}`);
    },
  };

  test('may keep what the connection params say for the operations that follow', async () => {
    const relay = relayWith(hooks);
    await relay.connect('c', { team: 'red' });
    await relay.send('c', { type: 'subscribe', id: '1', payload: { query: '{ whoAmI }' } });
    expect(relay.frames('c')[0]).toMatchObject({ payload: { data: { whoAmI: 'red by api-key' } } });
  });

  test('refuses a connection in the words it throws, and then nothing can be started', async () => {
    const relay = relayWith(hooks);
    await relay.open('c', { headers: { 'x-api-key': KEY } });
    expect(await relay.send('c', { type: 'connection_init', payload: { team: 'banned' } })).toEqual({
      type: 'connection_error',
      payload: { code: 4403, message: 'this team may not connect' },
    });
    expect(await relay.subscribe('c', '1', ON_CREATE)).toMatchObject({ type: 'error', id: '1' });
  });

  test('that breaks is a fault of ours, and its words stay out of the reply', async () => {
    const relay = relayWith(hooks);
    await relay.open('c', { headers: { 'x-api-key': KEY } });
    const reply = await relay.send('c', { type: 'connection_init', payload: { team: 'broken' } });
    expect(reply).toMatchObject({ type: 'connection_error', payload: { code: 4500 } });
    expect(JSON.stringify(reply)).not.toContain('secret');
  });

  test('is not asked for a second init', async () => {
    let asked = 0;
    const relay = relayWith({
      connect() {
        asked += 1;
      },
    });
    await relay.connect('c');
    expect(await relay.send('c', { type: 'connection_init' })).toBeUndefined();
    expect(asked).toBe(1);
  });
});

describe('the operation hook', () => {
  test('stands around every kind of operation, and sees its name', async () => {
    const seen: string[] = [];
    const relay = relayWith({
      async operation({ kind, operationName }, next) {
        seen.push(`${kind} ${operationName ?? '-'} begins`);
        await next();
        seen.push('ends');
      },
    });
    await relay.connect('c');
    const start = (id: string, payload: object) => relay.send('c', { type: 'subscribe', id, payload });
    await start('1', { query: 'query Who { whoAmI }', operationName: 'Who' });
    await start('2', { query: 'mutation { login(name: "a") }' });
    await start('3', { query: ON_CREATE });
    expect(seen).toEqual([
      'query Who begins',
      'ends',
      'mutation - begins',
      'ends',
      'subscription - begins',
      'ends',
    ]);
  });

  test('refuses a subscription before it exists, in the words it throws', async () => {
    const relay = relayWith({
      operation: async () => {
        throw new GraphQLError('not for you', { extensions: { code: 'PAYWALL' } });
      },
    });
    await relay.connect('c');
    expect(await relay.subscribe('c', '1', ON_CREATE)).toEqual({
      type: 'error',
      id: '1',
      payload: [{ message: 'not for you', extensions: { code: 'PAYWALL' } }],
    });
    expect(await relay.context.registry.subscriptions('c')).toEqual([]);
  });

  test.each([
    ['that does not go on', async () => {}],
    [
      'that throws after it went on',
      async (_: unknown, next: () => Promise<void>) => {
        await next();
        throw new GraphQLError('too late');
      },
    ],
  ])('%s leaves no subscription behind', async (_, operation) => {
    const relay = relayWith({ operation });
    await relay.connect('c');
    expect(await relay.subscribe('c', '1', ON_CREATE)).toMatchObject({ type: 'error', id: '1' });
    expect(await relay.context.registry.subscriptions('c')).toEqual([]);
    await relay.deliver([todoRecord(relay.clock.now(), { newImage: { id: { S: 'a' } } })]);
    expect(relay.frames('c')).toEqual([]);
  });
});

describe('an operation hook that is badly written', () => {
  test('is waited for where it does not wait for what it lets in: nothing runs on behind a refusal', async () => {
    const relay = relayWith({
      async operation(_, next) {
        void next();
      },
    });
    await relay.connect('c');
    expect(await relay.subscribe('c', '1', ON_CREATE)).toBeUndefined();
    expect(await relay.clock.run(relay.context.registry.subscriptions('c'))).toHaveLength(1);
  });

  test('runs an operation once, however often it says so', async () => {
    const relay = relayWith({
      async operation(_, next) {
        await next();
        await next();
      },
    });
    await relay.connect('c');
    const input = { id: 'a', title: 'x' };
    await relay.send('c', { type: 'subscribe', id: '1', payload: { query: CREATE, variables: { input } } });
    expect(relay.frames('c')).toEqual([{ type: 'next', id: '1', payload: { data: { createTodo: input } } }]);
  });

  test.each(['graphql-transport-ws', 'graphql-ws'])(
    'ends nothing but what it let in (%s): one that throws late does not end what has the same id, nor the next',
    async (subprotocol) => {
      let isStrict = false;
      const relay = relayWith({
        async operation(_, next) {
          await next();
          if (isStrict) throw new GraphQLError('too late');
        },
      });
      await connect(relay, 'c', subprotocol);
      const type = subprotocol === 'graphql-ws' ? 'start' : 'subscribe';
      const start = (id: string, query: string) => relay.send('c', { type, id, payload: { query } });
      await start('1', ON_CREATE);
      isStrict = true;
      // Does not fit the schema: it was never registered, whatever stands under its id.
      await start('1', 'subscription { nosuch }');
      expect(await relay.clock.run(relay.context.registry.subscriptions('c'))).toHaveLength(1);
      await start('2', 'subscription { nosuch }');
      isStrict = false;
      await start('2', ON_CREATE);
      expect(await relay.clock.run(relay.context.registry.subscriptions('c'))).toHaveLength(2);
    },
  );

  test('that refuses for good with the code UNAUTHORIZED does not make Amplify connect anew', async () => {
    const relay = relayWith({
      operation: async () => {
        throw new GraphQLError('not for you', { extensions: { code: 'UNAUTHORIZED' } });
      },
    });
    const header = Buffer.from(JSON.stringify({ host: 'h', 'x-api-key': KEY })).toString('base64url');
    await relay.open('c', { headers: { 'sec-websocket-protocol': `graphql-ws, header-${header}` } });
    await relay.send('c', { type: 'connection_init' });
    const data = JSON.stringify({ query: ON_CREATE, variables: {} });
    expect(await relay.send('c', { type: 'start', id: '1', payload: { data } })).toEqual({
      type: 'error',
      id: '1',
      payload: {
        errors: [
          {
            errorType: 'ForbiddenException',
            errorCode: 403,
            message: 'not for you',
            extensions: { code: 'FORBIDDEN' },
          },
        ],
      },
    });
  });
});

test('an operationName that is empty is none, as over HTTP', async () => {
  const relay = relayWith();
  await relay.connect('c');
  const payload = { query: '{ whoAmI }', operationName: '' };
  expect(await relay.send('c', { type: 'subscribe', id: '1', payload })).toEqual({
    type: 'complete',
    id: '1',
  });
});

describe('operations of one connection', () => {
  /** `slow` logs when it begins and ends; it ends when its gate opens. */
  function gated() {
    const log: string[] = [];
    const gates = new Map<string, () => void>();
    const slow = async (_: unknown, { name }: { name: string }) => {
      log.push(`${name} begins`);
      await new Promise<void>((resolve) => gates.set(name, resolve));
      log.push(`${name} ends`);
      return name;
    };
    const relay = createTestRelay({
      sdl: SDL,
      project: { resolvers: { ...resolvers, Mutation: { ...resolvers.Mutation, slow } } },
      settings: { lockWaitMs: 500 },
    });
    /** Time is moved by the test alone: what waits for a gate waits for no time. */
    const start = async (name: string): Promise<unknown> => {
      const payload = { query: `mutation { slow(name: "${name}") }` };
      const body = JSON.stringify({ type: 'subscribe', id: name, payload });
      return JSON.parse((await receive(relay.context, { connectionId: 'c', body })) ?? 'null');
    };
    /** Waits, in turns of the event loop and of virtual time, until the log holds a line. */
    const until = async (line: string) => {
      for (let turn = 0; turn < 200 && !log.includes(line); turn += 1) await relay.clock.advance(50);
      expect(log).toContain(line);
    };
    return { relay, log, gates, start, until };
  }

  test('run side by side unless the client asks otherwise', async () => {
    const { relay, log, gates, start, until } = gated();
    await relay.connect('c');
    const both = [start('a'), start('b')];
    await until('a begins');
    await until('b begins');
    expect(log).not.toContain('a ends');
    gates.get('b')?.();
    gates.get('a')?.();
    await Promise.all(both);
  });

  test('run one at a time with strictOrdering', async () => {
    const { relay, log, gates, start, until } = gated();
    await relay.connect('c', { strictOrdering: true });
    const first = start('a');
    await until('a begins');
    const second = start('b');
    await relay.clock.advance(300);
    expect(log).toEqual(['a begins']);
    gates.get('a')?.();
    await first;
    await until('b begins');
    gates.get('b')?.();
    await second;
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  test('have their results in order with strictOrdering, be the first one slow to send', async () => {
    const ran: string[] = [];
    const relay = relayWith({
      async operation({ operationName }, next) {
        ran.push(operationName ?? '');
        await next();
      },
    });
    await relay.connect('c', { strictOrdering: true });
    relay.connections.script('c', { status: 200, delayMs: 1_000 });
    const start = (id: string) => {
      const payload = { query: `query ${id} { whoAmI }`, operationName: id };
      const body = JSON.stringify({ type: 'subscribe', id, payload });
      return receive(relay.context, { connectionId: 'c', body });
    };
    await relay.clock.run(Promise.all([start('a'), start('b')]));
    expect(ran.toSorted()).toEqual(['a', 'b']);
    expect(relay.frames('c').map(({ id }) => id)).toEqual(ran);
  });

  test('that wait too long for the lock are told, and the lock frees itself', async () => {
    const { relay, gates, start, until } = gated();
    await relay.connect('c', { strictOrdering: true });
    const first = start('a');
    await until('a begins');
    const second = start('b');
    await relay.clock.advance(600);
    expect(await second).toMatchObject({
      type: 'error',
      id: 'b',
      payload: [{ extensions: { code: 'LOCK_TIMEOUT' } }],
    });
    gates.get('a')?.();
    await first;
    const third = start('c');
    await until('c begins');
    gates.get('c')?.();
    expect(await third).toEqual({ type: 'complete', id: 'c' });
  });
});
