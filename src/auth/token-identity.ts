import type { Claims } from './identity.ts';
import { identityHash, isSeconds, LATEST_SECONDS } from './identity-hash.ts';
import { moreClaims } from './more-claims.ts';
import type { TokenVerdict } from './token-verifier.ts';

/**
 * Names of the claims a username is taken from, the first that is there. Never `preferred_username`, which users choose
 * themselves: a rule that compares usernames would let one user be another.
 */
const USERNAMES = ['cognito:username', 'username'];
const GROUPS = ['cognito:groups', 'groups'];
const MAX_GROUPS = 100;

/** What tokens of one issuer are read by. */
export interface TokenSource {
  /** The issuer as configured, which is what the identity is told by. */
  readonly issuer: string;
  /** `userPools` for a Cognito user pool, `oidc` for any other issuer. */
  readonly provider: 'userPools' | 'oidc';
  /** Names of further claims to keep. */
  readonly claims: readonly string[];
}

/**
 * Who a verified token speaks for, or why it cannot be told.
 * @param payload claims of a token whose signature, issuer, audience and times have been checked
 */
export function tokenIdentity(
  payload: Readonly<Record<string, unknown>>,
  { issuer, provider, claims: names }: TokenSource,
): TokenVerdict {
  const { sub: subject, exp, iat, scope } = payload;
  if (typeof subject !== 'string' || subject === '')
    return { ok: false, reason: 'a token without a subject' };
  if (typeof exp !== 'number') return { ok: false, reason: 'a token without an expiry' };
  if (!isSeconds(exp)) return { ok: false, reason: 'a token whose expiry is no time in epoch seconds' };
  const username = USERNAMES.map((name) => payload[name]).find(isName);
  const groups = GROUPS.map((name) => payload[name]).find((value) => Array.isArray(value));
  const claims: Claims = {
    provider,
    issuer,
    subject,
    ...(username !== undefined && { username }),
    ...(groups && { groups: groups.filter(isName).slice(0, MAX_GROUPS) }),
    ...(isName(scope) && { scope }),
    ...moreClaims(payload, names),
  };
  return {
    ok: true,
    identity: {
      kind: 'jwt',
      hash: identityHash('jwt', issuer, subject),
      claims,
      // A time that is none was not issued at any: it counts as issued before all revocations.
      ...(typeof iat === 'number' && iat >= 0 && { issuedAt: Math.min(Math.floor(iat), LATEST_SECONDS) }),
      expiresAt: Math.floor(exp),
    },
  };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
