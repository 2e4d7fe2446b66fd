import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  claims,
  ed,
  issuer,
  NEWER,
  named,
  ofLength,
  ofOther,
  ofPool,
  otherClaims,
  p256,
  p384,
  p521,
  poolClaims,
  REGIONAL,
  rsa,
  server,
  startIssuers,
  verifier,
} from '../../scripts/attack/tokens/issuers.ts';
import { seconds, token } from '../../scripts/attack/tokens/signing.ts';
import { MAX_TOKEN_BYTES } from '../../src/adapters/jwt/tokens.ts';
import { identityHash } from '../../src/auth/identity-hash.ts';

beforeAll(startIssuers);
afterAll(() => server.stop());

describe('a good token is accepted, and tells who it speaks for', () => {
  test.each<[string, () => string]>([
    ['RS256', () => token(rsa, claims())],
    ['RS384', () => token(rsa, claims(), { alg: 'RS384' })],
    ['RS512', () => token(rsa, claims(), { alg: 'RS512' })],
    ['a key that names its algorithm', () => token(named, claims())],
    ['ES256', () => token(p256, claims())],
    ['ES384', () => token(p384, claims(), { alg: 'ES384' })],
    ['ES512', () => token(p521, claims(), { alg: 'ES512' })],
    ['EdDSA', () => token(ed, claims())],
    ['an access token by its type', () => token(rsa, claims(), { typ: 'at+jwt' })],
    ['an access token by its whole type', () => token(rsa, claims(), { typ: 'application/AT+JWT' })],
    ['a token without a type', () => token(rsa, claims(), { typ: undefined })],
    ['the second audience', () => token(rsa, claims({ aud: 'app-2' }))],
    ['one audience of several', () => token(rsa, claims({ aud: ['else', 'app'] }))],
    ['the longest that is read', () => ofLength(MAX_TOKEN_BYTES)],
  ])('%s', async (_, made) => {
    expect(await verifier.verify(made())).toMatchObject({
      ok: true,
      identity: { kind: 'jwt', claims: { issuer, subject: 'alice' } },
    });
  });

  test('it expires when the token does, fractions dropped', async () => {
    const exp = seconds(600);
    expect(await verifier.verify(token(rsa, claims({ exp: exp + 0.5 })))).toMatchObject({
      identity: { expiresAt: exp },
    });
    // Milliseconds: it would never expire.
    expect(await verifier.verify(token(rsa, claims({ exp: exp * 1_000 })))).toMatchObject({ ok: false });
  });

  test('of its claims only who and which groups is kept', async () => {
    const verdict = await verifier.verify(
      token(
        rsa,
        claims({
          preferred_username: 'al',
          username: 'ali',
          groups: ['staff', 7, '', 'admin'],
          scope: 'read write',
          email: 'alice@example.com',
          phone_number: '+1',
        }),
      ),
    );
    expect(verdict).toEqual({
      ok: true,
      identity: {
        kind: 'jwt',
        hash: expect.stringMatching(/^[\w-]{22}$/),
        claims: {
          provider: 'oidc',
          issuer,
          subject: 'alice',
          username: 'ali',
          groups: ['staff', 'admin'],
          scope: 'read write',
        },
        expiresAt: expect.any(Number),
      },
    });
  });

  test('of more than 100 groups the first 100 are kept', async () => {
    const groups = Array.from({ length: 101 }, (_, index) => `g${index}`);
    expect(await verifier.verify(token(rsa, claims({ groups })))).toMatchObject({
      identity: { claims: { groups: groups.slice(0, 100) } },
    });
  });

  test('of a user pool: access and id tokens, of either app client, by either name of the issuer', async () => {
    for (const payload of [
      poolClaims({ username: 'alice', 'cognito:groups': ['admins'] }),
      poolClaims({ client_id: 'client-2', username: 'alice', 'cognito:groups': ['admins'] }),
      poolClaims({ iss: NEWER, username: 'alice', 'cognito:groups': ['admins'] }),
      {
        ...poolClaims({ token_use: 'id', aud: 'client-2', client_id: undefined }),
        'cognito:username': 'alice',
        'cognito:groups': ['admins'],
      },
    ]) {
      expect(await verifier.verify(token(ofPool, payload))).toMatchObject({
        ok: true,
        identity: {
          claims: { issuer: REGIONAL, subject: 'alice', username: 'alice', groups: ['admins'] },
        },
      });
    }
  });

  test('one subject of one issuer has one identity, and of two issuers two', async () => {
    const hashes = await Promise.all(
      [
        token(rsa, claims()),
        token(ed, claims({ exp: seconds(900), aud: 'app-2' })),
        token(ofOther, otherClaims()),
        token(rsa, claims({ sub: 'bob' })),
        token(ofPool, poolClaims()),
        token(ofPool, poolClaims({ iss: NEWER })),
      ].map(async (text) => {
        const verdict = await verifier.verify(text);
        return verdict.ok ? verdict.identity.hash : undefined;
      }),
    );
    expect(hashes.every((hash) => hash !== undefined)).toBe(true);
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[5]).toBe(hashes[4]);
    expect(new Set(hashes).size).toBe(4);
    expect(hashes.join()).not.toContain('alice');
  });

  test.each([
    ['the regional one', REGIONAL],
    ['the newer one', NEWER],
  ])('S10 who revokes a user of a pool may name its issuer by either name, such as %s', async (_, named) => {
    for (const iss of [REGIONAL, NEWER])
      expect(await verifier.verify(token(ofPool, poolClaims({ iss })))).toMatchObject({
        identity: { hash: identityHash('jwt', named, 'alice') },
      });
  });
});
