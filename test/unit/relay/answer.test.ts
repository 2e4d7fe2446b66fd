import { describe, expect, test } from '@jest/globals';
import type { Hooks } from '../../../src/project.ts';
import { createTestRelay, KEY, type TestRelay } from '../../fixtures/relay.ts';

const MINUTE = 60_000;
const SDL = `
type Todo @table(name: "Todos") { id: ID!  title: String! }
type Query { ping: String }
`;
const ON_CREATE = 'subscription { onCreateTodo { id } }';

function relayWith(hooks: Hooks = {}, settings = {}): TestRelay {
  return createTestRelay({
    sdl: SDL,
    project: { resolvers: { Query: { ping: () => 'pong' } }, hooks },
    settings,
  });
}

const ask = (relay: TestRelay) =>
  relay.send('c', { type: 'subscribe', id: '1', payload: { query: '{ ping }' } });

describe('C7 of two replies to one frame the first', () => {
  test('is posted again where the gateway does not know a young connection yet', async () => {
    const relay = relayWith();
    const header = Buffer.from(JSON.stringify({ host: 'h', 'x-api-key': KEY })).toString('base64url');
    await relay.open('c', { headers: { 'sec-websocket-protocol': `graphql-ws, header-${header}` } });
    relay.connections.script('c', 'gone');
    expect(await relay.send('c', { type: 'connection_init' })).toEqual({ type: 'ka' });
    expect(relay.frames('c')).toEqual([expect.objectContaining({ type: 'connection_ack' })]);
  });

  test('ends with it where the connection has gone, and nothing is blamed', async () => {
    const relay = relayWith();
    await relay.connect('c');
    await relay.clock.advance(MINUTE);
    relay.connections.default('c', 'gone');
    expect(await ask(relay)).toBeUndefined();
    expect(relay.connections.attempts('c')).toHaveLength(1);
    expect(relay.logs.filter(({ event }) => event === 'frame.failed')).toEqual([]);
  });

  test.each(['throttled', 'bufferFull', 'unavailable', 'forbidden'] as const)(
    'that cannot be posted (%s) is told of as what it is: the operation has run',
    async (outcome) => {
      const relay = relayWith();
      await relay.connect('c');
      relay.connections.default('c', outcome);
      const reply = await ask(relay);
      expect(reply).toMatchObject({
        type: 'error',
        id: '1',
        payload: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
      });
      expect(JSON.stringify(reply)).toContain('ran');
      expect(JSON.stringify(reply)).not.toContain('try again');
    },
  );
});

describe('C7 an answer that does not come', () => {
  const hang: Hooks = { operation: async (_, next) => relayClock.sleep(60_000).then(next) };
  let relayClock: TestRelay['clock'];

  test('is told while there is time, in place of the gateway’s own frame, which no client understands', async () => {
    const relay = relayWith(hang);
    relayClock = relay.clock;
    await relay.connect('c');
    const began = relay.clock.now();
    expect(await ask(relay)).toMatchObject({
      type: 'error',
      id: '1',
      payload: [{ message: 'Internal error: no answer in time; the operation may have run' }],
    });
    expect(relay.clock.now() - began).toBe(22_000);
  });

  test('and then comes after all leaves no subscription that nobody knows of', async () => {
    const relay = relayWith(hang);
    relayClock = relay.clock;
    await relay.connect('c');
    expect(await relay.subscribe('c', '1', ON_CREATE)).toMatchObject({ type: 'error', id: '1' });
    await relay.clock.runUntilIdle();
    expect(await relay.clock.run(relay.context.registry.subscriptions('c'))).toEqual([]);
    // Nor a mark that would swallow the next one of that id.
    relayClock = { ...relay.clock, sleep: async () => {} };
    expect(await relay.subscribe('c', '2', ON_CREATE)).toBeUndefined();
    expect(await relay.clock.run(relay.context.registry.subscriptions('c'))).toHaveLength(1);
  });

  test('refuses the connection when it is a connect hook that hangs', async () => {
    const relay = relayWith({ connect: () => relayClock.sleep(60_000) });
    relayClock = relay.clock;
    await relay.open('c', { headers: { 'x-api-key': KEY } });
    expect(await relay.send('c', { type: 'connection_init' })).toMatchObject({
      type: 'connection_error',
      payload: { code: 4500 },
    });
  });
});
