import { expect, test } from '@jest/globals';
import { accessOf, todo } from './told.ts';

const base = todo(
  '{allow: owner}, {allow: groups, groups: ["A", "B"]}, {allow: private, operations: [read]}',
);
const of = (sdl: string) => accessOf(sdl, 'Todo').fingerprint;

test('a fingerprint is 128 bits, and the same however the same rules are written', () => {
  expect(of(base)).toMatch(/^[\w-]{22}$/);
  const again = todo(
    '{operations: [listen, list, get], provider: userPools, allow: private}, {allow: groups, groups: ["B", "A"]}, ' +
      '{allow: owner, ownerField: "owner"}, {allow: owner}',
  );
  expect(of(again)).toBe(of(base));
  expect(of(`${base} type Other @table @auth(rules: [{allow: public}]) { id: ID! }`)).toBe(of(base));
});

test('a fingerprint is another with any other rule of the type, of its fields, or of no type of items', () => {
  const others = [
    todo('{allow: owner}, {allow: groups, groups: ["A", "B"]}'),
    todo('{allow: owner}, {allow: groups, groups: ["A"]}, {allow: private, operations: [read]}'),
    todo('{allow: owner}, {allow: groups, groups: ["A", "B"]}, {allow: private, operations: [get, list]}'),
    todo(
      '{allow: owner}, {allow: groups, groups: ["A", "B"]}, {allow: private, provider: oidc, operations: [read]}',
    ),
    base.replace('owner}', 'owner, identityClaim: "sub"}'),
    base.replace('owner}', 'owner, ownerField: "title"}'),
    base.replace('groups: ["A", "B"]', 'groups: ["A", "B"], groupClaim: "roles"'),
    base.replace('title: String', 'title: String @auth(rules: [{allow: private}])'),
    base.replace('title: String', 'title: String @auth(rules: [{allow: private, provider: oidc}])'),
    `${base} type Query { a: String @auth(rules: [{allow: private}]) }`,
    `${base} type Query { a: String @auth(rules: [{allow: public}]) }`,
    `${base} type Query { b: String @auth(rules: [{allow: public}]) }`,
  ];
  expect(new Set([base, ...others].map(of)).size).toBe(others.length + 1);
});
