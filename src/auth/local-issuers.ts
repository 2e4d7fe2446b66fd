import type { OidcIssuer, TokenIssuer } from './issuers.ts';

/** What `npm start` can issue tokens as: a user pool, or another OpenID Connect provider. Rules tell them apart. */
export const LOCAL_PROVIDERS = ['userPools', 'oidc'] as const;
export type LocalProvider = (typeof LOCAL_PROVIDERS)[number];

/** The `aud` claim of local tokens. */
export const LOCAL_AUDIENCE = 'local';

/** The `iss` claim of local tokens. @param origin of the local page, such as `http://localhost:3000` */
export function localIssuerUrl(origin: string, provider: LocalProvider): string {
  return `${origin}/local-issuer/${provider}`;
}

/** True of one of a local loop, whose tokens are whoever's one wants them to be. */
export function isLocalIssuer(issuer: TokenIssuer): boolean {
  return (
    'issuer' in issuer &&
    LOCAL_PROVIDERS.some((provider) => issuer.issuer.endsWith(localIssuerUrl('', provider)))
  );
}

/** The issuers of a local loop, as configuration has issuers. */
export function localIssuers(origin: string): readonly OidcIssuer[] {
  return LOCAL_PROVIDERS.map((provider) => ({
    issuer: localIssuerUrl(origin, provider),
    audience: LOCAL_AUDIENCE,
    jwksUri: `${origin}/local-issuer/jwks.json`,
    provider,
  }));
}
