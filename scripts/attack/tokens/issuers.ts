import { fetchDocument } from '../../../src/adapters/jwt/keys.ts';
import { createTokenVerifier } from '../../../src/adapters/jwt/tokens.ts';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';
import { type DocumentServer, startDocumentServer } from './document-server.ts';
import { ecKey, edKey, jwk, rsaKey, seconds, token } from './signing.ts';

export const POOL = 'eu-west-1_AbCdEf123';
export const REGIONAL = `https://cognito-idp.eu-west-1.amazonaws.com/${POOL}`;
export const NEWER = `https://issuer-cognito-idp.eu-west-1.amazonaws.com/${POOL}`;

export const rsa = rsaKey('rsa');
export const named = rsaKey('rsa-named');
export const forEncryption = rsaKey('for-encryption');
export const notForVerifying = rsaKey('not-for-verifying');
export const short = rsaKey('short', 1024);
export const ofOther = rsaKey('of-other');
export const ofPool = rsaKey('of-pool');
export const foreign = rsaKey('rsa');
export const unpublished = rsaKey('unpublished');
export const p256 = ecKey('p256', 'P-256');
export const p384 = ecKey('p384', 'P-384');
export const p521 = ecKey('p521', 'P-521');
export const ed = edKey('ed');

/** The two issuers, and the pool, whose keys a real server publishes, and a verifier that trusts them. */
export let server: DocumentServer;
export let verifier: TokenVerifier;
export let issuer = '';
export let other = '';

/** Starts them; `server.stop()` ends them. */
export async function startIssuers(): Promise<void> {
  server = await startDocumentServer();
  issuer = `${server.origin}/issuer`;
  other = `${server.origin}/other`;
  server.documents.set('/keys', {
    keys: [
      jwk(rsa, {}),
      jwk(named, { use: 'sig', alg: 'RS256' }),
      jwk(forEncryption, { use: 'enc' }),
      jwk(notForVerifying, { key_ops: ['encrypt', 'wrapKey'] }),
      jwk(short),
      jwk(p256),
      jwk(p384),
      jwk(p521),
      jwk(ed),
      { kty: 'oct', kid: 'secret', k: Buffer.from('shared').toString('base64url') },
    ],
  });
  server.documents.set('/other-keys', { keys: [jwk(ofOther)] });
  server.documents.set('/pool-keys', { keys: [jwk(ofPool)] });
  verifier = createTokenVerifier(
    [
      { issuer, audience: ['app', 'app-2'], jwksUri: `${server.origin}/keys` },
      { issuer: other, audience: 'other-app', jwksUri: `${server.origin}/other-keys` },
      { userPoolId: POOL, clientId: ['client-1', 'client-2'] },
      { userPoolId: 'eu-west-1_AccessOnly', clientId: 'client-1', tokenUse: 'access' },
    ],
    {
      // The pool's keys come over http from here; all else of it is the real thing.
      fetch: (uri) => fetchDocument(uri.includes('amazonaws.com') ? `${server.origin}/pool-keys` : uri),
      // Every unknown key of the table is looked for.
      unknownKeySeconds: 0.001,
    },
  );
}

export const claims = (more: object = {}) => ({
  iss: issuer,
  aud: 'app',
  sub: 'alice',
  exp: seconds(600),
  ...more,
});
export const poolClaims = (more: object = {}) => ({
  iss: REGIONAL,
  sub: 'alice',
  token_use: 'access',
  client_id: 'client-1',
  exp: seconds(600),
  ...more,
});
export const otherClaims = (more: object = {}) => claims({ iss: other, aud: 'other-app', ...more });

/** A good token of that many bytes: a claim fills what is missing, and a header parameter what base64 leaves over. */
export function ofLength(bytes: number): string {
  const filled = (claim: number, parameter: number) =>
    token(rsa, claims({ pad: 'x'.repeat(claim) }), { pad: 'x'.repeat(parameter) });
  for (let parameter = 0; parameter < 8; parameter += 1) {
    const missing = bytes - filled(0, parameter).length;
    for (
      let claim = Math.floor((missing * 3) / 4) - 4;
      claim <= Math.ceil((missing * 3) / 4) + 4;
      claim += 1
    ) {
      const made = filled(claim, parameter);
      if (made.length === bytes) return made;
    }
  }
  throw new Error(`no token of ${bytes} bytes`);
}
