import { createHash } from 'node:crypto';

/** How the newer name of a user pool's issuer begins; all else is as in the regional one. */
const NEWER_POOL_NAME = /^https:\/\/issuer-cognito-idp\./;

/**
 * 132 bits of SHA-256, base64url, of how somebody was proven and who they are. JSON keeps the parts apart whatever is in them.
 * @param issuer of a Cognito user pool by either of its names: tokens bear the one or the other, and a user is one
 */
export function identityHash(kind: 'jwt' | 'iam' | 'lambda', issuer: string, subject: string): string {
  const text = JSON.stringify([kind, issuer.replace(NEWER_POOL_NAME, 'https://cognito-idp.'), subject]);
  return createHash('sha256').update(text, 'utf8').digest('base64url').slice(0, 22);
}

/** The same of an API key. @param digest SHA-256 of the key, 32 bytes: the only form of it there is */
export function apiKeyIdentityHash(digest: Uint8Array): string {
  return createHash('sha256').update('api-key:').update(digest).digest('base64url').slice(0, 22);
}

/** The year 9999, in epoch seconds: what lies beyond it is no time DynamoDB or a Date can hold. */
export const LATEST_SECONDS = 253_402_300_799;

/**
 * Whether an expiry is a time in epoch seconds. Milliseconds are none: taken for seconds they lie beyond the year 9999,
 * and whoever they were to shut out would never be.
 */
export function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LATEST_SECONDS;
}
