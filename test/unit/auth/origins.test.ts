import { describe, expect, test } from '@jest/globals';
import { ANY_ORIGIN, isOriginAllowed, readOrigins } from '../../../src/auth/origins.ts';

const APP = 'https://app.example.com';
const allowed = new Set([APP, 'http://localhost:5173', 'capacitor://localhost']);
const rules = { allowed, missing: 'refuse' } as const;

describe('S1 a page of an origin that is listed may connect', () => {
  test.each([
    APP,
    'HTTPS://APP.EXAMPLE.COM',
    'https://App.Example.com',
    'http://localhost:5173',
    'capacitor://localhost',
  ])('%s', (origin) => {
    expect(isOriginAllowed(rules, [origin])).toBe(true);
  });
});

describe('S1 a page of any other may not', () => {
  test.each([
    'null',
    '',
    ' ',
    '*',
    'https://example.com',
    'https://evil.example.com',
    'https://app.example.com.evil.com',
    'https://evil-app.example.com',
    'https://app.example.comevil.com',
    'https://evil.com/https://app.example.com',
    'https://evil.com?https://app.example.com',
    'https://evil.com#https://app.example.com',
    'http://app.example.com',
    'wss://app.example.com',
    '//app.example.com',
    'app.example.com',
    'https://app.example.com.',
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://app.example.com:443',
    'https://app.example.com:8443',
    'https://app.example.com@evil.com',
    'https://user@app.example.com',
    'https://user:pass@app.example.com',
    'https://app.example.com\\@evil.com',
    ' https://app.example.com',
    'https://app.example.com ',
    'https://app.example.com\u0000',
    'https://app.example.com\u200b',
    'https://\u0430pp.example.com',
    'https://app\u3002example.com',
    'https://app.example.\u212aom',
    'https://xn--pp-6kc.example.com',
    'https://app.example.com, https://evil.com',
    'https://app.example.com https://evil.com',
    'https://app%2eexample.com',
    'https:app.example.com',
    'http://localhost',
    'http://localhost:51730',
    'http://127.0.0.1:5173',
    'file://',
    'chrome-extension://app.example.com',
  ])('%j', (origin) => {
    expect(isOriginAllowed(rules, [origin])).toBe(false);
  });

  test('nor one that sends several, be they good ones', () => {
    expect(isOriginAllowed(rules, [APP, 'https://evil.com'])).toBe(false);
    expect(isOriginAllowed(rules, ['https://evil.com', APP])).toBe(false);
    expect(isOriginAllowed(rules, [APP, APP])).toBe(false);
  });

  test('a capital that is no ASCII is not made one', () => {
    const kelvin = { allowed: new Set(['https://kiosk.example.com']), missing: 'refuse' } as const;
    expect(isOriginAllowed(kelvin, ['https://\u212aiosk.example.com'])).toBe(false);
  });
});

test('an upgrade without an origin goes by its own setting', () => {
  expect(isOriginAllowed(rules, [])).toBe(false);
  expect(isOriginAllowed({ allowed, missing: 'allow' }, [])).toBe(true);
  expect(isOriginAllowed({ allowed, missing: 'allow' }, ['https://evil.com'])).toBe(false);
});

test('without a list every page may connect, as no page has a credential it did not ask for', () => {
  for (const origins of [[], ['null'], ['https://evil.com'], [APP, APP]]) {
    expect(isOriginAllowed(ANY_ORIGIN, origins)).toBe(true);
  }
});

test('a list is of origins as browsers write them, and the entry that is none is told', () => {
  expect(readOrigins([])).toEqual({ allowed: '*' });
  expect(readOrigins(['*'])).toEqual({ allowed: '*' });
  expect(readOrigins([APP, 'capacitor://localhost'])).toEqual({
    allowed: new Set([APP, 'capacitor://localhost']),
  });
  for (const bad of [
    'https://app.example.com/',
    'https://app.example.com:443',
    'https://*.example.com',
    'HTTPS://app.example.com',
    'app.example.com',
    'null',
    'https://user@app.example.com',
    'https://b\u00fccher.example',
  ]) {
    expect(readOrigins([APP, bad])).toEqual({ invalid: bad });
  }
  expect(readOrigins([APP, '*'])).toEqual({ invalid: '*' });
});
