import { describe, expect, test } from '@jest/globals';
import { parseIssuers, readIssuers } from '../../../src/auth/issuers.ts';

const POOL = { userPoolId: 'eu-west-1_AbCdEf123', clientId: 'client' };
const OIDC = { issuer: 'https://id.example.com/tenant', audience: 'app' };
const invalid = (words: string) =>
  expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(words) });

describe('issuers of tokens', () => {
  test.each<[string, readonly object[]]>([
    ['none', []],
    ['OpenID Connect', [OIDC]],
    ['OpenID Connect, with the address of its keys', [{ ...OIDC, jwksUri: 'https://keys.example.com/keys' }]],
    ['several audiences', [{ ...OIDC, audience: ['app', 'app-2'] }]],
    ['a user pool', [POOL]],
    ['a user pool, access tokens alone', [{ ...POOL, clientId: ['a', 'b'], tokenUse: 'access' }]],
    ['a user pool of another partition', [{ ...POOL, userPoolId: 'us-gov-west-1_AbCdEf123' }]],
    ['both, and another', [OIDC, POOL, { ...OIDC, issuer: 'https://id.example.com/other' }]],
    [
      'one on this machine',
      [{ ...OIDC, issuer: 'http://localhost:8080', jwksUri: 'http://127.0.0.1:1/keys' }],
    ],
    ['one on this machine, by IPv6', [{ ...OIDC, issuer: 'http://[::1]:8080' }]],
  ])('%s', (_, issuers) => {
    expect(readIssuers(issuers, 'jwt')).toEqual(issuers);
    expect(parseIssuers(JSON.stringify(issuers), 'TABLECAST_JWT')).toEqual(issuers);
  });

  test.each<[unknown, string]>([
    [OIDC, 'jwt: expected a list of issuers, got object'],
    ['https://id.example.com', 'jwt: expected a list of issuers, got string'],
    [[null], 'jwt[0]: expected an object with issuer, audience'],
    [['https://id.example.com'], 'got string'],
    [[{}], 'got neither issuer nor userPoolId'],
    [[OIDC, { ...POOL, issuer: OIDC.issuer }], 'jwt[1].issuer: expected only userPoolId, clientId, tokenUse'],
    [[{ ...OIDC, clientId: 'a' }], 'jwt[0].clientId: expected only issuer, audience, jwksUri'],
    [[{ issuer: OIDC.issuer }], 'jwt[0].audience: expected a text, or a list of one or more, got undefined'],
    [[{ ...OIDC, audience: [] }], 'jwt[0].audience'],
    [[{ ...OIDC, audience: '' }], 'jwt[0].audience'],
    [[{ ...OIDC, audience: ['app', null] }], 'jwt[0].audience'],
    [[{ ...OIDC, issuer: 'id.example.com' }], 'jwt[0].issuer: expected an https URL'],
    [[{ ...OIDC, issuer: 7 }], 'got no URL'],
    [[{ ...OIDC, issuer: 'http://id.example.com' }], 'got "http://id.example.com"'],
    [[{ ...OIDC, issuer: 'http://localhost.example.com' }], 'jwt[0].issuer'],
    [[{ ...OIDC, issuer: 'http://127.0.0.1.example.com' }], 'jwt[0].issuer'],
    [[{ ...OIDC, issuer: 'http://0.0.0.0' }], 'jwt[0].issuer'],
    [[{ ...OIDC, issuer: 'file:///etc/passwd' }], 'jwt[0].issuer'],
    [[{ ...OIDC, issuer: 'https://id.example.com?a=b' }], 'without query and fragment'],
    [[{ ...OIDC, jwksUri: 'http://keys.example.com' }], 'jwt[0].jwksUri: expected an https URL'],
    [[{ userPoolId: POOL.userPoolId }], 'jwt[0].clientId'],
    [[{ ...POOL, userPoolId: 'AbCdEf123' }], 'jwt[0].userPoolId: expected a user pool id such as'],
    [[{ ...POOL, userPoolId: 'eu-west-1_../x' }], 'jwt[0].userPoolId'],
    [[{ ...POOL, tokenUse: 'refresh' }], 'jwt[0].tokenUse: expected id or access, got "refresh"'],
    [[OIDC, { ...OIDC, audience: 'app-2' }], 'jwt[1]: expected each issuer once'],
    [[POOL, { ...POOL, clientId: 'b' }], 'jwt[1]: expected each issuer once'],
  ])('%j is told by its place', (value, words) => {
    expect(() => readIssuers(value, 'jwt')).toThrow(invalid(words));
  });

  test('text that is no JSON is an error that does not repeat it', () => {
    expect(() => parseIssuers('{secret', 'TABLECAST_JWT')).toThrow(
      invalid('TABLECAST_JWT: expected a JSON array of issuers, got text that is no JSON'),
    );
  });

  test('C8 secrets: a password in an address is not repeated', () => {
    expect(() => readIssuers([{ ...OIDC, issuer: 'https://user:secret@id.example.com' }], 'jwt')).toThrow(
      invalid(
        'jwt[0].issuer: expected an https URL, or an http one of this machine (localhost), got one with a user name',
      ),
    );
    expect(() => readIssuers([{ ...OIDC, issuer: 'ftp://user:secret@id.example.com' }], 'jwt')).not.toThrow(
      /secret/,
    );
  });
});
