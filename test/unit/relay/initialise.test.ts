import { describe, expect, test } from '@jest/globals';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';
import type { Hooks } from '../../../src/project.ts';
import { receive } from '../../../src/relay/receive.ts';
import { createTestRelay, type TestRelay } from '../../fixtures/relay.ts';

const HOUR = 3_600_000;

/** A token is `subject/group/seconds it is valid for`; its verification is tested with real keys elsewhere. */
function relayWith(hooks: Hooks = {}): TestRelay {
  const tokens: TokenVerifier = {
    verify: async (token) => {
      const [subject = '', group = '', validFor = '3600'] = token.split('/');
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
  const relay = createTestRelay({ tokens, project: { hooks } });
  return relay;
}

const identityOf = async ({ context, clock }: TestRelay) =>
  (await clock.run(context.registry.connection('c')))?.identity;
const storeOf = async ({ context, clock }: TestRelay) =>
  Object.fromEntries((await clock.run(context.registry.readStore('c'))).entries);

describe('a credential in connection_init', () => {
  test('takes the place of the one of the upgrade with all it says, be it the same subject', async () => {
    const relay = relayWith();
    await relay.open('c', { headers: { authorization: 'ana/admins/60' } });
    await relay.send('c', { type: 'connection_init', payload: { authorization: 'ana/readers/7200' } });
    expect(await identityOf(relay)).toMatchObject({
      claims: { subject: 'ana', groups: ['readers'] },
      expiresAt: (relay.clock.now() + 2 * HOUR) / 1_000,
    });
  });

  test('that is the same again costs no write of its own', async () => {
    const given: unknown[] = [];
    const relay = createTestRelay({
      wrapRegistry: (registry) => ({
        ...registry,
        initialise: (id, init) => {
          given.push(init.identity);
          return registry.initialise(id, init);
        },
      }),
    });
    await relay.connect('c', { 'x-api-key': 'local-dev-key' });
    expect(given).toEqual([undefined]);
  });
});

describe('two connection_init at once', () => {
  /** Hooks that end when told to, each keeping who it was asked about. */
  function gated() {
    const gates = new Map<string, () => void>();
    const relay = relayWith({
      async connect({ identity, params, store }) {
        store('role', identity.claims?.groups?.[0]);
        if (params.get('plain') !== true) store('by', identity.claims?.subject);
        await new Promise<void>((resolve) => gates.set(identity.claims?.subject ?? '', resolve));
      },
    });
    const init = (authorization: string, params: object = {}) =>
      receive(relay.context, {
        connectionId: 'c',
        body: JSON.stringify({ type: 'connection_init', payload: { authorization, ...params } }),
      });
    const open = async (name: string) => {
      for (let turn = 0; turn < 200 && !gates.has(name); turn += 1) await relay.clock.advance(0);
      const gate = gates.get(name);
      if (!gate) throw new Error(`expected the hook to be asked about ${name}, and it was not`);
      gate();
    };
    return { relay, init, open };
  }

  test.each([
    ['ana', 'ben'],
    ['ben', 'ana'],
  ])('leave one identity with what was stored for it, whoever is first (%s)', async (first, second) => {
    const { relay, init, open } = gated();
    await relay.open('c');
    const replies = [init('ana/admins'), init('ben/guests', { plain: true })];
    await open(first);
    await relay.clock.advance(0);
    await open(second);
    const told = (await Promise.all(replies)).filter((reply) => reply !== undefined);
    expect(told).toEqual(['{"type":"connection_ack"}']);
    const winner = await identityOf(relay);
    const expected = winner?.claims?.subject === 'ana' ? { role: 'admins', by: 'ana' } : { role: 'guests' };
    expect(await storeOf(relay)).toEqual(expected);
  });

  test('leave alone what an operation stored since the first was accepted', async () => {
    const { relay, init, open } = gated();
    await relay.open('c');
    const first = init('ana/admins');
    const second = init('ben/guests');
    await open('ana');
    expect(await first).toBe('{"type":"connection_ack"}');
    const { version, entries } = await relay.context.registry.readStore('c');
    await relay.context.registry.updateStore('c', version, new Map([...entries, ['login', 'ana']]));
    await open('ben');
    expect(await second).toBeUndefined();
    expect(await storeOf(relay)).toEqual({ role: 'admins', by: 'ana', login: 'ana' });
    expect(await identityOf(relay)).toMatchObject({ hash: 'h-ana' });
  });
});

describe('what a connect hook stores', () => {
  test.each<[string, unknown]>([
    ['more than a store may hold', 'x'.repeat(9_000)],
    ['what is no JSON', 1n],
  ])('%s refuses the connection as a fault of ours, and is logged without it', async (_, value) => {
    const relay = relayWith({ connect: ({ store }) => store('CANARY', value) });
    await relay.open('c');
    const reply = await relay.send('c', { type: 'connection_init', payload: { authorization: 'ana' } });
    expect(reply).toEqual({
      type: 'connection_error',
      payload: { message: 'Internal error; try again', code: 4500 },
    });
    expect(relay.logs).toContainEqual(expect.objectContaining({ event: 'hook.failed', hook: 'connect' }));
    expect((await relay.context.registry.connection('c'))?.initialised).toBe(false);
  });

  test('as undefined is not there', async () => {
    const relay = relayWith({
      connect: ({ store }) => {
        store('a', 1);
        store('a', undefined);
      },
    });
    await relay.open('c');
    await relay.send('c', { type: 'connection_init', payload: { authorization: 'ana' } });
    expect(await storeOf(relay)).toEqual({});
  });
});
