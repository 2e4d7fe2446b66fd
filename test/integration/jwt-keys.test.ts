import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type DocumentServer, startDocumentServer } from '../../scripts/attack/tokens/document-server.ts';
import { jwk, rsaKey, seconds, token } from '../../scripts/attack/tokens/signing.ts';
import { createTokenVerifier, type TokenVerifierOptions } from '../../src/adapters/jwt/tokens.ts';
import { apiKeyHash, createApiKeys } from '../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../src/auth/authenticator.ts';

const first = rsaKey('first');
const second = rsaKey('second');
const stranger = rsaKey('stranger');
const HOUR = 3_600_000;

let server: DocumentServer;
let issuer: string;
let now: number;

beforeEach(async () => {
  server = await startDocumentServer();
  issuer = `${server.origin}/tenant`;
  now = Date.now();
  server.documents.set('/keys', { keys: [jwk(first)] });
});
afterEach(() => server.stop());

const made = (key = first, more: object = {}) =>
  token(key, { iss: issuer, aud: 'app', sub: 'alice', exp: seconds(9_000), ...more });
const verifierOf = (options: TokenVerifierOptions = {}) =>
  createTokenVerifier([{ issuer, audience: 'app', jwksUri: `${server.origin}/keys` }], {
    clock: { now: () => now },
    ...options,
  });
const unavailable = expect.objectContaining({ name: 'TablecastError', code: 'AUTHENTICATION_UNAVAILABLE' });
const ok = expect.objectContaining({ ok: true });
const unknownKey = { ok: false, reason: 'a token signed by a key that its issuer does not publish' };

describe('keys are fetched once', () => {
  test('for many tokens, also when they come at once', async () => {
    const verifier = verifierOf();
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => verifier.verify(made())));
    expect(verdicts).toEqual(Array.from({ length: 20 }, () => ok));
    expect(await verifier.verify(made())).toEqual(ok);
    expect(server.requests).toEqual(['/keys']);
  });

  test('and not at all for a token of an unknown issuer or of no shape', async () => {
    const verifier = verifierOf();
    await verifier.verify(made(first, { iss: 'https://else.example' }));
    await verifier.verify('a.b.c');
    expect(server.requests).toEqual([]);
  });
});

describe('keys change', () => {
  test('a new key is found by the first token it signed, and the old one stays good', async () => {
    const verifier = verifierOf();
    expect(await verifier.verify(made())).toEqual(ok);
    server.documents.set('/keys', { keys: [jwk(first), jwk(second)] });
    expect(await verifier.verify(made(second))).toEqual(ok);
    expect(await verifier.verify(made())).toEqual(ok);
    expect(server.requests).toEqual(['/keys', '/keys']);
  });

  test('many tokens with unknown keys cost one more request, and no good token', async () => {
    const verifier = verifierOf();
    expect(await verifier.verify(made())).toEqual(ok);
    for (let index = 0; index < 30; index += 1) {
      expect(await verifier.verify(made({ ...stranger, kid: `unknown-${index}` }))).toEqual(unknownKey);
    }
    expect(await verifier.verify(made())).toEqual(ok);
    expect(server.requests).toEqual(['/keys', '/keys']);
  });

  test('after the pause that unknown keys cost, a new key is found', async () => {
    const verifier = verifierOf({ unknownKeySeconds: 0.05 });
    expect(await verifier.verify(made(second))).toEqual(unknownKey);
    server.documents.set('/keys', { keys: [jwk(second)] });
    const end = Date.now() + 10_000;
    let verdict = await verifier.verify(made(second));
    while (!verdict.ok && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      verdict = await verifier.verify(made(second));
    }
    expect(verdict).toEqual(ok);
  });

  test('a key that was withdrawn is refused an hour later at the latest', async () => {
    const verifier = verifierOf();
    expect(await verifier.verify(made())).toEqual(ok);
    server.documents.set('/keys', { keys: [jwk(second)] });
    now += HOUR - 1;
    expect(await verifier.verify(made())).toEqual(ok);
    now += 1;
    expect(await verifier.verify(made())).toEqual(unknownKey);
    expect(await verifier.verify(made(second))).toEqual(ok);
  });

  test('keys that cannot be fetched again stay good, and are tried for once a minute', async () => {
    const verifier = verifierOf();
    expect(await verifier.verify(made())).toEqual(ok);
    server.documents.delete('/keys');
    now += HOUR;
    expect(await verifier.verify(made())).toEqual(ok);
    now += 59_999;
    expect(await verifier.verify(made())).toEqual(ok);
    expect(server.requests).toHaveLength(2);
    now += 1;
    expect(await verifier.verify(made())).toEqual(ok);
    expect(server.requests).toHaveLength(3);
  });
});

describe('keys that cannot be had refuse nobody', () => {
  test('a server that is down, and up again', async () => {
    await server.stop();
    const verifier = verifierOf();
    await expect(verifier.verify(made())).rejects.toEqual(unavailable);
    await server.start();
    now += 1_000;
    expect(await verifier.verify(made())).toEqual(ok);
  });

  test('a server that is down is asked once a second', async () => {
    server.documents.delete('/keys');
    const verifier = verifierOf();
    for (let index = 0; index < 5; index += 1) {
      await expect(verifier.verify(made())).rejects.toEqual(unavailable);
    }
    expect(server.requests).toHaveLength(1);
    now += 1_000;
    await expect(verifier.verify(made())).rejects.toEqual(unavailable);
    expect(server.requests).toHaveLength(2);
  });

  test('a server that hangs is given up on in time', async () => {
    server.hang();
    const start = Date.now();
    await expect(verifierOf().verify(made())).rejects.toEqual(unavailable);
    expect(Date.now() - start).toBeLessThan(10_000);
  });

  test.each<[string, unknown]>([
    ['a page', '<html>maintenance</html>'],
    ['nothing', ''],
    ['no list', { keys: 'none' }],
    ['a key that is no object', { keys: [null] }],
    ['a key without a kind', { keys: [{ kid: 'first' }] }],
  ])('a server that answers with %s', async (_, document) => {
    server.documents.set('/keys', document);
    await expect(verifierOf().verify(made())).rejects.toEqual(unavailable);
  });

  test('C8 secrets: the error names the address, and nothing of the token', async () => {
    server.documents.delete('/keys');
    const text = made();
    const error: unknown = await verifierOf()
      .verify(text)
      .catch((thrown: unknown) => thrown);
    if (!(error instanceof Error)) throw new Error('it did not reject');
    const told = `${error.message} ${error.stack} ${String(error.cause)}`;
    expect(told).toContain(`${server.origin}/keys`);
    for (const piece of [...text.split('.'), 'alice', 'first']) expect(told).not.toContain(piece);
  });

  test('a token beside a good API key does not let the key decide meanwhile', async () => {
    server.documents.delete('/keys');
    const authenticator = createAuthenticator({
      mode: 'required',
      apiKeys: createApiKeys([{ hash: apiKeyHash('key') }]),
      tokens: verifierOf(),
      clock: { now: () => now },
    });
    await expect(authenticator.authenticate({ token: made(), apiKey: 'key' })).rejects.toEqual(unavailable);
  });
});

describe('without an address of keys the issuer’s configuration says where they are', () => {
  const discovering = () => createTokenVerifier([{ issuer, audience: 'app' }], { clock: { now: () => now } });
  const CONFIGURATION = '/tenant/.well-known/openid-configuration';

  test('and both are fetched once', async () => {
    server.documents.set(CONFIGURATION, { issuer, jwks_uri: `${server.origin}/keys` });
    const verifier = discovering();
    expect(await verifier.verify(made())).toEqual(ok);
    expect(await verifier.verify(made())).toEqual(ok);
    expect(server.requests).toEqual([CONFIGURATION, '/keys']);
  });

  test('an issuer whose name ends in a slash too', async () => {
    issuer = `${server.origin}/tenant/`;
    server.documents.set(CONFIGURATION, { issuer, jwks_uri: `${server.origin}/keys` });
    expect(await discovering().verify(made())).toEqual(ok);
  });

  test.each<[string, (origin: string) => unknown]>([
    ['is not there', () => undefined],
    ['is that of another issuer', (origin) => ({ issuer: `${origin}/else`, jwks_uri: `${origin}/keys` })],
    ['names no issuer', (origin) => ({ jwks_uri: `${origin}/keys` })],
    ['names no keys', (origin) => ({ issuer: `${origin}/tenant` })],
    [
      'names keys that anybody could change on their way',
      (origin) => ({ issuer: `${origin}/tenant`, jwks_uri: 'http://keys.example/keys' }),
    ],
    ['names a file', (origin) => ({ issuer: `${origin}/tenant`, jwks_uri: 'file:///etc/passwd' })],
    ['is no object', () => 'null'],
  ])('a configuration that %s gives no keys', async (_, document) => {
    server.documents.set(CONFIGURATION, document(server.origin));
    await expect(discovering().verify(made())).rejects.toEqual(unavailable);
    expect(server.requests).toEqual([CONFIGURATION]);
  });
});

test('keys are not fetched by plain http from another machine, whatever the configuration let through', async () => {
  const verifier = createTokenVerifier([
    { issuer: 'https://id.example', audience: 'app', jwksUri: 'http://id.example/keys' },
  ]);
  await expect(verifier.verify(made(first, { iss: 'https://id.example' }))).rejects.toMatchObject({
    code: 'AUTHENTICATION_UNAVAILABLE',
    message: expect.stringContaining('neither https nor of this machine'),
  });
});

test('an issuer elsewhere cannot have something on this machine asked, by what its configuration names', async () => {
  const asked: string[] = [];
  const tenant = 'https://tenant.example';
  const verifier = createTokenVerifier([{ issuer: tenant, audience: 'app' }], {
    fetch: async (uri) => {
      asked.push(uri);
      const document = uri.startsWith('https:')
        ? { issuer: tenant, jwks_uri: `${server.origin}/keys` }
        : { keys: [jwk(first)] };
      return new TextEncoder().encode(JSON.stringify(document)).buffer;
    },
  });
  await expect(verifier.verify(made(first, { iss: tenant }))).rejects.toEqual(unavailable);
  expect(asked).toEqual([`${tenant}/.well-known/openid-configuration`]);
});
