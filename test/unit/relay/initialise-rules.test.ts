import { describe, expect, test } from '@jest/globals';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';
import type { Hooks } from '../../../src/project.ts';
import { receive } from '../../../src/relay/receive.ts';
import { createTestRelay, KEY, type TestRelay, type TestRelayOptions } from '../../fixtures/relay.ts';

const QUERY = 'subscription { onCreateTodo { id } }';
const ACK = { type: 'connection_ack' };

/** A token is `subject/group/seconds it is valid for`; the verification of real ones is tested elsewhere. */
function relayWith(options: TestRelayOptions = {}): TestRelay {
  const tokens: TokenVerifier = {
    verify: async (token) => {
      const [subject = '', group = '', validFor = '60'] = token.split('/');
      return {
        ok: true,
        identity: {
          kind: 'jwt',
          hash: `h-${subject}`,
          claims: { provider: 'oidc', issuer: 'https://issuer', subject, groups: [group] },
          expiresAt: Math.floor(relay.clock.now() / 1_000) + Number(validFor),
        },
      };
    },
  };
  const relay = createTestRelay({ tokens, ...options });
  return relay;
}

describe('C6 a token that came with the upgrade', () => {
  const initAfter = async (ms: number) => {
    const relay = relayWith();
    // Whole seconds, as tokens count them.
    await relay.clock.advance(1_000 - (relay.clock.now() % 1_000));
    await relay.open('c', { headers: { authorization: 'ana' } });
    await relay.clock.advance(ms);
    return { relay, reply: await relay.send('c', { type: 'connection_init' }) };
  };

  test('lets its connection in until the moment it expires', async () => {
    expect((await initAfter(59_999)).reply).toEqual(ACK);
  });

  test('lets nobody in from that moment on, and the client is told to come with a fresh one', async () => {
    const { relay, reply } = await initAfter(60_000);
    expect(reply).toEqual({
      type: 'connection_error',
      payload: { message: 'Token expired: present a fresh one', code: 4401 },
    });
    expect((await relay.context.registry.connection('c'))?.initialised).toBe(false);
  });

  test('starts no operation from that moment on', async () => {
    const { relay } = await initAfter(59_999);
    await relay.clock.advance(1);
    expect(await relay.subscribe('c', '1', QUERY)).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'TOKEN_EXPIRED' } }],
    });
    expect(await relay.context.registry.subscriptions('c')).toEqual([]);
  });
});

describe('C6 a second token of the same subject, in connection_init, prevails', () => {
  const identityAfter = async (upgrade: string, authorization: string) => {
    const relay = relayWith();
    await relay.open('c', { headers: { authorization: upgrade } });
    const before = (await relay.context.registry.connection('c'))?.identity;
    expect(await relay.send('c', { type: 'connection_init', payload: { authorization } })).toEqual(ACK);
    return { before, after: (await relay.context.registry.connection('c'))?.identity };
  };

  test('where it differs in what it claims alone', async () => {
    const { before, after } = await identityAfter('ana/admins/600', 'ana/readers/600');
    expect(after).toEqual({ ...before, claims: expect.objectContaining({ groups: ['readers'] }) });
  });

  test('where it differs in when it expires alone', async () => {
    const { before, after } = await identityAfter('ana/admins/600', 'ana/admins/60');
    expect(after).toEqual({ ...before, expiresAt: (before?.expiresAt ?? Number.NaN) - 540 });
  });
});

describe('two connection_init at once', () => {
  test('are acknowledged once, and the identity is that of the acknowledged one', async () => {
    const relay = relayWith();
    await relay.open('c');
    const init = async (authorization: string) =>
      (await receive(relay.context, {
        connectionId: 'c',
        body: JSON.stringify({ type: 'connection_init', payload: { authorization } }),
      })) && authorization;
    const told = await relay.clock.run(Promise.all([init('ana'), init('ben')]));
    const acknowledged = told.filter((name) => name !== undefined);
    expect(acknowledged).toHaveLength(1);
    expect((await relay.context.registry.connection('c'))?.identity?.claims?.subject).toBe(acknowledged[0]);
  });

  test('C6 do not join the identity of one with what the connect hook stored for the other', async () => {
    const hooks: Hooks = { connect: ({ identity, store }) => store('role', identity.claims?.subject) };
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const relay = relayWith({
      project: { hooks },
      wrapRegistry: (registry) => ({
        ...registry,
        // The one whose store was written first is the last to be let in.
        async initialise(id, init) {
          if (init.identity?.claims?.subject === 'ana') await held;
          return registry.initialise(id, init);
        },
      }),
    });
    await relay.open('c');
    const init = (authorization: string) =>
      receive(relay.context, {
        connectionId: 'c',
        body: JSON.stringify({ type: 'connection_init', payload: { authorization } }),
      });
    const first = init('ana');
    const second = init('ben');
    expect(await relay.clock.run(second)).toBeUndefined();
    letGo();
    expect(await relay.clock.run(first)).toBe(JSON.stringify(ACK));
    const { entries } = await relay.context.registry.readStore('c');
    expect(Object.fromEntries(entries)).toEqual({ role: 'ana' });
    expect((await relay.context.registry.connection('c'))?.identity?.claims?.subject).toBe('ana');
  });
});

test.each([1, 'true', {}])('connection params that are not true (%p) switch nothing on', async (value) => {
  const relay = relayWith();
  await relay.open('c', { headers: { 'x-api-key': KEY } });
  const payload = { confirmSubscriptions: value, strictOrdering: value };
  expect(await relay.send('c', { type: 'connection_init', payload })).toEqual(ACK);
  expect(await relay.context.registry.connection('c')).toMatchObject({
    confirmSubscriptions: false,
    strictOrdering: false,
  });
  expect(await relay.subscribe('c', '1', QUERY)).toBeUndefined();
});
