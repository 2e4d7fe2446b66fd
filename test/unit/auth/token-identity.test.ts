import { describe, expect, test } from '@jest/globals';
import { identityText, parseIdentity } from '../../../src/adapters/dynamodb/identity-text.ts';
import type { Identity } from '../../../src/auth/identity.ts';
import { tokenIdentity } from '../../../src/auth/token-identity.ts';

const SOURCE = { issuer: 'https://id.example.com', provider: 'oidc', claims: [] } as const;
const PAYLOAD = { sub: 'alice', exp: 2_000_000_000 };
const claimsOf = (payload: object, names: readonly string[] = []) => {
  const verdict = tokenIdentity({ ...PAYLOAD, ...payload }, { ...SOURCE, claims: names });
  if (!verdict.ok) throw new Error(verdict.reason);
  return verdict.identity.claims;
};

test('what is kept of a token', () => {
  const payload = {
    ...PAYLOAD,
    'cognito:username': 'al',
    'cognito:groups': ['admins'],
    scope: 'read',
    iat: 1_900_000_000.5,
    email: 'a@example.com',
  };
  expect(tokenIdentity(payload, { ...SOURCE, provider: 'userPools' })).toEqual({
    ok: true,
    identity: {
      kind: 'jwt',
      hash: expect.stringMatching(/^[\w-]{22}$/),
      claims: {
        provider: 'userPools',
        issuer: SOURCE.issuer,
        subject: 'alice',
        username: 'al',
        groups: ['admins'],
        scope: 'read',
      },
      issuedAt: 1_900_000_000,
      expiresAt: 2_000_000_000,
    },
  });
});

test.each([1_800_000_000_000, 1e300, Number.POSITIVE_INFINITY, Number.NaN, -1])(
  'S9 an expiry of %p is no time in seconds: such a token would never expire',
  (exp) => {
    expect(tokenIdentity({ ...PAYLOAD, exp }, SOURCE)).toEqual({
      ok: false,
      reason: 'a token whose expiry is no time in epoch seconds',
    });
  },
);

test('a name that users choose themselves is never their username', () => {
  expect(claimsOf({ preferred_username: 'admin', nickname: 'admin' })).not.toHaveProperty('username');
  expect(claimsOf({ preferred_username: 'admin', username: 'al' })).toMatchObject({ username: 'al' });
});

describe('further claims', () => {
  test('are those of the names that rules read', () => {
    expect(
      claimsOf({ tenant: 'acme', roles: ['a', 'b'], email: 'e' }, ['tenant', 'roles', 'none'])?.more,
    ).toEqual([
      ['tenant', 'acme'],
      ['roles', ['a', 'b']],
    ]);
    expect(claimsOf({ tenant: 'acme' })).not.toHaveProperty('more');
  });

  test('are text of 1 to 256 bytes, or up to 100 of them, and never part of a text', () => {
    const names = ['c'];
    expect(claimsOf({ c: 'x'.repeat(256) }, names)?.more).toEqual([['c', 'x'.repeat(256)]]);
    for (const c of ['x'.repeat(257), 'ü'.repeat(129), '', 7, true, null, { a: 'b' }]) {
      expect(claimsOf({ c }, names)).not.toHaveProperty('more');
    }
    const list = [
      '',
      'x'.repeat(257),
      7,
      null,
      ['a'],
      ...Array.from({ length: 150 }, (_, index) => `${index}`),
    ];
    expect(claimsOf({ c: list }, names)?.more).toEqual([
      ['c', Array.from({ length: 100 }, (_, index) => `${index}`)],
    ]);
  });

  test('are own ones alone, whatever they are called', () => {
    const names = ['constructor', 'toString', '__proto__'];
    expect(claimsOf({}, names)).not.toHaveProperty('more');
    const own: object = JSON.parse('{"__proto__":"x","toString":"y"}');
    expect(claimsOf(own, names)?.more).toEqual([
      ['toString', 'y'],
      ['__proto__', 'x'],
    ]);
  });
});

describe('in the relay table', () => {
  const identity: Identity = {
    kind: 'lambda',
    hash: 'hash',
    claims: {
      provider: 'lambda',
      issuer: 'lambda',
      subject: 'alice',
      username: 'al',
      groups: ['admins'],
      scope: 'read',
      more: [
        ['tenant', 'acme'],
        ['roles', ['x', 'y']],
      ],
    },
    issuedAt: 1,
    expiresAt: 2,
  };

  test.each(['jwt', 'iam', 'lambda'] as const)('an identity of kind %s is read as it was written', (kind) => {
    expect(parseIdentity(identityText({ ...identity, kind }))).toEqual({ ...identity, kind });
  });

  test('one whose way of proof is not told, or not known, is nobody', () => {
    const text = identityText(identity);
    expect(parseIdentity(text.replace('"provider":"lambda",', ''))).toBeUndefined();
    expect(parseIdentity(text.replace('"provider":"lambda"', '"provider":"apiKey"'))).toBeUndefined();
    expect(parseIdentity(text.replace('"kind":"lambda"', '"kind":"other"'))).toBeUndefined();
  });
});
