import { describe, expect, test } from '@jest/globals';
import { apiKeyEntryText, parseApiKey, parseApiKeyEntries } from '../../../src/auth/api-key-text.ts';
import { apiKeyHash } from '../../../src/auth/api-keys.ts';

const hash = apiKeyHash('secret-key');
const thrownBy = (work: () => unknown): Error => {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
};

describe('a key as a project writes it', () => {
  test('a key alone does not expire, space around it does not count', () => {
    expect(parseApiKey('secret-key')).toEqual({ hash });
    expect(parseApiKey(' secret-key\n')).toEqual({ hash });
  });

  test.each<[string, number]>([
    ['2027-06-30', Date.UTC(2027, 5, 30)],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
    ['2027-06-30T12:30', Date.UTC(2027, 5, 30, 12, 30)],
    ['2027-06-30T12:30:15', Date.UTC(2027, 5, 30, 12, 30, 15)],
    ['2027-06-30T12:30:15.999Z', Date.UTC(2027, 5, 30, 12, 30, 15)],
    ['2027-06-30T12:30Z', Date.UTC(2027, 5, 30, 12, 30)],
    ['2027-06-30T12:30+02:00', Date.UTC(2027, 5, 30, 10, 30)],
    ['2027-06-30T23:30-05:30', Date.UTC(2027, 6, 1, 5)],
  ])('it expires at %s, whatever the time zone here', (text, ms) => {
    expect(parseApiKey(`secret-key;expires=${text}`)).toEqual({ hash, expiresAt: ms / 1000 });
    expect(parseApiKey(`secret-key ; expires=${text} `)).toEqual({ hash, expiresAt: ms / 1000 });
  });

  test.each([
    '',
    ' ',
    ';expires=2027-06-30',
    'secret-key;',
    'secret-key;expire=2027-06-30',
    'secret-key;expires=',
    'secret-key;expires=soon',
    'secret-key;expires=2027',
    'secret-key;expires=2027-6-30',
    'secret-key;expires=2027-02-29',
    'secret-key;expires=2027-02-30',
    'secret-key;expires=2027-13-01',
    'secret-key;expires=2027-06-30T25:00',
    'secret-key;expires=2027-06-30 12:00',
    'secret-key;expires=1814356800',
    'secret-key;expires=0000-01-01',
    'secret-key;expires=2027-06-30;expires=2028-06-30',
    'secret-key;secret-part',
  ])('C8 secrets: %j is refused without being repeated', (text) => {
    const error = thrownBy(() => parseApiKey(text));
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('API key: expected'),
    });
    expect(error.message).not.toContain('secret');
  });
});

describe('TABLECAST_API_KEY_HASHES', () => {
  test('what is written is read again', () => {
    const entries = [parseApiKey('one'), parseApiKey('two;expires=2027-06-30')];
    expect(parseApiKeyEntries(entries.map(apiKeyEntryText).join(','))).toEqual(entries);
  });

  test('space, empty entries and the case of the digits do not count', () => {
    expect(parseApiKeyEntries(` ${hash.toUpperCase()} ,, ${hash}@1814356800,`)).toEqual([
      { hash },
      { hash, expiresAt: 1_814_356_800 },
    ]);
    expect(parseApiKeyEntries('')).toEqual([]);
  });

  test.each([
    'my-plain-secret',
    `${hash}@`,
    `${hash}@soon`,
    `${hash}@-1`,
    `${hash}@1@2`,
    `${hash}0`,
    `${hash};1`,
  ])('C8 secrets: %s is an error that names its place and repeats nothing', (bad) => {
    const error = thrownBy(() => parseApiKeyEntries(`${hash},${bad}`));
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('TABLECAST_API_KEY_HASHES, entry 2: expected 64 hex digits'),
    });
    expect(error.message).not.toContain('secret');
    expect(error.message).not.toContain(hash);
  });
});
