import { describe, expect, test } from '@jest/globals';
import { apiKeyHash, createApiKeys } from '../../../src/auth/api-keys.ts';

const NOW = Date.UTC(2026, 0, 1);
const SECONDS = NOW / 1000;
const unknown = { kind: 'refused', reason: 'an unknown API key' };
const entry = (key: string, expiresAt?: number) => ({
  hash: apiKeyHash(key),
  ...(expiresAt !== undefined && { expiresAt }),
});
const hashOf = (keys: ReturnType<typeof createApiKeys>, key: string) => {
  const verdict = keys.identityOf(key, NOW);
  return verdict.kind === 'identified' ? verdict.identity.hash : undefined;
};

describe('API keys', () => {
  test('each of several keys is known, and each has its own identity', () => {
    const keys = createApiKeys([entry('one'), entry('two')]);
    const [one, two] = [hashOf(keys, 'one'), hashOf(keys, 'two')];
    expect(one).toMatch(/^[\w-]{22}$/);
    expect(two).toMatch(/^[\w-]{22}$/);
    expect(one).not.toBe(two);
    expect(keys.identityOf('one', NOW)).toEqual({
      kind: 'identified',
      identity: { kind: 'api-key', hash: one },
    });
  });

  test('anything else is unknown: another key, a prefix, another case, the hash itself, nothing', () => {
    const keys = createApiKeys([entry('one')]);
    for (const key of ['two', 'on', 'One', 'one ', apiKeyHash('one'), '']) {
      expect(keys.identityOf(key, NOW)).toEqual(unknown);
    }
  });

  test('with no keys configured every key is refused, the empty one too', () => {
    const keys = createApiKeys([]);
    expect(keys.identityOf('', NOW)).toEqual(unknown);
    expect(keys.identityOf('anything', NOW)).toEqual(unknown);
  });

  test('C8 secrets: an identity tells neither the key nor its stored hash', () => {
    const identity = hashOf(createApiKeys([entry('one')]), 'one') ?? '';
    expect(identity).not.toBe('');
    expect(apiKeyHash('one')).not.toContain(identity);
    expect(Buffer.from(apiKeyHash('one'), 'hex').toString('base64url')).not.toContain(identity);
  });

  test('a key is good until the second it expires in, and its identity says when', () => {
    const keys = createApiKeys([entry('one', SECONDS), entry('two')]);
    expect(keys.identityOf('one', NOW - 1)).toMatchObject({
      kind: 'identified',
      identity: { expiresAt: SECONDS },
    });
    expect(keys.identityOf('one', NOW)).toEqual({ kind: 'refused', reason: 'an expired API key' });
    expect(keys.identityOf('two', NOW)).toMatchObject({ kind: 'identified' });
  });

  test('of a key that is listed twice the later expiry counts, in whatever order and case', () => {
    const upper = { hash: apiKeyHash('one').toUpperCase(), expiresAt: SECONDS + 60 };
    for (const entries of [
      [entry('one', SECONDS), upper],
      [upper, entry('one', SECONDS)],
    ]) {
      expect(createApiKeys(entries).identityOf('one', NOW)).toMatchObject({
        identity: { expiresAt: SECONDS + 60 },
      });
    }
    const endless = createApiKeys([entry('one'), entry('one', SECONDS)]).identityOf('one', NOW);
    expect(endless).toMatchObject({ kind: 'identified' });
    expect(endless).not.toMatchObject({ identity: { expiresAt: expect.anything() } });
  });

  test('a configured value that is no SHA-256 or no time is an error that names its place and does not repeat it', () => {
    expect(() => createApiKeys([entry('one'), { hash: 'my-plain-secret' }])).toThrow(
      'API key hash 2: expected 64 hex digits',
    );
    expect(() => createApiKeys([{ hash: 'my-plain-secret' }])).not.toThrow('my-plain-secret');
    for (const expiresAt of [Number.NaN, -1]) {
      expect(() => createApiKeys([entry('one', expiresAt)])).toThrow('API key hash 1: expected its expiry');
    }
  });
});
