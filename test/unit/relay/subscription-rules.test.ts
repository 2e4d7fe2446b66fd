import { describe, expect, test } from '@jest/globals';
import { GraphQLError } from 'graphql';
import { EXPIRED_TOKEN, type TokenVerifier } from '../../../src/auth/token-verifier.ts';
import { createTestRelay, KEY, type TestRelayOptions, todoRecord } from '../../fixtures/relay.ts';

const SDL = `
type Todo @table(name: "Todos", writer: "updatedBy") { id: ID!  title: String  updatedBy: String }
`;
const ON_UPDATE = 'subscription { onUpdateTodo { id title } }';

/** A token's subject is the token; its username is another; it is valid for a minute. */
function relayWith(options: TestRelayOptions = {}) {
  const tokens: TokenVerifier = {
    verify: async (subject) => ({
      ok: true,
      identity: {
        kind: 'jwt',
        hash: `h-${subject}`,
        claims: { provider: 'oidc', issuer: 'https://issuer', subject, username: 'somebody' },
        expiresAt: Math.floor(relay.clock.now() / 1_000) + 60,
      },
    }),
  };
  const relay = createTestRelay({ sdl: SDL, tokens, ...options });
  const update = (id: string, title: string, updatedBy?: string) =>
    todoRecord(relay.clock.now(), {
      eventName: 'MODIFY',
      newImage: {
        id: { S: id },
        title: { S: title },
        ...(updatedBy !== undefined && { updatedBy: { S: updatedBy } }),
      },
      oldImage: { id: { S: id }, title: { S: 'old' } },
    });
  const sent = (connection: string) =>
    relay.frames(connection).flatMap((frame) => {
      const text = JSON.stringify(frame);
      const title = text.match(/"title":"(\w+)"/)?.[1];
      return title ? [`${frame['id']} ${title} ${text.match(/"skipped":(\d+)/)?.[1] ?? 0}`] : [];
    });
  return { relay, update, sent };
}

test('C6 a subscription ends with the token it came with, however long its connection may stay', async () => {
  const { relay, update, sent } = relayWith();
  const header = Buffer.from(JSON.stringify({ host: 'h', 'x-api-key': KEY })).toString('base64url');
  await relay.open('c', { headers: { 'sec-websocket-protocol': `graphql-ws, header-${header}` } });
  await relay.send('c', { type: 'connection_init' });
  const data = JSON.stringify({ query: ON_UPDATE });
  const extensions = { authorization: { host: 'h', Authorization: 'ana' } };
  await relay.send('c', { type: 'start', id: 'token', payload: { data, extensions } });
  await relay.send('c', { type: 'start', id: 'key', payload: { data } });
  await relay.deliver([update('a', 'one')]);
  expect(sent('c').sort()).toEqual(['key one 0', 'token one 0']);
  await relay.clock.advance(61_000);
  await relay.deliver([update('a', 'two')]);
  expect(sent('c').slice(2)).toEqual(['key two 0']);
});

test('skipOwn: true goes by the subject of the token, whatever else it names', async () => {
  const { relay, update, sent } = relayWith();
  await relay.open('c', { headers: { authorization: 'ana' } });
  await relay.send('c', { type: 'connection_init' });
  await relay.subscribe('c', '1', ON_UPDATE, { extensions: { skipOwn: true } });
  await relay.deliver([update('a', 'mine', 'ana'), update('b', 'other', 'somebody')]);
  expect(sent('c')).toEqual(['1 other 0']);
});

test('a writer to skip has at most 256 bytes', async () => {
  const { relay } = relayWith();
  await relay.connect('c');
  const ask = (id: string, skipOwn: string) =>
    relay.subscribe('c', id, ON_UPDATE, { extensions: { skipOwn } });
  expect(await ask('1', 'a'.repeat(256))).toBeUndefined();
  expect(JSON.stringify(await ask('2', 'a'.repeat(257)))).toContain('at most 256 bytes, got 257');
});

describe('overflow: latest', () => {
  test('leaves out per subscription: another one of the connection still gets its newest', async () => {
    const { relay, update, sent } = relayWith();
    await relay.connect('c');
    for (const id of ['1', '2']) {
      const filter = id === '1' ? '' : '(filter: { title: { ne: "three" } })';
      const query = `subscription { onUpdateTodo${filter} { id title } }`;
      await relay.subscribe('c', id, query, { extensions: { overflow: 'latest' } });
    }
    relay.connections.script('c', 'throttled');
    await relay.deliver([
      update('z', 'first'),
      ...['one', 'two', 'three'].map((title) => update('a', title)),
    ]);
    expect(sent('c').filter((line) => line.startsWith('1'))).toContain('1 three 2');
    expect(sent('c').filter((line) => line.startsWith('2'))).toContain('2 two 1');
  });

  test('goes on once the connection has fallen behind, though later frames are taken at once', async () => {
    const { relay, update, sent } = relayWith();
    await relay.connect('c');
    await relay.subscribe('c', '1', ON_UPDATE, { extensions: { overflow: 'latest' } });
    relay.connections.script('c', 'throttled');
    await relay.deliver([
      update('z', 'first'),
      update('y', 'second'),
      ...['one', 'two', 'three'].map((title) => update('a', title)),
    ]);
    expect(sent('c')).toEqual(['1 first 0', '1 second 0', '1 three 2']);
  });
});

describe('a subscription that the operation hook refuses after it went on', () => {
  const hooks = {
    async operation(_: unknown, next: () => Promise<void>) {
      await next();
      throw new GraphQLError('too late');
    },
  };

  test('is not left behind, though its confirmation was asked for', async () => {
    const { relay, update, sent } = relayWith({ project: { hooks } });
    await relay.connect('c');
    const reply = await relay.subscribe('c', '1', ON_UPDATE, { extensions: { confirm: true } });
    expect(JSON.stringify(reply)).toContain('too late');
    expect(await relay.context.registry.subscriptions('c')).toEqual([]);
    await relay.deliver([update('a', 'one')]);
    expect(sent('c')).toEqual([]);
  });

  test('is not left behind in AppSync, and no start_ack is sent', async () => {
    const { relay } = relayWith({ project: { hooks } });
    const header = Buffer.from(JSON.stringify({ host: 'h', 'x-api-key': KEY })).toString('base64url');
    await relay.open('c', { headers: { 'sec-websocket-protocol': `graphql-ws, header-${header}` } });
    await relay.send('c', { type: 'connection_init' });
    const before = relay.frames('c').length;
    const data = JSON.stringify({ query: ON_UPDATE });
    expect(await relay.send('c', { type: 'start', id: '1', payload: { data } })).toMatchObject({
      type: 'error',
      id: '1',
    });
    expect(relay.frames('c').slice(before)).toEqual([]);
    expect(await relay.context.registry.subscriptions('c')).toEqual([]);
  });
});

test('an expired token of its own ends an operation of AppSync with the words Amplify fetches a fresh one for', async () => {
  const { relay } = relayWith({
    tokens: { verify: async () => ({ ok: false, reason: EXPIRED_TOKEN }) },
  });
  const header = Buffer.from(JSON.stringify({ host: 'h', 'x-api-key': KEY })).toString('base64url');
  await relay.open('c', { headers: { 'sec-websocket-protocol': `graphql-ws, header-${header}` } });
  await relay.send('c', { type: 'connection_init' });
  const data = JSON.stringify({ query: ON_UPDATE });
  const extensions = { authorization: { host: 'h', Authorization: 'ana' } };
  expect(await relay.send('c', { type: 'start', id: '1', payload: { data, extensions } })).toMatchObject({
    type: 'error',
    id: '1',
    payload: {
      errors: [{ errorType: 'UnauthorizedException', message: expect.stringContaining('Token expired') }],
    },
  });
  expect(await relay.context.registry.subscriptions('c')).toEqual([]);
});
