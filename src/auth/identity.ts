/** What of a verified token's claims is kept: enough to tell who it is and what groups they are in, no more. */
export interface Claims {
  readonly issuer: string;
  readonly subject: string;
  /** `cognito:username`, `username` or `preferred_username`, the first that is there. */
  readonly username?: string;
  /** `cognito:groups` or `groups`; at most 100 names. */
  readonly groups?: readonly string[];
  readonly scope?: string;
}

/** Who a connection or request speaks for. Holds no credential. */
export interface Identity {
  /** How it was proven: an API key, a token, or nobody where authentication is switched off locally. */
  readonly kind: 'api-key' | 'jwt' | 'anonymous';
  /** Stable, one-way: hash of the key's hash, or of issuer and subject; limits and revocation go by it. */
  readonly hash: string;
  /** Present when `kind` is `jwt`. */
  readonly claims?: Claims;
  /** Epoch seconds at which the credential expires; absent when it does not. */
  readonly expiresAt?: number;
}

/**
 * Equal for two identities that may be answered alike: the same subject, with the same claims. Two tokens of one
 * subject have one `hash`, and may differ in groups and scope.
 */
export function readerKey({ kind, hash, claims }: Identity): string {
  const { issuer, subject, username, groups, scope } = claims ?? {};
  return JSON.stringify([kind, hash, issuer, subject, username, groups, scope]);
}

/** What a client presented, wherever it stood. Values are the client's and may be of any type. */
export interface Credentials {
  /** An API key. */
  readonly apiKey?: unknown;
  /** A token, with or without `Bearer `. */
  readonly token?: unknown;
}

/**
 * - `identified`: a credential was presented and is good, or authentication is off.
 * - `absent`: none was presented.
 * - `refused`: what was presented is not good; `reason` is safe to tell and to log (it holds nothing of the credential).
 *   `isExpired` when it is a token that was good until it expired: the client is to come with a fresh one.
 */
export type Presented =
  | { readonly kind: 'identified'; readonly identity: Identity }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly reason: string; readonly isExpired?: true };

/** Judges credentials. Never rejects for what a client sent. */
export interface Authenticator {
  /**
   * @throws TablecastError `AUTHENTICATION_UNAVAILABLE` when an issuer's keys cannot be fetched: nobody is refused for
   * that, and nobody let in
   */
  authenticate(credentials: Credentials): Promise<Presented>;
}
