import { beforeEach, describe, expect, test } from '@jest/globals';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';
import { createTestRelay, KEY, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

const SDL = `
type Todo @table(name: "Todos", writer: "updatedBy") { id: ID!  title: String  updatedBy: String }
type Note @table(name: "Notes") { id: ID!  title: String }
`;
const ON_CHANGE = 'subscription { onChangeTodo { kind item { id title } } }';
const ON_UPDATE = 'subscription { onUpdateTodo { id title } }';

/** A token is its own subject here; its verification is tested with real keys elsewhere. */
const tokens: TokenVerifier = {
  verify: async (token) => ({
    ok: true,
    identity: {
      kind: 'jwt',
      hash: `h-${token}`,
      claims: { provider: 'oidc', issuer: 'https://issuer', subject: token },
    },
  }),
};

let relay: TestRelay;
beforeEach(() => {
  relay = createTestRelay({ sdl: SDL, tokens });
});

const image = (id: string, title: string, updatedBy?: string) => ({
  id: { S: id },
  title: { S: title },
  ...(updatedBy !== undefined && { updatedBy: { S: updatedBy } }),
});
const refusal = (id: string, words: string) => ({
  type: 'error',
  id,
  payload: [{ message: expect.stringContaining(words), extensions: { code: 'BAD_REQUEST' } }],
});

describe('skipOwn', () => {
  test('leaves out what the named writer wrote, and nothing else', async () => {
    await relay.connect('c');
    expect(await relay.subscribe('c', '1', ON_CHANGE, { extensions: { skipOwn: 'ana' } })).toBeUndefined();
    await relay.connect('d');
    await relay.subscribe('d', '1', ON_CHANGE);
    await relay.deliver([
      todoRecord(relay.clock.now(), { newImage: image('a', 'one', 'ana') }),
      todoRecord(relay.clock.now(), { newImage: image('b', 'two', 'ben') }),
      todoRecord(relay.clock.now(), { newImage: image('c', 'three') }),
    ]);
    const ids = (connection: string) =>
      relay.frames(connection).map((frame) => JSON.stringify(frame).match(/"item":\{"id":"(.)"/)?.[1]);
    expect(ids('c')).toEqual(['b', 'c']);
    expect(ids('d')).toEqual(['a', 'b', 'c']);
  });

  test('still tells of a deletion: who deleted is not known', async () => {
    await relay.connect('c');
    await relay.subscribe('c', '1', ON_CHANGE, { extensions: { skipOwn: 'ana' } });
    await relay.deliver([
      todoRecord(relay.clock.now(), { eventName: 'REMOVE', oldImage: image('a', 'x', 'ana') }),
    ]);
    expect(relay.frames('c')).toHaveLength(1);
  });

  test('true means the subject of the token', async () => {
    await relay.open('c', { headers: { authorization: 'Bearer ana' } });
    await relay.send('c', { type: 'connection_init' });
    await relay.subscribe('c', '1', ON_CHANGE, { extensions: { skipOwn: true } });
    await relay.deliver([
      todoRecord(relay.clock.now(), { newImage: image('a', 'one', 'ana') }),
      todoRecord(relay.clock.now(), { newImage: image('b', 'two', 'ben') }),
    ]);
    expect(relay.frames('c')).toHaveLength(1);
    expect(JSON.stringify(relay.frames('c'))).toContain('"id":"b"');
  });

  test.each<[string, string, unknown, string]>([
    ['a type without a writer', 'subscription { onCreateNote { id } }', 'ana', '@table(writer:)'],
    ['true with an API key, which names nobody', ON_UPDATE, true, 'only a token names who writes'],
    ['a number', ON_UPDATE, 7, 'got number'],
    ['an object', ON_UPDATE, { toString: 'ana' }, 'got object'],
    ['a very long name', ON_UPDATE, 'a'.repeat(300), 'at most 256 bytes, got 300'],
  ])('is refused for %s', async (_, query, skipOwn, words) => {
    await relay.connect('c');
    expect(await relay.subscribe('c', '1', query, { extensions: { skipOwn } })).toEqual(refusal('1', words));
  });
});

describe('overflow: latest', () => {
  const change = (id: string, title: string) =>
    todoRecord(relay.clock.now(), {
      eventName: 'MODIFY',
      newImage: image(id, title),
      oldImage: image(id, 'old'),
    });
  const titles = (connection: string) =>
    relay.frames(connection).map((frame) => JSON.stringify(frame).match(/"title":"(\w+)"/)?.[1]);

  async function fiveChanges(extensions: object) {
    await relay.connect('c');
    await relay.subscribe('c', '1', ON_UPDATE, { extensions });
    // The first attempt is throttled, the second succeeds: from here on the connection is behind.
    relay.connections.script('c', 'throttled');
    await relay.deliver([
      change('a', 'one'),
      change('a', 'two'),
      change('b', 'three'),
      change('a', 'four'),
      change('b', 'five'),
    ]);
  }

  test('sends the newest of each item once the connection falls behind, and tells how many were left out', async () => {
    await fiveChanges({ overflow: 'latest' });
    expect(titles('c')).toEqual(['one', 'four', 'five']);
    const skipped = relay.frames('c').map((frame) => JSON.stringify(frame).match(/"skipped":(\d+)/)?.[1]);
    expect(skipped).toEqual([undefined, '2', undefined]);
    expect(relay.counters.take().get('overflow.skipped')).toBe(2);
  });

  test('without it every one is sent', async () => {
    await fiveChanges({});
    expect(titles('c')).toEqual(['one', 'two', 'three', 'four', 'five']);
  });

  test('leaves nothing out while the connection keeps up', async () => {
    await relay.connect('c');
    await relay.subscribe('c', '1', ON_UPDATE, { extensions: { overflow: 'latest' } });
    await relay.deliver([change('a', 'one'), change('a', 'two')]);
    expect(titles('c')).toEqual(['one', 'two']);
  });

  test.each<[string, string, unknown, string]>([
    ['a change field, whose steps build on each other', ON_CHANGE, 'latest', 'onChangeTodo'],
    ['another policy', ON_UPDATE, 'oldest', 'expected "latest"'],
    ['a number', ON_UPDATE, 1, 'got number'],
  ])('is refused for %s', async (_, query, overflow, words) => {
    await relay.connect('c');
    expect(await relay.subscribe('c', '1', query, { extensions: { overflow } })).toEqual(refusal('1', words));
  });
});

test('a token that expires takes its subscriptions along: nothing is delivered after it', async () => {
  const expiring: TokenVerifier = {
    verify: async () => ({
      ok: true,
      identity: {
        kind: 'jwt',
        hash: 'h',
        claims: { provider: 'oidc', issuer: 'https://issuer', subject: 's' },
        expiresAt: Math.floor(relay.clock.now() / 1000) + 60,
      },
    }),
  };
  relay = createTestRelay({ sdl: SDL, tokens: expiring });
  await relay.open('c', { headers: { authorization: 'token' } });
  await relay.send('c', { type: 'connection_init' });
  await relay.subscribe('c', '1', ON_UPDATE);
  const update = () =>
    todoRecord(relay.clock.now(), {
      eventName: 'MODIFY',
      newImage: image('a', 'new'),
      oldImage: image('a', 'old'),
    });
  await relay.deliver([update()]);
  expect(relay.frames('c')).toHaveLength(1);
  await relay.clock.advance(61_000);
  await relay.deliver([update()]);
  expect(relay.frames('c')).toHaveLength(1);
  expect(await relay.subscribe('c', '2', ON_UPDATE)).toMatchObject({
    type: 'error',
    payload: [{ extensions: { code: 'TOKEN_EXPIRED' } }],
  });
});

test('the key of the tests is an API key, which names nobody', async () => {
  await relay.open('c', { headers: { 'x-api-key': KEY } });
  expect((await relay.context.registry.connection('c'))?.identity).toMatchObject({ kind: 'api-key' });
});
