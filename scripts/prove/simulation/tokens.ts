import { createHash } from 'node:crypto';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';

/** The one API key there is. */
export const API_KEY = 'simulated-key';

/** A token that says who it is for and when it expires (epoch seconds). */
export function tokenFor(subject: string, expiresAt: number): string {
  return `${subject}.${expiresAt}`;
}

/** Believes every token of that form: how tokens are proven is not what is simulated. */
export const simulatedTokens: TokenVerifier = {
  async verify(token) {
    const [subject = '', expiry = ''] = token.split('.');
    if (!/^\d+$/.test(expiry)) return { ok: false, reason: 'a token of another form' };
    return {
      ok: true,
      identity: {
        kind: 'jwt',
        hash: createHash('sha256').update(subject).digest('base64url').slice(0, 22),
        claims: { provider: 'oidc', issuer: 'simulated', subject },
        expiresAt: Number(expiry),
      },
    };
  },
};
