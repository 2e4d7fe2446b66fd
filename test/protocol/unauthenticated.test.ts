import { describe, expect, test } from '@jest/globals';
import { createTestRelay, type TestRelay, todoRecord } from '../fixtures/relay.ts';

const QUERY = 'subscription { onCreateTodo { id } }';
const MUTATION = 'mutation { createTodo(input: {id: "a", title: "x"}) { id } }';
const json = (value: unknown) => JSON.stringify(value);
const base64 = (value: unknown) => Buffer.from(json(value), 'utf8').toString('base64');

/** Every way in without a good credential. */
const UPGRADES: readonly (readonly [string, Parameters<TestRelay['open']>[1]])[] = [
  ['no subprotocol', {}],
  ['graphql-transport-ws', { headers: { 'sec-websocket-protocol': 'graphql-transport-ws' } }],
  ['graphql-ws', { headers: { 'sec-websocket-protocol': 'graphql-ws' } }],
  [
    'graphql-ws with an empty AppSync header',
    { headers: { 'sec-websocket-protocol': 'graphql-ws' }, query: { header: base64({}), payload: 'e30=' } },
  ],
  [
    'graphql-ws with a wrong key in the AppSync header',
    {
      headers: { 'sec-websocket-protocol': 'graphql-ws' },
      query: { header: base64({ 'x-api-key': 'wrong' }), payload: 'e30=' },
    },
  ],
  [
    'a header subprotocol with a wrong token',
    {
      headers: {
        'sec-websocket-protocol': `graphql-ws, header-${Buffer.from(json({ Authorization: 'e30.e30.' })).toString('base64url')}`,
      },
    },
  ],
  ['a header subprotocol that is none', { headers: { 'sec-websocket-protocol': 'graphql-ws, header-%%%' } }],
];

/** What each dialect's client could send, with no credential and with wrong ones. */
const MESSAGES: Readonly<Record<string, readonly object[]>> = {
  'graphql-transport-ws': [
    { type: 'connection_init' },
    { type: 'connection_init', payload: { 'x-api-key': 'wrong', confirmSubscriptions: true } },
    { type: 'subscribe', id: '1', payload: { query: QUERY, extensions: { confirm: true } } },
    { type: 'subscribe', id: '2', payload: { query: MUTATION } },
    { type: 'complete', id: '1' },
  ],
  apollo: [
    { type: 'connection_init', payload: {} },
    { type: 'connection_init', payload: '' },
    { type: 'start', id: '1', payload: { query: QUERY } },
    { type: 'start', id: '2', payload: { query: MUTATION } },
    { type: 'stop', id: '1' },
  ],
  appsync: [
    { type: 'connection_init' },
    { type: 'start', id: '1', payload: { data: json({ query: QUERY }) } },
    {
      type: 'start',
      id: '2',
      payload: { data: json({ query: QUERY }), extensions: { authorization: { 'x-api-key': 'wrong' } } },
    },
    {
      type: 'start',
      id: '3',
      payload: { data: json({ query: QUERY }), extensions: { authorization: { Authorization: 'e30.e30.' } } },
    },
    { type: 'stop', id: '1' },
  ],
};

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length < 2) {
    yield items;
    return;
  }
  for (const [index, item] of items.entries()) {
    for (const rest of permutations([...items.slice(0, index), ...items.slice(index + 1)])) {
      yield [item, ...rest];
    }
  }
}

describe.each(UPGRADES)('C6 opened with %s', (_, upgrade) => {
  test.each(Object.entries(MESSAGES))(
    'no order of the messages of %s gets in without a credential',
    async (_dialect, messages) => {
      const relay = createTestRelay({ settings: { initWaitMs: 20 } });
      let count = 0;
      for (const order of permutations(messages)) {
        const id = `c${count++}`;
        if ((await relay.open(id, upgrade)).status !== 200) continue;
        for (const message of order) {
          const reply = json((await relay.send(id, message)) ?? null);
          expect(reply).not.toMatch(/connection_ack|start_ack|"ka"|"next"|"data":\{"/);
        }
        expect(await relay.context.registry.subscriptions(id)).toEqual([]);
        expect((await relay.context.registry.connection(id))?.initialised).toBe(false);
      }
      expect(count).toBe(120);
      await relay.deliver([todoRecord(relay.clock.now(), { newImage: { id: { S: 'b' } } })]);
      expect(relay.connections.posts).toBe(0);
      const type = relay.context.model.types.get('Todo');
      expect(type && (await relay.tables.get(type, { id: { S: 'a' } }))).toBeUndefined();
    },
  );
});
