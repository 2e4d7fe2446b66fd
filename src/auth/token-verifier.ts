import type { Identity } from './identity.ts';

/**
 * What a verifier makes of a token. `reason` reads after "got" and holds nothing of the token. `isForeign` when it names
 * none of the configured issuers, so that somebody else may know it.
 */
export type TokenVerdict =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly reason: string; readonly isForeign?: true };

/** The reason that tells a client to fetch a fresh token, where others tell it to stop. */
export const EXPIRED_TOKEN = 'an expired token';

/** Checks tokens against the configured issuers. */
export interface TokenVerifier {
  /**
   * @param token without `Bearer `
   * @throws TablecastError `AUTHENTICATION_UNAVAILABLE` when the issuer's keys cannot be fetched; it rejects with
   * nothing else
   */
  verify(token: string): Promise<TokenVerdict>;
}
