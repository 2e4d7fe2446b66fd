import { describe, expect, test } from '@jest/globals';
import { jwk, rsaKey, seconds, token } from '../../../scripts/attack/tokens/signing.ts';
import { createTokenVerifier } from '../../../src/adapters/jwt/tokens.ts';
import { apiKeyHash, createApiKeys } from '../../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../../src/auth/authenticator.ts';

const ISSUER = 'https://id.example.com';
const key = rsaKey('key');
const good = token(key, { iss: ISSUER, aud: 'app', sub: 'alice', exp: seconds(600) });
const expired = token(key, { iss: ISSUER, aud: 'app', sub: 'alice', exp: seconds(-1) });
let now = Date.now();
const parts = {
  mode: 'required',
  apiKeys: createApiKeys([
    { hash: apiKeyHash('key') },
    { hash: apiKeyHash('old'), expiresAt: Math.floor(now / 1000) },
  ]),
  tokens: createTokenVerifier([{ issuer: ISSUER, audience: 'app', jwksUri: `${ISSUER}/keys` }], {
    fetch: async () => new TextEncoder().encode(JSON.stringify({ keys: [jwk(key)] })).buffer,
  }),
  clock: { now: () => now },
} as const;
const { authenticate } = createAuthenticator(parts);

describe('who a credential speaks for', () => {
  test('an API key: its own identity', async () => {
    expect(await authenticate({ apiKey: 'key' })).toMatchObject({
      kind: 'identified',
      identity: { kind: 'api-key' },
    });
  });

  test.each([good, `Bearer ${good}`, `bearer ${good}`, ` ${good} `])(
    'a token, with Bearer or without',
    async (text) => {
      expect(await authenticate({ token: text })).toMatchObject({
        kind: 'identified',
        identity: { kind: 'jwt', claims: { issuer: ISSUER, subject: 'alice' } },
      });
    },
  );

  test('the token where both are good, and where the key is bad', async () => {
    for (const apiKey of ['key', 'wrong', 7]) {
      expect(await authenticate({ token: good, apiKey })).toMatchObject({ identity: { kind: 'jwt' } });
    }
  });

  test('the key where the token is bad', async () => {
    for (const bad of [expired, 'x', '', null, 'AWS4-HMAC-SHA256 Credential=AKIA']) {
      expect(await authenticate({ token: bad, apiKey: 'key' })).toMatchObject({
        identity: { kind: 'api-key' },
      });
    }
  });

  test('nobody where nothing was presented', async () => {
    expect(await authenticate({})).toEqual({ kind: 'absent' });
  });
});

describe('what is refused, with what was expected and what came', () => {
  test.each<[object, string]>([
    [{ apiKey: 'wrong' }, 'an unknown API key'],
    [{ apiKey: '' }, 'an unknown API key'],
    [{ apiKey: 'old' }, 'an expired API key'],
    [{ apiKey: null }, 'an API key of type null'],
    [{ apiKey: ['key'] }, 'an API key of type array'],
    [{ token: expired }, 'an expired token'],
    [{ token: good.slice(0, -300) }, 'a token whose signature is wrong'],
    [{ token: 'Basic dXNlcjpwYXNz' }, 'a malformed token'],
    [{ token: `Bearer Bearer ${good}` }, 'a malformed token'],
    [{ token: '' }, 'an empty token'],
    [{ token: 'Bearer ' }, 'an empty token'],
    [{ token: { token: good } }, 'a token of type object'],
    [
      { token: 'AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/appsync/aws4_request, Signature=0' },
      'an AWS signature, which API Gateway alone can check: use an API key, a token, or a URL signed for its IAM ' +
        'authoriser (docs/authentication.md, "AWS signatures")',
    ],
    [{ token: expired, apiKey: 'old' }, 'an expired token and an expired API key'],
  ])('%j', async (credentials, got) => {
    expect(await authenticate(credentials)).toEqual({
      kind: 'refused',
      reason: `expected a valid API key or token, got ${got}`,
      ...(got.includes('an expired token') && { isExpired: true }),
    });
  });

  test('every token where no issuer is configured', async () => {
    const { tokens: _, ...without } = parts;
    expect(await createAuthenticator(without).authenticate({ token: good })).toEqual({
      kind: 'refused',
      reason: 'expected a valid API key, got a token, and no issuer of tokens is configured',
    });
    expect(await createAuthenticator(without).authenticate({ token: good, apiKey: 'key' })).toMatchObject({
      identity: { kind: 'api-key' },
    });
  });

  test('a token that has expired by the relay’s clock, whatever the system’s says', async () => {
    now += 600_000;
    expect(await authenticate({ token: good })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('an expired token'),
    });
    now -= 600_000;
  });
});

test('C8 secrets: no reason repeats what was presented', async () => {
  for (const credentials of [
    { apiKey: 'canary-1' },
    { token: 'canary-2' },
    { token: token(key, { iss: 'canary-3', aud: 'canary-4', sub: 'canary-5', exp: seconds(9) }) },
    { token: token(key, { iss: ISSUER, aud: 'canary-6', sub: 'canary-7', exp: seconds(9) }) },
    { token: token({ ...key, kid: 'canary-8' }, { iss: ISSUER, aud: 'app', exp: seconds(9) }) },
    { token: token(key, { iss: ISSUER }, { alg: 'canary-9' }) },
    { token: { 'canary-10': 1 }, apiKey: { 'canary-11': 1 } },
  ]) {
    const presented = await authenticate(credentials);
    expect(presented.kind).toBe('refused');
    expect(JSON.stringify(presented)).not.toContain('canary');
  }
});

test('with authentication off everybody is let in as nobody in particular, whatever they present', async () => {
  const { authenticate: letIn } = createAuthenticator({ ...parts, mode: 'off' });
  for (const credentials of [{}, { apiKey: 'wrong' }, { token: good }]) {
    expect(await letIn(credentials)).toEqual({
      kind: 'identified',
      identity: { kind: 'anonymous', hash: 'anonymous' },
    });
  }
});
