import { describe, expect, test } from '@jest/globals';
import { DEFAULT_IDENTITY_CLAIM, groupTexts, ownerTexts } from '../../../src/auth/claim-values.ts';
import type { Claims } from '../../../src/auth/identity.ts';

const claims = (given: Partial<Claims>): Claims => ({
  provider: 'userPools',
  issuer: 'https://issuer.example',
  subject: 'u1',
  ...given,
});

describe('what an item may call its owner', () => {
  test.each([
    ['the subject and the username together, or the subject alone', { username: 'bob' }, ['u1::bob', 'u1']],
    ['the subject alone where there is no username', {}, ['u1']],
    ['never two names that a separator inside could be read apart otherwise', { username: 'a::b' }, ['u1']],
    ['no first name that ends with half of it', { subject: 'a:', username: 'b' }, ['a:']],
    ['no second name that begins with half of it', { subject: 'a', username: ':b' }, ['a']],
    [
      'halves at either end, which are read in one way alone',
      { subject: ':a', username: 'b:' },
      [':a::b:', ':a'],
    ],
    ['no name of which a part is empty', { subject: '', username: 'b' }, ['']],
    ['no subject that reads as the two together', { subject: 'u1::bob' }, []],
    [
      'an ARN, which reads as nobody else',
      { provider: 'iam' as const, subject: 'arn:aws:iam::1:user/x' },
      ['arn:aws:iam::1:user/x'],
    ],
  ])('by default: %s', (_, given, texts) => {
    expect(ownerTexts(claims(given), DEFAULT_IDENTITY_CLAIM)).toEqual(texts);
  });

  test.each([
    ['sub', { username: 'bob' }, ['u1']],
    ['username', { username: 'bob' }, ['bob']],
    ['cognito:username', { username: 'bob' }, ['bob']],
    ['username', {}, []],
    ['tenant', { more: [['tenant', 't1']] as const }, ['t1']],
    ['tenant', { more: [['tenant', '']] as const }, []],
    ['tenant', { more: [['tenant', ['t1']]] as const }, []],
    ['tenant::sub', { more: [['tenant', 't1']] as const }, ['t1::u1']],
    ['tenant::sub', {}, []],
    ['__proto__', {}, []],
  ])('by %s', (claim, given, texts) => {
    expect(ownerTexts(claims(given), claim)).toEqual(texts);
  });

  test('nobody without claims owns anything or is in any group', () => {
    expect(ownerTexts(undefined, 'sub')).toEqual([]);
    expect(groupTexts(undefined, 'groups')).toEqual([]);
  });
});

test('groups are read from the claim that a rule names', () => {
  const given = claims({
    groups: ['A'],
    more: [
      ['roles', ['R']],
      ['role', 'S'],
    ],
  });
  expect(groupTexts(given, 'cognito:groups')).toEqual(['A']);
  expect(groupTexts(given, 'groups')).toEqual(['A']);
  expect(groupTexts(given, 'roles')).toEqual(['R']);
  expect(groupTexts(given, 'role')).toEqual(['S']);
  expect(groupTexts(given, 'none')).toEqual([]);
});
