import {
  claims,
  forEncryption,
  foreign,
  notForVerifying,
  ofOther,
  p256,
  p384,
  p521,
  rsa,
  server,
  short,
  unpublished,
} from './issuers.ts';
import { ALGORITHM, MALFORMED, SIGNATURE, type TokenVector, UNKNOWN_KEY } from './reasons.ts';
import { jwk, part, token } from './signing.ts';

const WEAK_KEY = 'a token signed by an RSA key of fewer than 2048 bits';

/** Tokens signed by a key that is not to be trusted with it. */
export const KEY_VECTORS: readonly TokenVector[] = [
  ['a key nobody publishes', () => token(unpublished, claims()), UNKNOWN_KEY],
  ['no key id', () => `${part({ alg: 'RS256' })}.${part(claims())}.${part('x')}`, UNKNOWN_KEY],
  ['a key id of a wrong type', () => token(rsa, claims(), { kid: 7 }), MALFORMED],
  ['a key id that is a path', () => token(rsa, claims(), { kid: '../../../dev/null' }), UNKNOWN_KEY],
  ['a key id that is a statement', () => token(rsa, claims(), { kid: "' OR 1=1 --" }), UNKNOWN_KEY],
  ['a key id that is a prototype', () => token(rsa, claims(), { kid: '__proto__' }), UNKNOWN_KEY],
  ['a key that is for encryption', () => token(forEncryption, claims()), UNKNOWN_KEY],
  ['a foreign key under a known id', () => token(foreign, claims()), SIGNATURE],
  ['a foreign key that it brings along', () => token(foreign, claims(), { jwk: jwk(foreign) }), SIGNATURE],
  [
    'a key that it says where to get',
    () => token(unpublished, claims(), { jku: `${server.origin}/attacker-keys` }),
    UNKNOWN_KEY,
  ],
  [
    'a key at an address of a certificate',
    () => token(unpublished, claims(), { x5u: `${server.origin}/attacker-keys` }),
    UNKNOWN_KEY,
  ],
  ['the key of another issuer', () => token(ofOther, claims()), UNKNOWN_KEY],
  [
    'the key of another issuer under a known id',
    () => token({ ...ofOther, kid: 'rsa' }, claims()),
    SIGNATURE,
  ],
  ['a published key that may not verify', () => token(notForVerifying, claims()), UNKNOWN_KEY],
  ['a published key of 1024 bits', () => token(short, claims()), WEAK_KEY],
  ['ES256 by a key on P-384', () => token(p384, claims(), { alg: 'ES256' }), ALGORITHM],
  ['ES256 by a key on P-521', () => token(p521, claims(), { alg: 'ES256' }), ALGORITHM],
  ['ES512 by a key on P-256', () => token(p256, claims(), { alg: 'ES512' }), ALGORITHM],
];
