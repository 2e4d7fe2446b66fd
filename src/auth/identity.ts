import type { AuthMode } from '../schema/access.ts';

/**
 * What is kept of what a token, API Gateway's IAM authoriser or a Lambda authoriser says of somebody: enough to tell who
 * it is and what groups they are in, no more.
 */
export interface Claims {
  /** How it was proven: rules tell these apart. */
  readonly provider: Exclude<AuthMode, 'apiKey'>;
  /** The issuer of the token; `iam` or `lambda` for what API Gateway checked. */
  readonly issuer: string;
  /** Of a token its `sub`, of IAM the ARN of the user or role, of a Lambda authoriser its `principalId`. */
  readonly subject: string;
  /** `cognito:username` or `username`, which the issuer assigns. Never what users choose themselves (`preferred_username`). */
  readonly username?: string;
  /** `cognito:groups` or `groups`; at most 100 names. */
  readonly groups?: readonly string[];
  readonly scope?: string;
  /** Other claims, of the names that rules of the schema read: text, or up to 100 texts. */
  readonly more?: readonly (readonly [name: string, value: string | readonly string[]])[];
}

/** Who a connection or request speaks for. Holds no credential. */
export interface Identity {
  /** How it was proven: an API key, a token, by API Gateway, or nobody where authentication is switched off locally. */
  readonly kind: 'api-key' | 'jwt' | 'iam' | 'lambda' | 'anonymous';
  /** Stable, one-way: hash of the key's hash, or of issuer and subject; limits and revocation go by it. */
  readonly hash: string;
  /** Present when `kind` is `jwt`, `iam` or `lambda`. */
  readonly claims?: Claims;
  /** Epoch seconds at which the credential was issued, where it says so: what was revoked before then is not this one. */
  readonly issuedAt?: number;
  /** Epoch seconds at which the credential expires; absent when it does not. */
  readonly expiresAt?: number;
}

/**
 * Equal for two identities that may be answered alike: the same subject, with the same claims. Two tokens of one
 * subject have one `hash`, and may differ in groups and scope.
 */
export function readerKey({ kind, hash, claims }: Identity): string {
  const { provider, issuer, subject, username, groups, scope, more } = claims ?? {};
  return JSON.stringify([kind, hash, provider, issuer, subject, username, groups, scope, more]);
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
