import { describe, expect, test } from '@jest/globals';
import {
  authorizationCredentials,
  httpCredentials,
  initCredentials,
  named,
  upgradeCredentials,
} from '../../../src/auth/credentials.ts';

const map = (entries: Record<string, unknown> = {}) => new Map(Object.entries(entries));
const texts = (entries: Record<string, string> = {}) => new Map(Object.entries(entries));

describe('credentials of an upgrade', () => {
  test.each<[string, Parameters<typeof upgradeCredentials>[0], object]>([
    ['none', { headers: texts({ host: 'h' }), query: texts() }, {}],
    ['a header', { headers: texts({ 'X-Api-Key': 'k' }), query: texts() }, { apiKey: 'k' }],
    ['a parameter', { headers: texts(), query: texts({ 'x-api-key': 'k' }) }, { apiKey: 'k' }],
    [
      'a header with a token',
      { headers: texts({ Authorization: 'Bearer t' }), query: texts() },
      { token: 'Bearer t' },
    ],
    ['a parameter with a token', { headers: texts(), query: texts({ authorization: 't' }) }, { token: 't' }],
    ['a parameter token', { headers: texts(), query: texts({ token: 't' }) }, { token: 't' }],
    [
      'AppSync’s header object with a key',
      { headers: texts(), query: texts(), appsyncHeader: map({ host: 'h', 'x-api-key': 'k' }) },
      { apiKey: 'k' },
    ],
    [
      'AppSync’s header object with a token',
      { headers: texts(), query: texts(), appsyncHeader: map({ Authorization: 't', host: 'h' }) },
      { token: 't' },
    ],
    [
      'a key and a token',
      { headers: texts({ 'x-api-key': 'k' }), query: texts({ token: 't' }) },
      { apiKey: 'k', token: 't' },
    ],
  ])('%s', (_, places, expected) => {
    expect(upgradeCredentials(places)).toEqual(expected);
  });

  test('AppSync’s header object comes before a header, a header before a parameter', () => {
    const query = texts({ 'x-api-key': 'k3', authorization: 't3', token: 't4' });
    const headers = texts({ 'x-api-key': 'k2', authorization: 't2' });
    const appsyncHeader = map({ 'X-Api-Key': 'k1', Authorization: 't1' });
    expect(upgradeCredentials({ headers, query, appsyncHeader })).toEqual({ apiKey: 'k1', token: 't1' });
    expect(upgradeCredentials({ headers, query })).toEqual({ apiKey: 'k2', token: 't2' });
    expect(upgradeCredentials({ headers: [], query })).toEqual({ apiKey: 'k3', token: 't3' });
  });

  test('the header token is no token: it is a parameter’s name', () => {
    expect(upgradeCredentials({ headers: texts({ token: 't' }), query: texts() })).toEqual({});
  });
});

test('connection_init carries a key or a token, in any case, of whatever type it came', () => {
  expect(initCredentials(map({ 'X-API-Key': 'k', other: 1 }))).toEqual({ apiKey: 'k' });
  expect(initCredentials(map({ Authorization: 'Bearer t' }))).toEqual({ token: 'Bearer t' });
  expect(initCredentials(map({ token: 't' }))).toEqual({ token: 't' });
  expect(initCredentials(map({ authorization: 't', token: 'u' }))).toEqual({ token: 't' });
  expect(initCredentials(map({ 'x-api-key': null, authorization: {} }))).toEqual({ apiKey: null, token: {} });
  expect(initCredentials(map())).toEqual({});
});

test('extensions.authorization of a start carries what AppSync’s clients put there', () => {
  expect(authorizationCredentials(map({ host: 'h', 'x-amz-user-agent': 'a', 'X-Api-Key': 'k' }))).toEqual({
    apiKey: 'k',
  });
  expect(authorizationCredentials(map({ Authorization: 't' }))).toEqual({ token: 't' });
  expect(authorizationCredentials(map({ token: 't' }))).toEqual({});
});

test('an HTTP request carries them in headers', () => {
  expect(httpCredentials(texts({ 'X-Api-Key': 'k', authorization: 'Bearer t' }))).toEqual({
    apiKey: 'k',
    token: 'Bearer t',
  });
  expect(httpCredentials([['x-api-key', undefined]])).toEqual({});
});

test('of several values of one name the first that is there counts', () => {
  expect(
    named(
      [
        ['A', undefined],
        ['a', '1'],
        ['A', '2'],
      ],
      'a',
    ),
  ).toBe('1');
  expect(named([], 'a')).toBeUndefined();
  expect(named(new Map([['constructor', '1']]), 'a')).toBeUndefined();
});
