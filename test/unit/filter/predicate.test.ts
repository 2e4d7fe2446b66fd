import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Attribute, Image } from '../../../src/change/change.ts';
import type { Expression, Operator, Value } from '../../../src/filter/expression.ts';
import { compilePredicate, type Predicate } from '../../../src/filter/predicate.ts';
import type { TableType } from '../../../src/schema/model.ts';
import { expressions, images } from './arbitraries.ts';
import { ATTRIBUTES, TRUTH } from './predicate-cases.ts';
import { matches } from './reference.ts';
import { and, condition, fieldModel, image, not, or, todoField, todoType } from './todo.ts';

function compiled(expression: Expression, type: TableType = todoType): Predicate {
  const result = compilePredicate(expression, type);
  if (!result.ok) throw new Error(result.message);
  return result.test;
}

/** Names of the attributes that match when stored under a field. */
function matching(field: string, operator: Operator, values: readonly Value[]): string[] {
  const predicate = compiled(condition(field, operator, ...values));
  const stored: [string, Attribute | undefined][] = Object.entries(ATTRIBUTES);
  return stored
    .filter(([, value]) => predicate(image(value ? [[todoField(field).attribute, value]] : [])))
    .map(([name]) => name);
}

const COMPLEMENTS = new Map<Operator, Operator>([
  ['eq', 'ne'],
  ['contains', 'notContains'],
]);

describe('truth table', () => {
  test.each(TRUTH)('$field $operator $values matches $matching and nothing else', (row) => {
    expect(new Set(matching(row.field, row.operator, row.values))).toEqual(new Set(row.matching));
  });

  const complements = TRUTH.flatMap((row) => {
    const operator = COMPLEMENTS.get(row.operator);
    return operator ? [{ ...row, operator }] : [];
  });

  test.each(complements)('$field $operator $values matches all but $matching', (row) => {
    const others = Object.keys(ATTRIBUTES).filter(
      (name) => !row.matching.some((matched) => matched === name),
    );
    expect(new Set(matching(row.field, row.operator, row.values))).toEqual(new Set(others));
  });

  test('attributeExists: true matches whatever is there, NULL and wrong types included', () => {
    const others = Object.keys(ATTRIBUTES).filter((name) => name !== 'missing');
    expect(new Set(matching('priority', 'attributeExists', [true]))).toEqual(new Set(others));
  });
});

describe('groups', () => {
  const yes = and();
  const no = or();

  test.each<[Expression, boolean]>([
    [yes, true],
    [no, false],
    [not(yes), false],
    [and(yes, no), false],
    [or(no, yes), true],
    [not(and(yes, no)), true],
  ])('%j is %p of any item', (expression, outcome) => {
    expect(compiled(expression)(image([]))).toBe(outcome);
  });

  test('not is true where an attribute is missing or of another type', () => {
    const test = compiled(not(condition('priority', 'lt', '5')));
    expect(
      [undefined, { S: '1' }, { N: '1' }, { N: '5' }].map((value) => test(item('priority', value))),
    ).toEqual([true, true, false, true]);
  });
});

describe('names that a prototype has', () => {
  test.each(['__proto__', 'constructor', 'toString'])(
    'a field called %s reads its own attribute only',
    (field) => {
      const absent = compiled(condition(field, 'attributeExists', false));
      const equal = compiled(condition(field, 'eq', field === 'toString' ? '5' : 'a'));
      const present = item(field, field === 'toString' ? { N: '5' } : { S: 'a' });
      expect([absent(image([])), absent(present)]).toEqual([true, false]);
      expect([equal(image([])), equal(present)]).toEqual([false, true]);
      // An image that came with a prototype after all.
      expect([absent({}), equal({})]).toEqual([true, false]);
    },
  );
});

describe('a filter that no longer fits its type', () => {
  const changed = (...fields: Parameters<typeof fieldModel>[]): TableType => ({
    ...todoType,
    fields: new Map(fields.map((field) => [field[0], fieldModel(...field)])),
  });

  test.each<[string, Expression, TableType, string]>([
    [
      'field gone',
      or(and(), not(condition('title', 'eq', 'a'))),
      changed(),
      'Todo.title: expected a field, came none of that name',
    ],
    [
      'kind changed',
      condition('priority', 'eq', '5'),
      changed(['priority', 'String']),
      'Todo.priority: expected Int as when the filter was read, came String',
    ],
    [
      'now a list',
      and(condition('title', 'eq', 'a')),
      changed(['title', 'String', { list: true }]),
      'Todo.title: expected a field that takes eq, came [String]',
    ],
    [
      'operands of another kind',
      { kind: 'condition', field: 'priority', fieldKind: 'Int', operator: 'eq', values: ['high'] },
      todoType,
      'Todo.priority: expected operands of eq for Int, came others',
    ],
    [
      'a field only Object.prototype has',
      { kind: 'condition', field: 'valueOf', fieldKind: 'Int', operator: 'eq', values: ['1'] },
      todoType,
      'Todo.valueOf: expected a field, came none of that name',
    ],
  ])('%s: is no predicate', (_, expression, type, message) => {
    expect(compilePredicate(expression, type)).toEqual({ ok: false, message });
  });

  test('still fits when the kind changed but not how its values compare', () => {
    const type = changed(['priority', 'Decimal'], ['status', 'String']);
    const test = compiled(and(condition('priority', 'gt', '1'), condition('status', 'eq', 'a')), type);
    expect(
      test(
        image([
          ['priority', { N: '1.5' }],
          ['status', { S: 'a' }],
        ]),
      ),
    ).toBe(true);
  });

  test('follows a field to the attribute it is stored under', () => {
    const test = compiled(condition('senderId', 'eq', 'u1'));
    expect([test(image([['sender_id', { S: 'u1' }]])), test(image([['senderId', { S: 'u1' }]]))]).toEqual([
      true,
      false,
    ]);
  });
});

describe('against the reference evaluator', () => {
  const outcomes = { true: 0, false: 0 };

  test('any filter decides on any item as the slow evaluator does', () => {
    fc.assert(
      fc.property(
        expressions(todoType),
        fc.array(images(todoType), { minLength: 1, maxLength: 4 }),
        (expression, items) => {
          const predicate = compiled(expression);
          for (const each of items) {
            const expected = matches(expression, each, todoType);
            outcomes[`${expected}`] += 1;
            expect(predicate(each)).toBe(expected);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('and the run above saw enough of both outcomes', () => {
    expect(Math.min(outcomes.true, outcomes.false)).toBeGreaterThan(1_000);
  });
});

function item(field: string, value: Attribute | undefined): Image {
  return image(value ? [[todoField(field).attribute, value]] : []);
}
