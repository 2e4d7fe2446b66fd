import { createHash } from 'node:crypto';
import type { Claims } from './identity.ts';
import type { TokenVerdict } from './token-verifier.ts';

/** Names of the claims a username is taken from, the first that is there. */
const USERNAMES = ['cognito:username', 'username', 'preferred_username'];
const GROUPS = ['cognito:groups', 'groups'];
const MAX_GROUPS = 100;

/** The year 9999: what lies beyond it is no time DynamoDB or a Date can hold. */
const LATEST_SECONDS = 253_402_300_799;

/**
 * Who a verified token speaks for, or why it cannot be told.
 * @param payload claims of a token whose signature, issuer, audience and times have been checked
 * @param issuer the issuer as configured, which is what the identity is told by
 */
export function tokenIdentity(payload: Readonly<Record<string, unknown>>, issuer: string): TokenVerdict {
  const { sub: subject, exp, scope } = payload;
  if (typeof subject !== 'string' || subject === '')
    return { ok: false, reason: 'a token without a subject' };
  if (typeof exp !== 'number') return { ok: false, reason: 'a token without an expiry' };
  const username = USERNAMES.map((name) => payload[name]).find(isName);
  const groups = GROUPS.map((name) => payload[name]).find((value) => Array.isArray(value));
  const claims: Claims = {
    issuer,
    subject,
    ...(username !== undefined && { username }),
    ...(groups && { groups: groups.filter(isName).slice(0, MAX_GROUPS) }),
    ...(isName(scope) && { scope }),
  };
  return {
    ok: true,
    identity: {
      kind: 'jwt',
      hash: identityHash(issuer, subject),
      claims,
      expiresAt: Math.min(Math.floor(exp), LATEST_SECONDS),
    },
  };
}

/** 132 bits of SHA-256, base64url. JSON keeps the two apart whatever is in them. */
function identityHash(issuer: string, subject: string): string {
  const text = JSON.stringify(['jwt', issuer, subject]);
  return createHash('sha256').update(text, 'utf8').digest('base64url').slice(0, 22);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
