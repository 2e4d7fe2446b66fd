import { createHash, timingSafeEqual } from 'node:crypto';
import { TablecastError } from '../errors.ts';
import type { Presented } from './identity.ts';
import { apiKeyIdentityHash } from './identity-hash.ts';

/** An accepted API key, as configuration holds it. */
export interface ApiKeyEntry {
  /** SHA-256 of the key, 64 hex digits. */
  readonly hash: string;
  /** Epoch seconds from which on it is refused; without it the key does not expire. */
  readonly expiresAt?: number;
}

/** SHA-256 of an API key, lower-case hex: the only form a key is kept in. */
export function apiKeyHash(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}

/** Checks presented keys against the configured ones. */
export interface ApiKeys {
  /**
   * Who a key speaks for, with the key's expiry; or `refused` with `an unknown API key` or `an expired API key`.
   * @param now epoch ms
   */
  identityOf(key: string, now: number): Exclude<Presented, { readonly kind: 'absent' }>;
}

/**
 * @param entries each accepted key. With none, every key is refused. Of a key that is listed twice the later expiry
 * counts.
 * @throws TablecastError `CONFIG_INVALID` when a hash is not 64 hex digits or an expiry no time; the message does not
 * repeat them.
 */
export function createApiKeys(entries: readonly ApiKeyEntry[]): ApiKeys {
  const expiries = new Map<string, number>();
  for (const [index, { hash, expiresAt = Number.POSITIVE_INFINITY }] of entries.entries()) {
    check(index + 1, hash, expiresAt);
    const key = hash.toLowerCase();
    expiries.set(key, Math.max(expiresAt, expiries.get(key) ?? 0));
  }
  const accepted = [...expiries].map(([hash, expiresAt]) => ({
    digest: Buffer.from(hash, 'hex'),
    expiresAt,
  }));

  return {
    identityOf(key, now) {
      const presented = createHash('sha256').update(key, 'utf8').digest();
      let expiresAt: number | undefined;
      // Every hash is compared, in constant time, so that neither the match nor its place shows in the timing.
      for (const entry of accepted) {
        expiresAt = timingSafeEqual(entry.digest, presented) ? entry.expiresAt : expiresAt;
      }
      if (expiresAt === undefined) return { kind: 'refused', reason: 'an unknown API key' };
      if (expiresAt * 1000 <= now) return { kind: 'refused', reason: 'an expired API key' };
      const hash = apiKeyIdentityHash(presented);
      return {
        kind: 'identified',
        identity: { kind: 'api-key', hash, ...(Number.isFinite(expiresAt) && { expiresAt }) },
      };
    },
  };
}

function check(place: number, hash: string, expiresAt: number): void {
  if (!/^[0-9a-f]{64}$/i.test(hash)) {
    throw new TablecastError(
      'CONFIG_INVALID',
      `API key hash ${place}: expected 64 hex digits (the SHA-256 of the key), got ${hash.length} characters`,
    );
  }
  if (Number.isNaN(expiresAt) || expiresAt < 0) {
    throw new TablecastError(
      'CONFIG_INVALID',
      `API key hash ${place}: expected its expiry in epoch seconds, got no such number`,
    );
  }
}
