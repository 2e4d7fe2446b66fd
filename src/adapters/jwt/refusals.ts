import {
  CognitoJwtInvalidClientIdError,
  CognitoJwtInvalidTokenUseError,
  JwkInvalidKtyError,
  JwkInvalidUseError,
  JwtExpiredError,
  JwtInvalidAudienceError,
  JwtInvalidSignatureAlgorithmError,
  JwtInvalidSignatureError,
  JwtNotBeforeError,
  JwtWithoutValidKidError,
  KidNotFoundInJwksError,
  WaitPeriodNotYetEndedJwkError,
} from 'aws-jwt-verify/error';
import { EXPIRED_TOKEN } from '../../auth/token-verifier.ts';

/** A token refused by a check of our own. The message is the reason. */
export class TokenRefused extends Error {}

const UNKNOWN_KEY = 'a token signed by a key that its issuer does not publish';
const AUDIENCE = 'a token made for another audience';
const ALGORITHM = 'a token signed by an algorithm that is not accepted';

const REASONS: readonly (readonly [abstract new (...parameters: never) => Error, string])[] = [
  [JwtExpiredError, EXPIRED_TOKEN],
  [JwtNotBeforeError, 'a token that is not valid yet'],
  [JwtInvalidAudienceError, AUDIENCE],
  [CognitoJwtInvalidClientIdError, AUDIENCE],
  [CognitoJwtInvalidTokenUseError, 'a token of another use (id or access)'],
  [JwtInvalidSignatureError, 'a token whose signature is wrong'],
  [JwtInvalidSignatureAlgorithmError, ALGORITHM],
  [KidNotFoundInJwksError, UNKNOWN_KEY],
  [WaitPeriodNotYetEndedJwkError, UNKNOWN_KEY],
  [JwtWithoutValidKidError, UNKNOWN_KEY],
  [JwkInvalidUseError, UNKNOWN_KEY],
  [JwkInvalidKtyError, UNKNOWN_KEY],
];

/**
 * Why a token is refused, in words that read after "got". The library's own messages repeat claims and key ids, which
 * are the client's.
 */
export function refusalReason(error: unknown): string {
  if (error instanceof TokenRefused) return error.message;
  return REASONS.find(([kind]) => error instanceof kind)?.[1] ?? 'a malformed token';
}

/** What a key may sign with; the library leaves the choice to the token where the key does not name its algorithm. */
const ALGORITHMS: ReadonlyMap<string, RegExp> = new Map([
  ['RSA', /^RS(256|384|512)$/],
  ['EC', /^ES(256|384|512)$/],
  ['OKP', /^EdDSA$/],
]);

/**
 * Checks that the library does not make: the algorithm belongs to the kind of key, and no header parameter must be
 * understood that is not.
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11
 */
export function checkHeader({
  header,
  jwk,
}: {
  readonly header: { readonly alg?: string };
  readonly jwk: { readonly kty: string };
}): void {
  if (!ALGORITHMS.get(jwk.kty)?.test(header.alg ?? '')) throw new TokenRefused(ALGORITHM);
  if ('crit' in header) throw new TokenRefused('a token with critical header parameters');
}
