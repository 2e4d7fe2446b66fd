import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Image } from '../../../src/change/change.ts';
import { explainPredicate, type PredicateExplanation } from '../../../src/filter/explain-predicate.ts';
import type { Condition, Expression } from '../../../src/filter/expression.ts';
import { compilePredicate } from '../../../src/filter/predicate.ts';
import { expressions, images } from './arbitraries.ts';
import { and, condition, image, not, or, todoType } from './todo.ts';

function explained(expression: Expression, item: Image): PredicateExplanation {
  const compiled = explainPredicate(expression, todoType);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.explain(item);
}

/** `field operator`, with `!` before those that do not hold. */
function named({ because }: PredicateExplanation): string[] {
  return because.map(
    ({ condition: { field, operator }, holds }) => `${holds ? '' : '!'}${field} ${operator}`,
  );
}

const TITLE = condition('title', 'eq', 'a');
const URGENT = condition('priority', 'ge', '5');
const DONE = condition('completed', 'eq', true);
const item = image([
  ['title', { S: 'b' }],
  ['priority', { N: '7' }],
]);

describe('what a filter comes to, and why', () => {
  test.each<[string, Expression, boolean, string[]]>([
    ['a condition that fails', TITLE, false, ['!title eq']],
    ['of an and, the parts that fail', and(TITLE, URGENT, DONE), false, ['!title eq', '!completed eq']],
    ['of an or that fails, every part', or(TITLE, DONE), false, ['!title eq', '!completed eq']],
    ['of an or that holds, the parts that hold', or(TITLE, URGENT), true, ['priority ge']],
    ['under a not, the one that holds', and(not(URGENT)), false, ['priority ge']],
    ['an or of nothing fails for no condition', or(), false, []],
    ['an and of nothing holds for no condition', and(), true, []],
  ])('%s', (_, expression, holds, because) => {
    const explanation = explained(expression, item);
    expect(explanation.holds).toBe(holds);
    expect(named(explanation)).toEqual(because);
  });

  test('a condition comes with the attribute it was tested on, by its stored name', () => {
    const stored = image([['sender_id', { S: 'u1' }]]);
    expect(explained(condition('senderId', 'eq', 'u2'), stored).because[0]?.stored).toEqual({ S: 'u1' });
    expect(explained(condition('senderId', 'eq', 'u2'), image([])).because[0]?.stored).toBeUndefined();
    // A name that a plain object would find on its prototype.
    expect(explained(condition('constructor', 'eq', 'x'), {}).because[0]?.stored).toBeUndefined();
  });

  test('a filter that no longer fits its type is refused in the words of the predicate', () => {
    const gone: Expression = and({ ...TITLE, field: 'heading' });
    expect(explainPredicate(gone, todoType)).toEqual(compilePredicate(gone, todoType));
    expect(explainPredicate(gone, todoType)).toMatchObject({ ok: false });
  });
});

describe('against the predicate that delivers', () => {
  const outcomes = { true: 0, false: 0 };

  test('any filter is explained as the predicate decides', () => {
    fc.assert(
      fc.property(expressions(todoType), images(todoType), (expression, each) => {
        const predicate = compilePredicate(expression, todoType);
        const { holds } = explained(expression, each);
        outcomes[`${holds}`] += 1;
        expect(predicate).toMatchObject({ ok: true });
        expect(predicate.ok && predicate.test(each)).toBe(holds);
      }),
      { numRuns: 5_000 },
    );
    expect(Math.min(outcomes.true, outcomes.false)).toBeGreaterThan(500);
  });

  test('were every condition it names to come out otherwise, the whole would', () => {
    let flipped = 0;
    fc.assert(
      fc.property(expressions(todoType), images(todoType), (expression, each) => {
        fc.pre(!hasEmptyGroup(expression));
        const { holds, because } = explained(expression, each);
        const named = new Map(because.map((one) => [one.condition, one.holds]));
        expect(named.size).toBeGreaterThan(0);
        expect(explained(withConstants(expression, named), each).holds).toBe(!holds);
        flipped += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(flipped).toBeGreaterThan(1_000);
  });
});

function hasEmptyGroup(expression: Expression): boolean {
  if (expression.kind === 'condition') return false;
  if (expression.kind === 'not') return hasEmptyGroup(expression.of);
  return expression.of.length === 0 || expression.of.some(hasEmptyGroup);
}

/** Each condition named put to the opposite of how it came out. */
function withConstants(expression: Expression, came: ReadonlyMap<Condition, boolean>): Expression {
  if (expression.kind === 'condition') {
    const holds = came.get(expression);
    if (holds === undefined) return expression;
    return holds ? or() : and();
  }
  if (expression.kind === 'not') return { kind: 'not', of: withConstants(expression.of, came) };
  return { kind: expression.kind, of: expression.of.map((part) => withConstants(part, came)) };
}
