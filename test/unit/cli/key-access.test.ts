import { expect, test } from '@jest/globals';
import { isKeyLetIn } from '../../../src/cli/key-access.ts';
import { loadModel } from '../../../src/schema/load.ts';

const note = (rules: string) =>
  loadModel(`type Note @table(name: "Notes") ${rules} { id: ID! owner: String }`);

test.each([
  ['there are no rules', note(''), true],
  ['a rule is for it', note('@auth(rules: [{allow: owner}, {allow: public}])'), true],
  ['a rule for it allows writes alone', note('@auth(rules: [{allow: public, operations: [create]}])'), false],
  ['rules are for owners alone', note('@auth(rules: [{allow: owner}])'), false],
  ['its type is marked for it, and the subscription for the default mode', note('@aws_api_key'), false],
])('whether the API key may subscribe to a field when %s', (_, model, expected) => {
  expect(isKeyLetIn(model, { defaultModes: ['userPools'] }, 'onChangeNote')).toBe(expected);
});

test('that the API key is let in somewhere says nothing of another field', () => {
  const model = loadModel(`
    type Note @table(name: "Notes") @auth(rules: [{allow: owner}]) { id: ID! owner: String }
    type News @table(name: "News") @auth(rules: [{allow: public}]) { id: ID! }
  `);
  const fields = ['onChangeNote', 'onChangeNews', 'onChangeNobody'];
  expect(fields.map((field) => isKeyLetIn(model, { defaultModes: [] }, field))).toEqual([false, true, false]);
});
