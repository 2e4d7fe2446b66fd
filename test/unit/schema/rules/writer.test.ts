import { describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../../src/schema/load.ts';
import { problemsOf } from '../problem-cases.ts';

/** Where the owner is to be changed by the owner alone, and is whoever wrote last. */
function post(rules: string, of: { readonly owner: string; readonly writer: string }): string {
  return `type Post @table(writer: "${of.writer}") @auth(rules: [${rules}]) {
    id: ID!
    title: String
    owner: String ${of.owner}
    by: String @auth(rules: [{ allow: groups, groups: ["Admin"] }])
    draft: String @auth(rules: [{ allow: owner }])
  }`;
}

const OWN = '@auth(rules: [{ allow: owner }, { allow: private, operations: [read] }])';
const READ = '{ allow: private, operations: [read] }';

describe('C6 a writer who is the owner by rules', () => {
  test.each([
    ['everybody', `{ allow: owner }, { allow: private, operations: [update] }`],
    ['a group', `{ allow: owner }, { allow: groups, groups: ["Editors"] }`],
    ['whom an authoriser lets in', `${READ}, { allow: custom, operations: [update] }`],
    ['who is in the group that the field names', `{ allow: groups, groupsField: "owner" }`],
  ])('is refused where %s may update, and so become it, against the rules of the field', (_, rules) => {
    expect(problemsOf(post(rules, { owner: OWN, writer: 'owner' }))).toEqual([
      expect.stringMatching(
        /^4:19 Post\.owner: expected @table\(writer:\) to name a field that no rule compares with claims, .* got @auth\(.*\) on it$/,
      ),
    ]);
  });

  test.each([
    ['the owner alone may update', `{ allow: owner }, ${READ}`, { owner: OWN, writer: 'owner' }],
    [
      'the field has no rules that would be passed by',
      '{ allow: owner }, { allow: groups, groups: ["Editors"] }',
      { owner: '', writer: 'owner' },
    ],
    ['no rule looks at the writer', '{ allow: owner }, { allow: private }', { owner: OWN, writer: 'by' }],
  ])('is none where %s', (_, rules, of) => {
    expect(() => loadModel(post(rules, of))).not.toThrow();
  });
});
