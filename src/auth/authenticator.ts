import { kindOf } from '../errors.ts';
import type { ApiKeys } from './api-keys.ts';
import type { Authenticator, Identity, Presented } from './identity.ts';
import { EXPIRED_TOKEN, type TokenVerifier } from './token-verifier.ts';

/** `off` lets everybody in as nobody in particular: local use only, `config.ts` sees to it. */
export type AuthenticationMode = 'required' | 'off';

export interface AuthenticatorParts {
  readonly mode: AuthenticationMode;
  readonly apiKeys: ApiKeys;
  /** Without it, and without `ownTokens`, every token is refused. */
  readonly tokens?: TokenVerifier;
  /** The project's own check, asked for tokens that name none of the issuers of `tokens`. */
  readonly ownTokens?: TokenVerifier;
  readonly clock: {
    /** Epoch ms. */
    now(): number;
  };
}

const ANONYMOUS: Identity = { kind: 'anonymous', hash: 'anonymous' };

/** What to use in the place of a signature. */
export const AWS_SIGNATURE =
  'an AWS signature, which API Gateway alone can check: use an API key, a token, or a URL signed for its IAM ' +
  'authoriser (docs/authentication.md, "AWS signatures")';

/** Who a credential speaks for, or what was presented instead of a good one, in words that read after "got". */
type Verdict = Identity | string;

/**
 * Judges an API key, a token, or both. The token decides when it is good, else the key; both bad is refused. With both,
 * a token whose issuer's keys cannot be fetched rejects even beside a good key: who the client is must not depend on
 * whether the issuer answers.
 */
export function createAuthenticator(parts: AuthenticatorParts): Authenticator {
  const { mode, apiKeys, tokens, ownTokens, clock } = parts;
  if (mode === 'off') return { authenticate: async () => ({ kind: 'identified', identity: ANONYMOUS }) };
  const expected = `expected a valid ${tokens || ownTokens ? 'API key or token' : 'API key'}`;

  const byToken = async (presented: unknown): Promise<Verdict> => {
    if (typeof presented !== 'string') return `a token of type ${kindOf(presented)}`;
    const token = presented.replace(/^Bearer /i, '').trim();
    if (token === '') return 'an empty token';
    if (isAwsSignature(token)) return AWS_SIGNATURE;
    let verdict = await tokens?.verify(token);
    if (ownTokens && (!verdict || (!verdict.ok && verdict.isForeign)))
      verdict = await ownTokens.verify(token);
    if (!verdict) return 'a token, and no issuer of tokens is configured';
    if (!verdict.ok) return verdict.reason;
    const { expiresAt } = verdict.identity;
    if (expiresAt !== undefined && expiresAt * 1000 <= clock.now()) return EXPIRED_TOKEN;
    return verdict.identity;
  };

  const byKey = (presented: unknown): Verdict => {
    if (typeof presented !== 'string') return `an API key of type ${kindOf(presented)}`;
    const verdict = apiKeys.identityOf(presented, clock.now());
    return verdict.kind === 'identified' ? verdict.identity : verdict.reason;
  };

  return {
    async authenticate({ apiKey, token }): Promise<Presented> {
      const got: string[] = [];
      for (const verdict of [
        token === undefined ? undefined : await byToken(token),
        apiKey === undefined ? undefined : byKey(apiKey),
      ]) {
        if (typeof verdict === 'object') return { kind: 'identified', identity: verdict };
        if (verdict !== undefined) got.push(verdict);
      }
      if (got.length === 0) return { kind: 'absent' };
      const reason = `${expected}, got ${got.join(' and ')}`;
      return { kind: 'refused', reason, ...(got.includes(EXPIRED_TOKEN) && { isExpired: true }) };
    },
  };
}

/**
 * True of an `Authorization` that AWS SDKs sign. It can be checked only by who knows the signer's secret: API Gateway's
 * IAM authoriser, in front of us.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
function isAwsSignature(authorization: string): boolean {
  return authorization.startsWith('AWS4-');
}
