import { describe, expect, jest, test } from '@jest/globals';
import { GraphQLError } from 'graphql';
import { createApiKeys } from '../../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../../src/auth/authenticator.ts';
import { type Authorize, createOwnTokens } from '../../../src/auth/own-tokens.ts';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';

const clock = createVirtualClock();
const check = (authorize: Authorize, claims: readonly string[] = []) =>
  createOwnTokens({ authorize, claims, clock });
/** Whatever a project in JavaScript may return. */
const answering = (answer: unknown) => check(() => JSON.parse(JSON.stringify(answer)));

describe('whom a project says a token speaks for', () => {
  test('is kept as of a Lambda authoriser, with the claims that rules read', async () => {
    const authorize: Authorize = async (token) => ({
      subject: token,
      username: 'al',
      groups: ['admins'],
      claims: { tenant: 'acme', secret: 'not named' },
      expiresAt: 1_800_000_000.9,
    });
    expect(await check(authorize, ['tenant']).verify('opaque')).toEqual({
      ok: true,
      identity: {
        kind: 'lambda',
        hash: expect.stringMatching(/^[\w-]{22}$/),
        claims: {
          provider: 'lambda',
          issuer: 'lambda',
          subject: 'opaque',
          username: 'al',
          groups: ['admins'],
          more: [['tenant', 'acme']],
        },
        expiresAt: 1_800_000_000,
      },
    });
  });

  test('is nobody for undefined and for a GraphQLError, whose message is told without the token', async () => {
    expect(await check(() => undefined).verify('opaque')).toEqual({
      ok: false,
      reason: 'a token that nobody knows',
    });
    const authorize: Authorize = (token) => {
      throw new GraphQLError(`blocked: ${token}, ${token}`);
    };
    expect(await check(authorize).verify('opaque')).toEqual({
      ok: false,
      reason: 'a token that was refused: blocked: (the token), (the token)',
    });
  });

  test('has as many groups as a token may have, and only names among them', async () => {
    const names = Array.from({ length: 120 }, (_, index) => `g${index}`);
    const groups = [7, null, { a: 1 }, '', 'x'.repeat(257), ...names];
    expect(await answering({ subject: 'a', groups }).verify('opaque')).toMatchObject({
      identity: { claims: { groups: names.slice(0, 100) } },
    });
  });

  test('is not asked about what is too long to be a token', async () => {
    const authorize = jest.fn<Authorize>();
    for (const token of ['x'.repeat(8193), 'ü'.repeat(4097)])
      expect(await check(authorize).verify(token)).toMatchObject({ ok: false });
    expect(authorize).not.toHaveBeenCalled();
  });
});

describe('a fault of the project refuses nobody for good, and lets nobody in', () => {
  const unavailable = { code: 'AUTHENTICATION_UNAVAILABLE' };

  test.each<[string, unknown]>([
    ['no subject', {}],
    ['an empty subject', { subject: '' }],
    ['a subject of another type', { subject: 7 }],
    ['text', 'alice'],
    ['true', true],
    ['an expiry as text', { subject: 'a', expiresAt: '1800000000' }],
    ['a negative expiry', { subject: 'a', expiresAt: -1 }],
    ['an expiry of null', { subject: 'a', expiresAt: null }],
    ['S9 an expiry in milliseconds', { subject: 'a', expiresAt: 1_800_000_000_000 }],
    ['a list', ['alice']],
  ])('%s', async (_, answer) => {
    await expect(answering(answer).verify('opaque')).rejects.toMatchObject(unavailable);
  });

  test('C8 what it throws is told without the token', async () => {
    const authorize: Authorize = (token) => Promise.reject(new TypeError(`cannot read ${token}`));
    const failed = check(authorize).verify('opaque-secret');
    await expect(failed).rejects.toMatchObject({
      ...unavailable,
      cause: { message: 'cannot read (the token)' },
    });
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('opaque-secret') });
  });

  test('S9 an expiry that is no number, or that is inherited and would be passed over', async () => {
    class Person {
      readonly subject = 'alice';
      get expiresAt() {
        return 1;
      }
    }
    const inherited: object = Object.create({ subject: 'admin' });
    for (const answer of [new Person(), { subject: 'a', expiresAt: Number.NaN }, inherited])
      await expect(check(() => answer as never).verify('opaque')).rejects.toMatchObject(unavailable);
  });

  test('S13 a subject that a claim called __proto__ would give', async () => {
    const claims: object = JSON.parse('{"__proto__":{"subject":"admin"}}');
    const answer = Object.assign({}, claims);
    await expect(check(() => answer as never).verify('opaque')).rejects.toMatchObject(unavailable);
  });

  test('C8 an error whose message or name is no text, or is the token', async () => {
    const odd = [
      Object.assign(new Error(), { message: 7 }),
      Object.assign(new Error(), { message: { a: 1 }, name: null }),
      Object.assign(new Error(), { message: Object.create(null) }),
      Object.assign(new Error('x'), { name: 'opaque' }),
      'opaque',
    ];
    for (const thrown of odd) {
      const failed = check(() => Promise.reject(thrown)).verify('opaque');
      await expect(failed).rejects.toMatchObject(unavailable);
      await expect(failed).rejects.not.toMatchObject({ cause: { name: 'opaque' } });
    }
  });

  test('C8 an answer that throws when it is read, and repeats the token', async () => {
    const says = () => {
      throw new Error('opaque');
    };
    const answers = [
      Object.defineProperty({}, 'subject', { enumerable: true, get: says }),
      Object.defineProperty({ subject: 'alice' }, 'claims', { enumerable: true, get: says }),
      new Proxy({ subject: 'alice' }, { ownKeys: says }),
    ];
    for (const answer of answers) {
      const failed = check(() => answer as never).verify('opaque');
      await expect(failed).rejects.toMatchObject(unavailable);
      await expect(failed).rejects.toMatchObject({ cause: { message: '(the token)' } });
    }
  });

  test('no answer in five seconds', async () => {
    const started = clock.now();
    const verdict = check(() => new Promise(() => {})).verify('opaque');
    await expect(clock.run(verdict)).rejects.toMatchObject(unavailable);
    expect(clock.now() - started).toBe(5_000);
  });
});

describe('beside issuers', () => {
  const tokens: TokenVerifier = {
    verify: async (token) =>
      token.startsWith('known')
        ? { ok: false, reason: 'a token whose signature is wrong' }
        : { ok: false, reason: 'a malformed token', isForeign: true },
  };
  const authenticator = (authorize: Authorize) =>
    createAuthenticator({
      mode: 'required',
      apiKeys: createApiKeys([]),
      tokens,
      ownTokens: check(authorize),
      clock,
    });

  test('it is asked for tokens that name none of them, and never for a bad one of theirs', async () => {
    const authorize = jest.fn<Authorize>(() => ({ subject: 'alice' }));
    const { authenticate } = authenticator(authorize);
    expect(await authenticate({ token: 'Bearer opaque' })).toMatchObject({ kind: 'identified' });
    expect(authorize.mock.calls).toEqual([['opaque']]);
    expect(await authenticate({ token: 'known-and-bad' })).toMatchObject({ kind: 'refused' });
    expect(await authenticate({ token: 'AWS4-HMAC-SHA256 Credential=AKIA' })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('use an API key, a token, or a URL signed'),
    });
    expect(authorize).toHaveBeenCalledTimes(1);
  });

  test('S9 what it says has expired is an expired token', async () => {
    const { authenticate } = authenticator(() => ({ subject: 'alice', expiresAt: clock.now() / 1000 }));
    expect(await authenticate({ token: 'opaque' })).toMatchObject({ kind: 'refused', isExpired: true });
  });
});
