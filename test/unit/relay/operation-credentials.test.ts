import { beforeEach, describe, expect, test } from '@jest/globals';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';
import { keepAlive } from '../../../src/relay/keepalive.ts';
import { createTestRelay, KEY, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

const MINUTE = 60_000;
const ON_CREATE = 'subscription { onCreateTodo { id } }';

/** A token is `subject/seconds it is valid for`; its verification is tested with real keys elsewhere. */
const tokens: TokenVerifier = {
  verify: async (token) => {
    const [subject = '', validFor = ''] = token.split('/');
    const expiresAt = relay.clock.now() / 1_000 + Number(validFor);
    return {
      ok: true,
      identity: {
        kind: 'jwt',
        hash: subject,
        claims: { provider: 'oidc', issuer: 'https://issuer', subject },
        expiresAt,
      },
    };
  },
};

let relay: TestRelay;
beforeEach(() => {
  relay = createTestRelay({ tokens });
});

/** As Amplify does where an API has a key and a user pool: one connection, and each operation with a credential of its own. */
async function connect(credential: object) {
  const header = Buffer.from(JSON.stringify({ host: 'h', ...credential })).toString('base64url');
  await relay.open('c', { headers: { 'sec-websocket-protocol': `graphql-ws, header-${header}` } });
  expect(await relay.send('c', { type: 'connection_init' })).toEqual({ type: 'ka' });
}
const start = (id: string, authorization: object) => {
  const data = JSON.stringify({ query: ON_CREATE, variables: {} });
  return relay.send('c', { type: 'start', id, payload: { data, extensions: { authorization } } });
};
const run = () => relay.clock.run(keepAlive(relay.context, { remainingMs: () => 60_000 }));
const news = () => relay.frames('c').filter(({ type }) => type !== 'ka' && type !== 'connection_ack');
const insert = () => relay.deliver([todoRecord(relay.clock.now(), { newImage: { id: { S: 'a' } } })]);

describe('C5 no silent gap: an operation with a credential of its own', () => {
  test.each([
    ['a key', { 'x-api-key': KEY }],
    ['a token that lasts longer', { Authorization: 'ana/3600' }],
  ])('is told when that expires on a connection with %s, which stays alive', async (_, credential) => {
    await connect(credential);
    expect(await start('1', { Authorization: 'ben/300' })).toEqual({ type: 'start_ack', id: '1' });
    expect(await start('2', credential)).toEqual({ type: 'start_ack', id: '2' });
    await relay.clock.advance(4 * MINUTE);
    await run();
    expect(news()).toEqual([]);
    await relay.clock.advance(2 * MINUTE);
    await insert();
    expect(news()).toEqual([expect.objectContaining({ type: 'data', id: '2' })]);
    expect(await run()).toMatchObject({ ended: 1, sent: 1 });
    expect(news().at(-1)).toEqual({
      type: 'error',
      id: '1',
      payload: {
        errors: [
          {
            errorType: 'UnauthorizedException',
            errorCode: 401,
            message: 'Token expired: connect with a fresh one and subscribe again',
            extensions: { code: 'TOKEN_EXPIRED' },
          },
        ],
      },
    });
    // Told once; and with none left it may start another at any time.
    await relay.send('c', { type: 'stop', id: '2' });
    await relay.clock.advance(9 * MINUTE);
    expect(await run()).toMatchObject({ ended: 0, sent: 1 });
  });

  test('costs no note where it lasts as long as its connection', async () => {
    const noted: number[] = [];
    relay = createTestRelay({
      tokens,
      wrapRegistry: (registry) => ({
        ...registry,
        noteExpiry: (id, end) => {
          noted.push(end);
          return registry.noteExpiry(id, end);
        },
      }),
    });
    await connect({ Authorization: 'ana/300' });
    await start('1', { Authorization: 'ana/300' });
    await start('2', { Authorization: 'ana/600' });
    await start('3', { 'x-api-key': KEY });
    expect(noted).toEqual([]);
  });
});

describe('S3 a credential that is no object, in an operation of its own', () => {
  const REFUSED = 'Unauthorized: expected extensions.authorization to be an object, got ';
  const query = ON_CREATE;

  test.each([
    ['graphql-transport-ws', 'subscribe'],
    ['graphql-ws', 'start'],
  ])('refuses the operation in %s, which would else run as its connection', async (subprotocol, type) => {
    await relay.open('c', { headers: { 'sec-websocket-protocol': subprotocol, 'x-api-key': KEY } });
    await relay.send('c', { type: 'connection_init' });
    for (const [authorization, got] of [
      ['Bearer ben/300', 'string'],
      [[{ Authorization: 'ben/300' }], 'array'],
      [true, 'boolean'],
    ]) {
      const payload = { query, extensions: { authorization } };
      expect(JSON.stringify(await relay.send('c', { type, id: '1', payload }))).toContain(`${REFUSED}${got}`);
    }
    const none = { query, extensions: { authorization: null } };
    expect(await relay.send('c', { type, id: '1', payload: none })).toBeUndefined();
  });
});
