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
const OTHER_KIND = 'a token of another kind than access and id tokens (typ)';
const WEAK_KEY = 'a token signed by an RSA key of fewer than 2048 bits';

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

/** The one algorithm of each curve: for the library any curve goes with any of them. */
const CURVES: ReadonlyMap<unknown, string> = new Map([
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
  ['P-521', 'ES512'],
]);

/** 2,048 bits: what is shorter can be factored, and then anybody signs for the issuer. */
const LEAST_RSA_BYTES = 256;

/** A `typ` that names a kind of token, and not that of access tokens; most name none but `JWT`. */
const OTHER_TYPE = /^(?!(?:application\/)?at\+jwt$).*\+jwt$/i;

/** A key as its issuer publishes it. */
interface PublishedKey {
  readonly kty: string;
  readonly [member: string]: unknown;
}

/**
 * Checks that the library does not make: the key is for verifying and long enough, the algorithm belongs to it, the token is
 * not of another kind by its own word (its issuer signs logouts and security events too), and no header parameter must be
 * understood that is not.
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11
 * @see https://www.rfc-editor.org/rfc/rfc7517#section-4.3
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-3.1
 * @see https://www.rfc-editor.org/rfc/rfc8725#section-3.11
 */
export function checkHeader({
  header,
  jwk,
}: {
  readonly header: { readonly alg?: string; readonly typ?: unknown };
  readonly jwk: PublishedKey;
}): void {
  if (!isAlgorithmOf(jwk, header.alg ?? '')) throw new TokenRefused(ALGORITHM);
  const operations = jwk['key_ops'];
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    throw new TokenRefused(UNKNOWN_KEY);
  if (jwk.kty === 'RSA' && bytesOf(jwk['n']) < LEAST_RSA_BYTES) throw new TokenRefused(WEAK_KEY);
  if (typeof header.typ === 'string' && OTHER_TYPE.test(header.typ)) throw new TokenRefused(OTHER_KIND);
  if ('crit' in header) throw new TokenRefused('a token with critical header parameters');
}

/** The library leaves the choice to the token where the key does not name its algorithm. */
function isAlgorithmOf({ kty, crv }: PublishedKey, algorithm: string): boolean {
  switch (kty) {
    case 'RSA':
      return /^RS(256|384|512)$/.test(algorithm);
    case 'EC':
      return CURVES.get(crv) === algorithm;
    case 'OKP':
      return algorithm === 'EdDSA';
    default:
      return false;
  }
}

/** Of a number in base64url, zeros before it not counted. */
function bytesOf(number: unknown): number {
  const bytes = Buffer.from(typeof number === 'string' ? number : '', 'base64url');
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : bytes.length - first;
}
