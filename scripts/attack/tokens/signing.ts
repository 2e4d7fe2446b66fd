import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A key pair that signs tokens, under the id it is published by. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function rsaKey(kid: string, modulusLength = 2048): SigningKey {
  return { kid, ...generateKeyPairSync('rsa', { modulusLength }) };
}

export function ecKey(kid: string, namedCurve: 'P-256' | 'P-384' | 'P-521'): SigningKey {
  return { kid, ...generateKeyPairSync('ec', { namedCurve }) };
}

export function edKey(kid: string): SigningKey {
  return { kid, ...generateKeyPairSync('ed25519') };
}

/** As a key set holds it. */
export function jwk(
  key: SigningKey,
  more: Record<string, unknown> = { use: 'sig' },
): Record<string, unknown> {
  return { ...key.publicKey.export({ format: 'jwk' }), kid: key.kid, ...more };
}

/** Any part of a token; text stands as it is. */
export function part(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** A token signed by a key, whatever its header says of the algorithm. RSA signs by `RS*`'s hash, else by SHA-256. */
export function token(
  key: SigningKey,
  payload: unknown,
  header: Readonly<Record<string, unknown>> = {},
  signedAs?: string,
): string {
  const { alg = DEFAULT_ALG.get(key.privateKey.asymmetricKeyType ?? ''), ...rest } = header;
  const input = `${part({ alg, kid: key.kid, typ: 'JWT', ...rest })}.${part(payload)}`;
  const size = /(256|384|512)$/.exec(signedAs ?? String(alg))?.[1] ?? '256';
  const isEd = key.privateKey.asymmetricKeyType === 'ed25519';
  const signature = sign(isEd ? null : `sha${size}`, Buffer.from(input), {
    key: key.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${input}.${signature.toString('base64url')}`;
}

const DEFAULT_ALG: ReadonlyMap<string, string> = new Map([
  ['rsa', 'RS256'],
  ['ec', 'ES256'],
  ['ed25519', 'EdDSA'],
]);

/** A token signed by a shared secret: what an attacker makes of a public key. */
export function hmacToken(
  secret: string | Buffer,
  payload: unknown,
  header: Record<string, unknown>,
): string {
  const input = `${part({ alg: 'HS256', typ: 'JWT', ...header })}.${part(payload)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** Epoch seconds, `offset` from now. */
export function seconds(offset: number): number {
  return Math.floor(Date.now() / 1000) + offset;
}
