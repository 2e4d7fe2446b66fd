import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hmacToken, jwk, rsaKey, seconds, token } from '../../../scripts/attack/tokens/signing.ts';
import { createTokenVerifier } from '../../../src/adapters/jwt/tokens.ts';
import { apiKeyHash, createApiKeys } from '../../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../../src/auth/authenticator.ts';
import {
  authorizationCredentials,
  httpCredentials,
  initCredentials,
  upgradeCredentials,
} from '../../../src/auth/credentials.ts';
import type { Credentials } from '../../../src/auth/identity.ts';

const ISSUER = 'https://id.example.com';
const KEY = 'the-right-key';
const key = rsaKey('key');
const claims = { iss: ISSUER, aud: 'app', sub: 'alice', exp: seconds(6_000) };
const GOOD_TOKEN = token(key, claims);

const { authenticate } = createAuthenticator({
  mode: 'required',
  apiKeys: createApiKeys([
    { hash: apiKeyHash(KEY) },
    { hash: apiKeyHash('old-key'), expiresAt: seconds(-1) },
  ]),
  tokens: createTokenVerifier([{ issuer: ISSUER, audience: 'app', jwksUri: `${ISSUER}/keys` }], {
    fetch: async () => new TextEncoder().encode(JSON.stringify({ keys: [jwk(key)] })).buffer,
  }),
  clock: { now: Date.now },
});

/** Texts that are no credential, most of them next to one. */
const badText = fc
  .oneof(
    fc.constantFrom(
      '',
      'old-key',
      `${KEY} `,
      KEY.toUpperCase(),
      KEY.slice(1),
      `Bearer ${KEY}`,
      apiKeyHash(KEY),
      `${apiKeyHash(KEY)}@9999999999`,
      'anonymous',
      'true',
      'Bearer ',
      'Bearer null',
      `Basic ${GOOD_TOKEN}`,
      `${GOOD_TOKEN}x.`,
      GOOD_TOKEN.split('.').slice(0, 2).join('.'),
      token(key, { ...claims, exp: seconds(-1) }),
      token(key, { ...claims, aud: 'else' }),
      token(rsaKey('key'), claims),
      hmacToken(KEY, claims, { kid: 'key' }),
      'AWS4-HMAC-SHA256 Credential=AKIA',
    ),
    fc.string({ maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
  )
  .filter((text) => text !== KEY);
const badValue = fc.oneof(badText, fc.jsonValue(), fc.constant([KEY]), fc.constant({ 'x-api-key': KEY }));

/** Names a credential may stand under, names near them, in any case; good credentials under the near ones. */
const name = fc
  .tuple(
    fc.constantFrom(
      'x-api-key',
      'authorization',
      'token',
      'api-key',
      'x_api_key',
      'identity',
      '__proto__',
      'host',
    ),
    fc.func(fc.boolean()),
  )
  .map(([text, isUpper]) =>
    [...text].map((letter, index) => (isUpper(index) ? letter.toUpperCase() : letter)).join(''),
  );
const notAPlace = fc.constantFrom('api-key', 'x_api_key', 'x-api-keys', 'cookie', 'identity', 'constructor');
const place = <T>(value: fc.Arbitrary<T>) =>
  fc
    .tuple(
      fc.array(fc.tuple(name, value), { maxLength: 4 }),
      fc.array(fc.tuple(notAPlace, fc.constantFrom(KEY, GOOD_TOKEN)), { maxLength: 1 }),
    )
    .map(([bad, misplaced]) => [...misplaced, ...bad]);

interface Places {
  readonly headers: [string, string][];
  readonly query: [string, string][];
  readonly appsyncHeader: [string, unknown][];
}
const WAYS: readonly ((places: Places) => Credentials)[] = [
  upgradeCredentials,
  ({ headers, query }) => upgradeCredentials({ headers, query }),
  ({ appsyncHeader }) => initCredentials(appsyncHeader),
  ({ appsyncHeader }) => authorizationCredentials(appsyncHeader),
  ({ headers }) => httpCredentials(headers),
];
const anyPlaces = fc.record({
  headers: place(badText),
  query: place(badText),
  appsyncHeader: place<unknown>(badValue),
});

test('S3 no combination of places without a good credential lets anybody in', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(anyPlaces, async (places) => {
      for (const way of WAYS) {
        const { kind } = await authenticate(way(places));
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
        expect(kind).not.toBe('identified');
      }
    }),
    { numRuns: 500 },
  );
  expect(seen.get('absent')).toBeGreaterThan(50);
  expect(seen.get('refused')).toBeGreaterThan(50);
});

test('a good credential that comes first in its place lets its bearer in, whatever else is there', async () => {
  await fc.assert(
    fc.asyncProperty(anyPlaces, fc.boolean(), async (places, isToken) => {
      const good: [string, string] = isToken ? ['AUTHORIZATION', `Bearer ${GOOD_TOKEN}`] : ['X-Api-Key', KEY];
      const { headers, query, appsyncHeader } = places;
      for (const credentials of [
        upgradeCredentials({ headers, query, appsyncHeader: [good, ...appsyncHeader] }),
        upgradeCredentials({ headers: [good, ...headers], query }),
        upgradeCredentials({ headers: [], query: [good, ...query] }),
        initCredentials([good, ...appsyncHeader]),
        authorizationCredentials([good, ...appsyncHeader]),
        httpCredentials([good, ...headers]),
      ]) {
        expect(await authenticate(credentials)).toMatchObject({
          kind: 'identified',
          identity: { kind: isToken ? 'jwt' : 'api-key' },
        });
      }
    }),
    { numRuns: 100 },
  );
});
