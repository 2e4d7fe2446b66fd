import { createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { LOCAL_AUDIENCE, type LocalProvider, localIssuerUrl } from '../auth/local-issuers.ts';

/** Where the local loop has its issuer of tokens; for `tablecast token`, and for the handlers, which fetch its keys. */
export const LOCAL_ISSUER_PATH = '/local-issuer/';

/** Somebody to make a token for. Nobody is asked who they are: it is one's own machine, and the loop's own keys. */
export interface LocalPerson {
  readonly subject: string;
  readonly username?: string;
  readonly groups: readonly string[];
  readonly provider: LocalProvider;
  /** Seconds until it expires. */
  readonly expiresIn: number;
  /** Other claims. */
  readonly claims: readonly (readonly [name: string, value: string])[];
}

/** Issues tokens that this run of the loop takes, and no other: its key is made anew each time. */
export interface LocalIssuer {
  /** JSON Web Key Set. */
  readonly keys: { readonly keys: readonly object[] };
  /** A signed JSON Web Token. */
  token(person: LocalPerson): string;
}

/** @param origin of the page, such as `http://localhost:3000` @param now epoch ms */
export function createLocalIssuer(origin: string, now: () => number): LocalIssuer {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomUUID();
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  return {
    keys: { keys: [{ ...jwk, kid, use: 'sig', alg: 'ES256' }] },
    token({ subject, username, groups, provider, expiresIn, claims }) {
      const issuedAt = Math.floor(now() / 1_000);
      const payload = new Map<string, unknown>([
        ...claims,
        ['iss', localIssuerUrl(origin, provider)],
        ['aud', LOCAL_AUDIENCE],
        ['sub', subject],
        ['iat', issuedAt],
        ['exp', issuedAt + expiresIn],
        ...(username === undefined ? [] : [['cognito:username', username] as const]),
        ...(groups.length === 0 ? [] : [['cognito:groups', groups] as const]),
      ]);
      const signed = [{ alg: 'ES256', kid, typ: 'JWT' }, Object.fromEntries(payload)]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
  };
}
