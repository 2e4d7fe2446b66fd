import { apiKeyHash, createApiKeys } from '../../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../../src/auth/authenticator.ts';
import type { Authenticator } from '../../../src/auth/identity.ts';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';

/** What lets an attacker in who is somebody: a key, and the token of one user. */
export const GOOD_KEY = 'attack-good-key';
export const ALICE = 'good-alice';

/**
 * The relay's own judge of credentials. Signatures are no part of these attacks (the token vectors are): a token that
 * begins with `good-` is one of the user it names, in the group `Staff`.
 */
export function createAttackAuthenticator(clock: { now(): number }): Authenticator {
  return createAuthenticator({
    mode: 'required',
    apiKeys: createApiKeys([{ hash: apiKeyHash('another-key') }, { hash: apiKeyHash(GOOD_KEY) }]),
    tokens: TOKENS,
    clock,
  });
}

const TOKENS: TokenVerifier = {
  async verify(token) {
    if (!token.startsWith('good-')) return { ok: false, reason: 'a malformed token' };
    const subject = token.slice('good-'.length).split('.', 1)[0] ?? '';
    return {
      ok: true,
      identity: {
        kind: 'jwt',
        hash: `hash-of-${subject}`,
        claims: { provider: 'oidc', issuer: 'https://issuer.example', subject, groups: ['Staff'] },
      },
    };
  },
};
