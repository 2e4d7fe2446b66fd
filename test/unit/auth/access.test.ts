import { expect, test } from '@jest/globals';
import { allowedItems, isAllowed, ownerFields, rulesInForce } from '../../../src/auth/access.ts';
import type { Identity } from '../../../src/auth/identity.ts';
import { loadModel } from '../../../src/schema/load.ts';
import type { TableType } from '../../../src/schema/model.ts';

const typeOf = (sdl: string): TableType => {
  const type = loadModel(sdl, { file: 'schema.graphql' }).types.get('Todo');
  if (!type) throw new Error('expected a type Todo');
  return type;
};
const ruled = (rule: string) =>
  typeOf(
    `type Todo @table(name: "Todos") @auth(rules: [${rule}]) { id: ID!  owner: String  teams: [String] }`,
  );
const settings = { defaultModes: ['userPools' as const] };

const NOBODY: Identity = { kind: 'anonymous', hash: 'h' };

test.each([
  ['{ allow: public }', 'all'],
  ['{ allow: private }', 'none'],
  ['{ allow: custom }', 'none'],
  ['{ allow: owner }', 'none'],
  ['{ allow: groups, groups: ["Admin"] }', 'none'],
])('C6 where authentication is off, somebody is let in by %s: %s', (rule, kind) => {
  expect(allowedItems(ruled(rule), 'listen', { identity: NOBODY, settings }).kind).toBe(kind);
});

test('C6 a name that is empty owns nothing, writes none, and is in no group', () => {
  const claims = { provider: 'userPools', issuer: 'i', subject: '', groups: [''] } as const;
  const reader = { identity: { kind: 'jwt', hash: 'h', claims } as const, settings };
  for (const rule of ['{ allow: owner }', '{ allow: groups, groupsField: "teams" }']) {
    expect(allowedItems(ruled(rule), 'listen', reader).kind).toBe('none');
    expect(ownerFields(ruled(rule), 'create', reader)).toEqual([]);
  }
});

test('C6 a name with half a surrogate pair, which no item has, owns nothing and keeps nobody from what else they are', () => {
  const claims = {
    provider: 'userPools',
    issuer: 'i',
    subject: 'a\ud800',
    groups: ['\udc00b', 'red'],
  } as const;
  const reader = { identity: { kind: 'jwt', hash: 'h', claims } as const, settings };
  expect(allowedItems(ruled('{ allow: owner }'), 'delete', reader).kind).toBe('none');
  expect(ownerFields(ruled('{ allow: owner }'), 'create', reader)).toEqual([]);
  expect(allowedItems(ruled('{ allow: groups, groupsField: "teams" }'), 'listen', reader)).toMatchObject({
    where: { operator: 'hasElement', values: ['red'] },
  });
});

test('C6 a static rule lets in for its own operations alone', () => {
  const rules = ruled('{ allow: public, operations: [create] }').access?.rules ?? [];
  const reader = { identity: { kind: 'api-key', hash: 'h' } as const, settings };
  expect(isAllowed(rules, 'create', reader)).toBe(true);
  expect(isAllowed(rules, 'listen', reader)).toBe(false);
});

test('C6 what is granted changes with the default modes where rules are for those, and with nothing else', () => {
  const [amplify, appSync] = [
    ruled('{ allow: private }').access,
    typeOf('type Todo @table(name: "Todos") { id: ID!  cost: Int @aws_iam }').access,
  ];
  if (!amplify || !appSync) throw new Error('expected rules');
  const under = (access: typeof amplify, ...defaultModes: ('apiKey' | 'userPools')[]) =>
    rulesInForce(access, { defaultModes });
  expect(under(amplify)).toBe(amplify.fingerprint);
  expect(under(amplify, 'apiKey')).toBe(amplify.fingerprint);
  expect(new Set([under(appSync), under(appSync, 'apiKey'), under(appSync, 'userPools')]).size).toBe(3);
  expect(under(appSync, 'apiKey', 'userPools', 'apiKey')).toBe(under(appSync, 'userPools', 'apiKey'));
});
