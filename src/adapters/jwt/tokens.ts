import { CognitoJwtVerifier, JwtVerifier } from 'aws-jwt-verify';
import type { JwksCache } from 'aws-jwt-verify/jwk';
import { decomposeUnverifiedJwt } from 'aws-jwt-verify/jwt';
import type { JwtPayload } from 'aws-jwt-verify/jwt-model';
import type { TokenIssuer } from '../../auth/issuers.ts';
import { type TokenSource, tokenIdentity } from '../../auth/token-identity.ts';
import type { TokenVerifier } from '../../auth/token-verifier.ts';
import { TablecastError } from '../../errors.ts';
import { configurationUri, createKeys, type Fetch, fetchDocument } from './keys.ts';
import { checkHeader, refusalReason } from './refusals.ts';

/** Longer tokens are refused unread: real ones are 1 to 4 KB, and a header takes no more than 8 KB. */
export const MAX_TOKEN_BYTES = 8 * 1024;

export interface TokenVerifierOptions {
  /** For how old the keys are; the times of a token are held against the system's clock. Default: the system's. */
  readonly clock?: { now(): number };
  /** Gets a key set or a configuration. Default: https, and http on this machine. */
  readonly fetch?: Fetch;
  /** How long no keys are fetched after a token named one that is not there, in seconds. Default 10. */
  readonly unknownKeySeconds?: number;
  /** Names of the claims an identity keeps beside the usual ones. Default none. */
  readonly claims?: readonly string[];
}

/** One value of the `iss` claim. */
interface Source extends Omit<TokenSource, 'claims'> {
  readonly verify: (token: string) => Promise<JwtPayload>;
}

/**
 * Checks JSON Web Tokens by aws-jwt-verify: signature (RS256, ES256 and their kin, EdDSA), issuer, audience or app
 * client, token use, `exp` (which must be there), `nbf`. Keys are kept in memory and fetched again as issuers change
 * them. It trusts an issuer for tokens that name it and no others.
 * @see https://github.com/awslabs/aws-jwt-verify
 * @throws TablecastError `CONFIG_INVALID` for an issuer the library does not take
 */
export function createTokenVerifier(
  issuers: readonly TokenIssuer[],
  options: TokenVerifierOptions = {},
): TokenVerifier {
  const { clock = { now: Date.now }, fetch = fetchDocument, unknownKeySeconds = 10, claims = [] } = options;
  const keys = createKeys({ clock, fetch, unknownKeySeconds });
  const sources = new Map(issuers.flatMap((issuer) => sourcesOf(issuer, keys)));
  return {
    async verify(token) {
      if (Buffer.byteLength(token) > MAX_TOKEN_BYTES) {
        return refused(`a token longer than ${MAX_TOKEN_BYTES} bytes`);
      }
      const { issuer, isWhole } = namedIssuer(token);
      const source = sources.get(issuer);
      if (!isWhole) return { ...refused('a malformed token'), ...(!source && { isForeign: true }) };
      if (!source) return { ...refused('a token of an issuer that is not configured'), isForeign: true };
      try {
        return tokenIdentity(await source.verify(token), { ...source, claims });
      } catch (error) {
        if (error instanceof TablecastError) throw error;
        return refused(refusalReason(error));
      }
    },
  };
}

/** By the `iss` claim: a user pool has two, a regional one and a newer one. */
function sourcesOf(issuer: TokenIssuer, jwksCache: JwksCache): (readonly [string, Source])[] {
  if ('issuer' in issuer) {
    const verifier = JwtVerifier.create(
      {
        issuer: issuer.issuer,
        audience: [issuer.audience].flat(),
        jwksUri: issuer.jwksUri ?? configurationUri(issuer.issuer),
        customJwtCheck: checkHeader,
      },
      { jwksCache },
    );
    const verify = (token: string) => verifier.verify(token);
    return [[issuer.issuer, { issuer: issuer.issuer, provider: issuer.provider ?? 'oidc', verify }]];
  }
  const { userPoolId, clientId, tokenUse = null } = issuer;
  try {
    const regional = CognitoJwtVerifier.parseUserPoolId(userPoolId).issuer;
    const newer = CognitoJwtVerifier.parseUserPoolId(userPoolId, 'https://issuer-cognito-idp').issuer;
    const verifier = CognitoJwtVerifier.create(
      { userPoolId, clientId: [clientId].flat(), tokenUse, customJwtCheck: checkHeader },
      { jwksCache },
    );
    const verify = (token: string) => verifier.verify(token);
    const source: Source = { issuer: regional, provider: 'userPools', verify };
    return [
      [regional, source],
      [newer, source],
    ];
  } catch (cause) {
    throw new TablecastError(
      'CONFIG_INVALID',
      `JWT issuer: expected a user pool id such as eu-west-1_AbCdEf123, got ${JSON.stringify(userPoolId.slice(0, 60))}`,
      { cause },
    );
  }
}

/**
 * The `iss` claim, unverified, and '' where there is none. What is no whole token may still name one of ours: it is as bad
 * as any of theirs, and for nobody else to judge.
 */
function namedIssuer(token: string): { readonly issuer: string; readonly isWhole: boolean } {
  try {
    return { issuer: decomposeUnverifiedJwt(token).payload.iss ?? '', isWhole: true };
  } catch {
    return { issuer: claimedIssuer(token), isWhole: false };
  }
}

function claimedIssuer(token: string): string {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const issuer = typeof claims === 'object' && claims !== null ? Reflect.get(claims, 'iss') : undefined;
    return typeof issuer === 'string' ? issuer : '';
  } catch {
    return '';
  }
}

function refused(reason: string) {
  return { ok: false, reason } as const;
}
