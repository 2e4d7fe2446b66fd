import type { Attribute } from '../../../src/change/change.ts';
import type { Operator, Value } from '../../../src/filter/expression.ts';

/** Stored attributes by the names the cases use; `missing` is no attribute at all. */
export const ATTRIBUTES = {
  missing: undefined,
  NULL: { NULL: true },
  '""': { S: '' },
  '"a"': { S: 'a' },
  '"ab"': { S: 'ab' },
  '"5"': { S: '5' },
  '"ｚ"': { S: '\uFF5A' },
  '"😀"': { S: '😀' },
  '5': { N: '5' },
  '5.0': { N: '5.0' },
  '10': { N: '1E1' },
  '-1': { N: '-1' },
  '2^53': { N: '9007199254740992' },
  '2^53+1': { N: '9007199254740993' },
  true: { BOOL: true },
  false: { BOOL: false },
  'bytes a': { B: 'YQ==' },
  '{"a","b"}': { SS: ['a', 'b'] },
  '{5,6.5}': { NS: ['5', '6.50'] },
  '{bytes a}': { BS: ['YQ=='] },
  '["a",5,true,null]': { L: [{ S: 'a' }, { N: '5.0' }, { BOOL: true }, { NULL: true }] },
  '[["a"]]': { L: [{ L: [{ S: 'a' }] }] },
  '[]': { L: [] },
  '{a:"a"}': { M: { a: { S: 'a' } } },
} as const satisfies { readonly [name: string]: Attribute | undefined };

export type AttributeName = keyof typeof ATTRIBUTES;

export interface TruthCase {
  readonly field: string;
  readonly operator: Operator;
  readonly values: readonly Value[];
  /** Every attribute of `ATTRIBUTES` that matches; all the others do not. */
  readonly matching: readonly AttributeName[];
}

/** Each row names everything that matches; its complement row, where there is one, is derived by the test. */
export const TRUTH: readonly TruthCase[] = [
  row('title', 'eq', ['a'], ['"a"']),
  row('title', 'eq', [''], ['""']),
  row('title', 'eq', [null], ['missing', 'NULL']),
  row('title', 'eq', ['5'], ['"5"', '5', '5.0']),
  row('title', 'eq', ['5.0'], []),
  row('title', 'eq', ['10'], ['10']),
  row('title', 'eq', ['true'], []),
  row('title', 'eq', ['YQ=='], ['bytes a']),
  row('id', 'eq', ['9007199254740993'], ['2^53+1']),
  row('status', 'eq', ['ab'], ['"ab"']),
  row('title', 'in', ['a', 'ab', '5', null], ['missing', 'NULL', '"a"', '"ab"', '"5"', '5', '5.0']),
  row('title', 'in', [], []),
  row(
    'title',
    'lt',
    ['\uFF5A'],
    ['""', '"a"', '"ab"', '"5"', '5', '5.0', '10', '-1', '2^53', '2^53+1', 'bytes a'],
  ),
  row('title', 'gt', ['\uFF5A'], ['"😀"']),
  row('title', 'ge', ['\uFF5A'], ['"ｚ"', '"😀"']),
  row('title', 'le', ['10'], ['""', '10', '-1']),
  row('title', 'between', ['a', 'ab'], ['"a"', '"ab"']),
  row('title', 'beginsWith', ['a'], ['"a"', '"ab"']),
  row('title', 'beginsWith', ['9007'], ['2^53', '2^53+1']),
  row('title', 'contains', ['b'], ['"ab"', '{"a","b"}']),
  row('title', 'contains', ['a'], ['"a"', '"ab"', '{"a","b"}', '["a",5,true,null]']),
  row('title', 'contains', ['05'], []),
  row('title', 'contains', ['10'], ['10']),
  row('tags', 'contains', ['5'], ['"5"', '5', '5.0', '2^53', '2^53+1', '{5,6.5}', '["a",5,true,null]']),
  row('tags', 'contains', ['6.5'], ['{5,6.5}']),
  row('tags', 'contains', ['YQ=='], ['bytes a', '{bytes a}']),
  row('priority', 'eq', ['5'], ['5', '5.0']),
  row('priority', 'eq', [null], ['missing', 'NULL']),
  row('price', 'eq', ['9007199254740992'], ['2^53']),
  row('price', 'gt', ['9007199254740992'], ['2^53+1']),
  row('ratio', 'lt', ['5'], ['-1']),
  row('priority', 'le', ['5'], ['5', '5.0', '-1']),
  row('priority', 'ge', ['10'], ['10', '2^53', '2^53+1']),
  row('priority', 'between', ['5', '10'], ['5', '5.0', '10']),
  row('priority', 'in', ['-1', '10'], ['10', '-1']),
  row('priority', 'contains', ['5'], ['{5,6.5}', '["a",5,true,null]']),
  row('scores', 'contains', ['6.5'], ['{5,6.5}']),
  row('completed', 'eq', [true], ['true']),
  row('completed', 'eq', [false], ['false']),
  row('completed', 'in', [true, null], ['missing', 'NULL', 'true']),
  row('tags', 'hasElement', ['a'], ['"a"', '{"a","b"}', '["a",5,true,null]']),
  row('tags', 'hasElement', ['b'], ['{"a","b"}']),
  row('tags', 'hasElement', ['ab', 'b'], ['"ab"', '{"a","b"}']),
  row('tags', 'hasElement', ['5'], ['"5"', '5', '5.0', '{5,6.5}', '["a",5,true,null]']),
  row('tags', 'hasElement', ['YQ=='], ['bytes a', '{bytes a}']),
  row('tags', 'hasElement', [''], ['""']),
  row('tags', 'hasElement', [], []),
  row('title', 'hasElement', ['a'], ['"a"', '{"a","b"}', '["a",5,true,null]']),
  row('scores', 'hasElement', ['5'], ['5', '5.0', '{5,6.5}', '["a",5,true,null]']),
  row('flags', 'hasElement', [true], ['true', '["a",5,true,null]']),
  row('flags', 'contains', [true], ['["a",5,true,null]']),
  row('meta', 'eq', [null], ['missing', 'NULL']),
  row('author', 'attributeExists', [false], ['missing']),
  row('tags', 'attributeExists', [false], ['missing']),
];

function row(field: string, operator: Operator, values: Value[], matching: AttributeName[]): TruthCase {
  return { field, operator, values, matching };
}
