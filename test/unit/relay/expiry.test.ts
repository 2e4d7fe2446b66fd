import { describe, expect, test } from '@jest/globals';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';
import { slow } from '../../../src/testing/connection-outcomes.ts';
import { createTestRelay, todoRecord } from '../../fixtures/relay.ts';

/** `NAME/EXPIRY` in epoch seconds. */
const tokens: TokenVerifier = {
  async verify(token) {
    const [subject = '', expiry = ''] = token.split('/');
    const claims = { provider: 'oidc', issuer: 'https://issuer', subject } as const;
    return { ok: true, identity: { kind: 'jwt', hash: `h-${subject}`, claims, expiresAt: Number(expiry) } };
  },
};
const QUERY = 'subscription { onCreateTodo { id } }';
const insert = (id: string, at: number) => todoRecord(at, { newImage: { id: { S: id }, title: { S: 't' } } });

describe('S9 a token that expires after two seconds', () => {
  const connected = async () => {
    const relay = createTestRelay({ tokens });
    const exp = Math.floor(relay.clock.now() / 1000) + 2;
    await relay.open('c', { headers: { authorization: `ana/${exp}` } });
    await relay.send('c', { type: 'connection_init' });
    await relay.subscribe('c', '1', QUERY);
    return { relay, exp };
  };

  test('is served until then, and no frame leaves after it', async () => {
    const { relay, exp } = await connected();
    await relay.deliver([insert('before', relay.clock.now())]);
    expect(relay.frames('c')).toHaveLength(1);
    await relay.clock.advance(exp * 1000 - relay.clock.now());
    await relay.deliver([insert('after', relay.clock.now())]);
    expect(relay.frames('c')).toHaveLength(1);
    await relay.clock.advance(1_000);
    await relay.deliver([insert('long after', relay.clock.now())]);
    expect(relay.frames('c')).toHaveLength(1);
  });

  test('that comes while a batch is under way ends what is left of that batch', async () => {
    const { relay, exp } = await connected();
    // Each post takes 0.9 s, so that the fourth of five would leave when the token is over.
    relay.connections.default('c', slow(900));
    await relay.deliver(['a', 'b', 'c', 'd', 'e'].map((id) => insert(id, relay.clock.now())));
    expect(relay.clock.now()).toBeGreaterThan(exp * 1000);
    expect(relay.clock.now()).toBeLessThan(exp * 1000 + 1_000);
    expect(relay.connections.attempts('c')).toHaveLength(3);
  });

  test('starts nothing any more, with the connection’s token or one of its own', async () => {
    const { relay, exp } = await connected();
    await relay.clock.advance(2_000);
    expect(JSON.stringify(await relay.subscribe('c', '2', QUERY))).toContain('Token expired');
    const own = await relay.subscribe('c', '3', QUERY, {
      extensions: { authorization: { authorization: `ana/${exp}` } },
    });
    expect(JSON.stringify(own)).toContain('Token expired');
  });
});
