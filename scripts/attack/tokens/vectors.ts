import { MAX_TOKEN_BYTES } from '../../../src/adapters/jwt/tokens.ts';
import {
  claims,
  ed,
  foreign,
  issuer,
  named,
  ofLength,
  ofOther,
  ofPool,
  otherClaims,
  p256,
  poolClaims,
  rsa,
  server,
  startIssuers,
  verifier,
} from './issuers.ts';
import { KEY_VECTORS } from './key-vectors.ts';
import { ALGORITHM, MALFORMED, SIGNATURE, type TokenVector, UNKNOWN_KEY } from './reasons.ts';
import { hmacToken, jwk, part, seconds, token } from './signing.ts';

const flipped = (text: string, from: number) => {
  const bytes = Buffer.from(text.split('.')[2] ?? '', 'base64url');
  bytes[from] = (bytes[from] ?? 0) ^ 1;
  return [...text.split('.').slice(0, 2), bytes.toString('base64url')].join('.');
};
const spliced = (text: string, at: 0 | 1 | 2, piece: string) =>
  text
    .split('.')
    .map((old, index) => (index === at ? piece : old))
    .join('.');

const AUDIENCE = 'a token made for another audience';
const ISSUER = 'a token of an issuer that is not configured';
const KIND = 'a token of another kind than access and id tokens (typ)';
const CRITICAL = 'a token with critical header parameters';
const USE = 'a token of another use (id or access)';

/** Everything an attacker has been known to try, and everything that is merely wrong. */
export const TOKEN_VECTORS: readonly TokenVector[] = [
  // Algorithms
  [
    'alg none without a signature',
    () => `${part({ alg: 'none', kid: 'rsa' })}.${part(claims())}.`,
    MALFORMED,
  ],
  ['alg none with one', () => token(rsa, claims(), { alg: 'none' }), ALGORITHM],
  ['alg None', () => token(rsa, claims(), { alg: 'None' }), ALGORITHM],
  ['no alg', () => `${part({ kid: 'rsa' })}.${part(claims())}.${part('x')}`, ALGORITHM],
  ['alg of a wrong type', () => `${part({ alg: 7, kid: 'rsa' })}.${part(claims())}.${part('x')}`, MALFORMED],
  [
    'HS256 by the public key as PEM',
    () => hmacToken(rsa.publicKey.export({ type: 'spki', format: 'pem' }), claims(), { kid: 'rsa' }),
    ALGORITHM,
  ],
  [
    'HS256 by the public key as DER',
    () => hmacToken(rsa.publicKey.export({ type: 'spki', format: 'der' }), claims(), { kid: 'rsa' }),
    ALGORITHM,
  ],
  ['HS256 by the modulus', () => hmacToken(String(jwk(rsa)['n']), claims(), { kid: 'rsa' }), ALGORITHM],
  ['HS256 by a published secret', () => hmacToken('shared', claims(), { kid: 'secret' }), UNKNOWN_KEY],
  ['HS256 by nothing', () => hmacToken('', claims(), { kid: 'rsa' }), ALGORITHM],
  ['PS256', () => token(rsa, claims(), { alg: 'PS256' }), ALGORITHM],
  ['an RSA signature called ES256', () => token(rsa, claims(), { alg: 'ES256' }), ALGORITHM],
  ['an EC signature called RS256', () => token(p256, claims(), { alg: 'RS256' }), ALGORITHM],
  ['another algorithm than the key names', () => token(named, claims(), { alg: 'RS512' }), ALGORITHM],
  ['RS512 signed as RS256', () => token(rsa, claims(), { alg: 'RS512' }, 'RS256'), SIGNATURE],
  ['alg __proto__', () => token(rsa, claims(), { alg: '__proto__' }), ALGORITHM],
  ...KEY_VECTORS,
  // Signatures
  ['no signature', () => spliced(token(rsa, claims()), 2, ''), MALFORMED],
  ['a signature of zeros', () => spliced(token(rsa, claims()), 2, 'A'.repeat(342)), SIGNATURE],
  ['an EC signature of zeros', () => spliced(token(p256, claims()), 2, 'A'.repeat(86)), SIGNATURE],
  ['a signature with one bit off', () => flipped(token(rsa, claims()), 100), SIGNATURE],
  ['an Ed25519 signature with one bit off', () => flipped(token(ed, claims()), 3), SIGNATURE],
  ['half a signature', () => token(rsa, claims()).slice(0, -170), SIGNATURE],
  [
    'claims changed after signing',
    () => spliced(token(rsa, claims()), 1, part(claims({ sub: 'mallory' }))),
    SIGNATURE,
  ],
  [
    'a header changed after signing',
    () => spliced(token(rsa, claims()), 0, part({ alg: 'RS256', kid: 'rsa' })),
    SIGNATURE,
  ],
  ['a critical header parameter', () => token(rsa, claims(), { crit: ['b64'], b64: false }), CRITICAL],
  ['an empty list of critical ones', () => token(rsa, claims(), { crit: [] }), CRITICAL],
  ['a logout token', () => token(rsa, claims(), { typ: 'logout+jwt' }), KIND],
  ['a security event', () => token(rsa, claims(), { typ: 'application/SecEvent+JWT' }), KIND],
  // Times
  ['expired', () => token(rsa, claims({ exp: seconds(-1) })), 'an expired token'],
  ['expired long ago', () => token(rsa, claims({ exp: 0 })), 'an expired token'],
  ['a negative expiry', () => token(rsa, claims({ exp: -1 })), 'an expired token'],
  ['an expiry in milliseconds ago', () => token(rsa, claims({ exp: -Date.now() })), 'an expired token'],
  [
    'an expiry in milliseconds, which would never come',
    () => token(rsa, claims({ exp: Date.now() + 600_000 })),
    'a token whose expiry is no time in epoch seconds',
  ],
  ['no expiry', () => token(rsa, claims({ exp: undefined })), 'a token without an expiry'],
  ['an expiry as text', () => token(rsa, claims({ exp: String(seconds(600)) })), MALFORMED],
  ['an expiry of null', () => token(rsa, claims({ exp: null })), MALFORMED],
  ['not valid yet', () => token(rsa, claims({ nbf: seconds(600) })), 'a token that is not valid yet'],
  ['a start as text', () => token(rsa, claims({ nbf: 'now' })), MALFORMED],
  // Issuers, audiences, subjects
  ['another audience', () => token(rsa, claims({ aud: 'else' })), AUDIENCE],
  ['other audiences', () => token(rsa, claims({ aud: ['else', 'other-app'] })), AUDIENCE],
  ['no audience', () => token(rsa, claims({ aud: undefined })), AUDIENCE],
  ['an empty list of audiences', () => token(rsa, claims({ aud: [] })), AUDIENCE],
  ['an audience of a wrong type', () => token(rsa, claims({ aud: { app: true } })), MALFORMED],
  ['the audience of another issuer', () => token(ofOther, otherClaims({ aud: 'app' })), AUDIENCE],
  ['the start of an audience', () => token(rsa, claims({ aud: 'ap' })), AUDIENCE],
  ['another issuer', () => token(rsa, claims({ iss: 'https://attacker.example' })), ISSUER],
  ['no issuer', () => token(rsa, claims({ iss: undefined })), ISSUER],
  ['an issuer with a slash more', () => token(rsa, claims({ iss: `${issuer}/` })), ISSUER],
  ['an issuer in another case', () => token(rsa, claims({ iss: issuer.toUpperCase() })), ISSUER],
  ['an issuer of a wrong type', () => token(rsa, claims({ iss: [issuer] })), MALFORMED],
  ['no subject', () => token(rsa, claims({ sub: undefined })), 'a token without a subject'],
  ['an empty subject', () => token(rsa, claims({ sub: '' })), 'a token without a subject'],
  ['a subject of a wrong type', () => token(rsa, claims({ sub: 7 })), MALFORMED],
  // User pools
  ['another app client', () => token(ofPool, poolClaims({ client_id: 'client-3' })), AUDIENCE],
  ['no app client', () => token(ofPool, poolClaims({ client_id: undefined })), AUDIENCE],
  [
    'an app client where an access token has none',
    () => token(ofPool, poolClaims({ client_id: undefined, aud: 'client-1' })),
    AUDIENCE,
  ],
  [
    'an id token for another client',
    () => token(ofPool, poolClaims({ token_use: 'id', aud: 'x' })),
    AUDIENCE,
  ],
  ['no use', () => token(ofPool, poolClaims({ token_use: undefined })), USE],
  ['a refresh token', () => token(ofPool, poolClaims({ token_use: 'refresh' })), USE],
  [
    'an id token where access tokens are asked for',
    () =>
      token(
        ofPool,
        poolClaims({
          iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AccessOnly',
          token_use: 'id',
          aud: 'client-1',
        }),
      ),
    USE,
  ],
  [
    'another user pool',
    () =>
      token(ofPool, poolClaims({ iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Attacker' })),
    ISSUER,
  ],
  // Shapes
  ['nothing', () => '', MALFORMED],
  ['one part', () => part(claims()), MALFORMED],
  ['two parts', () => `${part({ alg: 'RS256' })}.${part(claims())}`, MALFORMED],
  ['four parts', () => `${token(rsa, claims())}.AAAA`, MALFORMED],
  ['an encrypted token', () => `${token(rsa, claims())}.AAAA.AAAA`, MALFORMED],
  ['two tokens', () => `${token(rsa, claims())},${token(rsa, claims())}`, MALFORMED],
  ['a token with a line after it', () => `${token(rsa, claims())}\nx`, MALFORMED],
  ['a header that is no JSON', () => spliced(token(rsa, claims()), 0, part('{"alg"')), MALFORMED],
  ['a header that is a list', () => spliced(token(rsa, claims()), 0, part([])), MALFORMED],
  ['claims that are no JSON', () => token(rsa, 'alice'), MALFORMED],
  ['claims that are null', () => token(rsa, null), MALFORMED],
  ['claims that are a list', () => token(rsa, [claims()]), MALFORMED],
  ['deep claims', () => token(rsa, `${'['.repeat(2500)}${']'.repeat(2500)}`), MALFORMED],
  ['one byte too long', () => ofLength(MAX_TOKEN_BYTES + 1), `a token longer than ${MAX_TOKEN_BYTES} bytes`],
  ['a megabyte', () => 'A'.repeat(1_000_000), `a token longer than ${MAX_TOKEN_BYTES} bytes`],
  // Encodings
  [
    'a NUL in the subject of claims that were changed',
    () => spliced(token(rsa, claims()), 1, part(claims({ sub: 'alice\0' }))),
    SIGNATURE,
  ],
  ['a key id with a NUL', () => token(rsa, claims(), { kid: 'rsa\0' }), UNKNOWN_KEY],
  [
    'standard base64 in the place of base64url',
    () => spliced(token(rsa, claims()), 2, '+/'.repeat(171)),
    MALFORMED,
  ],
  [
    'claims that say a thing twice, with another signature',
    () => spliced(token(rsa, claims()), 1, part(`${JSON.stringify(claims()).slice(0, -1)},"sub":"mallory"}`)),
    SIGNATURE,
  ],
  [
    'two issuers of which the last is another',
    () => token(rsa, `${JSON.stringify(claims()).slice(0, -1)},"iss":"https://attacker.example"}`),
    ISSUER,
  ],
  ['a detached payload', () => token(rsa, claims()).replace(/\.[^.]+\./, '..'), MALFORMED],
  ['a header of zip bytes', () => spliced(token(rsa, claims()), 0, 'UEsDBBQAAAAIA'), MALFORMED],
  ['lower-case rs256', () => token(rsa, claims(), { alg: 'rs256' }, 'RS256'), ALGORITHM],
  ['an x5c of its own', () => token(foreign, claims(), { x5c: ['MIIB'] }), SIGNATURE],
];

/** What came of one of them. */
export interface TokenOutcome {
  readonly name: string;
  readonly refused: boolean;
  /** Why it was refused; empty when it was not. */
  readonly reason: string;
}

/** Tries all of them on the real verifier, with a server on this machine that publishes the keys. */
export async function runTokenVectors(): Promise<readonly TokenOutcome[]> {
  await startIssuers();
  try {
    const outcomes: TokenOutcome[] = [];
    for (const [name, made] of TOKEN_VECTORS) {
      const verdict = await verifier.verify(made());
      outcomes.push({ name, refused: !verdict.ok, reason: verdict.ok ? '' : verdict.reason });
    }
    return outcomes;
  } finally {
    await server.stop();
  }
}
