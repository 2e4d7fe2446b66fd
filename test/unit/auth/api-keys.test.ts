import { describe, expect, test } from '@jest/globals';
import { apiKeyHash, createApiKeys } from '../../../src/auth/api-keys.ts';

describe('API keys', () => {
  test('each of several keys is known, and each has its own identity', () => {
    const keys = createApiKeys([apiKeyHash('one'), apiKeyHash('two')]);
    const one = keys.identityOf('one');
    const two = keys.identityOf('two');
    expect(one).toMatch(/^[\w-]{22}$/);
    expect(two).toMatch(/^[\w-]{22}$/);
    expect(one).not.toBe(two);
    expect(keys.identityOf('one')).toBe(one);
  });

  test('anything else is unknown: another key, a prefix, another case, the hash itself, nothing', () => {
    const keys = createApiKeys([apiKeyHash('one')]);
    for (const key of ['two', 'on', 'One', 'one ', apiKeyHash('one'), '']) {
      expect(keys.identityOf(key)).toBeUndefined();
    }
  });

  test('with no keys configured every key is refused, the empty one too', () => {
    const keys = createApiKeys([]);
    expect(keys.identityOf('')).toBeUndefined();
    expect(keys.identityOf('anything')).toBeUndefined();
  });

  test('C8 secrets: an identity tells neither the key nor its stored hash', () => {
    const identity = createApiKeys([apiKeyHash('one')]).identityOf('one') ?? '';
    expect(apiKeyHash('one')).not.toContain(identity);
    expect(Buffer.from(apiKeyHash('one'), 'hex').toString('base64url')).not.toContain(identity);
  });

  test('a configured value that is no SHA-256 is an error that names its place and does not repeat it', () => {
    expect(() => createApiKeys([apiKeyHash('one'), 'my-plain-secret'])).toThrow(
      'API key hash 2: expected 64 hex digits',
    );
    expect(() => createApiKeys(['my-plain-secret'])).not.toThrow('my-plain-secret');
  });
});
