import { createHash, timingSafeEqual } from 'node:crypto';
import { TablecastError } from '../errors.ts';

/** SHA-256 of an API key, lower-case hex: the only form a key is kept in. */
export function apiKeyHash(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}

/** Checks presented keys against the configured ones. */
export interface ApiKeys {
  /** Stable one-way id of the key when it is one of ours, else undefined. */
  identityOf(key: string): string | undefined;
}

/**
 * @param hashes SHA-256 of each accepted key, hex. With none, every key is refused.
 * @throws TablecastError `CONFIG_INVALID` when one is not 64 hex digits; the message does not repeat it.
 */
export function createApiKeys(hashes: readonly string[]): ApiKeys {
  const accepted = hashes.map((hash, index) => {
    if (!/^[0-9a-f]{64}$/i.test(hash)) {
      throw new TablecastError(
        'CONFIG_INVALID',
        `API key hash ${index + 1}: expected 64 hex digits (the SHA-256 of the key), got ${hash.length} characters`,
      );
    }
    return Buffer.from(hash, 'hex');
  });
  return {
    identityOf(key) {
      const presented = createHash('sha256').update(key, 'utf8').digest();
      let found = false;
      // Every hash is compared, in constant time, so that neither the match nor its place shows in the timing.
      for (const hash of accepted) found = timingSafeEqual(hash, presented) || found;
      if (!found) return undefined;
      return createHash('sha256').update('api-key:').update(presented).digest('base64url').slice(0, 22);
    },
  };
}
