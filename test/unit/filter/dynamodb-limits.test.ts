import { expect, test } from '@jest/globals';
import { dynamodbExpression } from '../../../src/filter/dynamodb-expression.ts';
import type { Expression } from '../../../src/filter/expression.ts';
import { and, condition, not, or, todoType } from './todo.ts';

const filterOf = (expression: Expression) => dynamodbExpression(todoType, expression)?.FilterExpression;

test('the negation of a conjunction is the disjunction of the negations, and the other way round', () => {
  const [one, other] = [condition('priority', 'gt', '1'), condition('completed', 'eq', true)];
  expect(filterOf(not(and(one, other)))).toBe(filterOf(or(not(one), not(other))));
  expect(filterOf(not(and(one, other)))).toMatch(/ OR /);
  expect(filterOf(not(or(one, other)))).toBe(filterOf(and(not(one), not(other))));
  expect(filterOf(not(or(one, other)))).toMatch(/ AND /);
});

test('an expression is written while it has at most 300 operators', () => {
  // Each comparison is one, and so is each AND between two.
  const comparisons = (count: number) =>
    and(...Array.from({ length: count }, (_, n) => condition('priority', 'gt', String(n))));
  expect(filterOf(comparisons(150))?.match(/>|AND/g)).toHaveLength(299);
  expect(filterOf(comparisons(151))).toBeUndefined();
});

test('an expression is written while it has at most 4 KB', () => {
  const listed = (count: number) =>
    and(
      ...Array.from({ length: 10 }, (_, part) =>
        condition('priority', 'in', ...Array.from({ length: count }, (__, n) => `${part * 100 + n}`)),
      ),
    );
  let longest = 0;
  for (let count = 20; count <= 100; count += 1) {
    const text = filterOf(listed(count));
    if (text === undefined) break;
    longest = Buffer.byteLength(text);
  }
  expect(longest).toBeGreaterThan(4_000);
  expect(longest).toBeLessThanOrEqual(4_096);
});
