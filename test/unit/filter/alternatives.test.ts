import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { alternatives } from '../../../src/filter/alternatives.ts';
import type { Equalities, Expression } from '../../../src/filter/expression.ts';
import { expressions, images, rewritten } from './arbitraries.ts';
import { matches } from './reference.ts';
import { and, condition, not, or, todoType } from './todo.ts';

type Plain = Readonly<Record<string, string | boolean | null>>;

function plain(found: readonly Equalities[]): Set<string> {
  return new Set(found.map((equalities) => JSON.stringify([...equalities].sort())));
}

function expected(...wanted: Plain[]): Set<string> {
  return plain(wanted.map((entries) => new Map(Object.entries(entries))));
}

const a = condition('title', 'eq', 'a');
const b = condition('title', 'eq', 'b');
const done = condition('completed', 'eq', true);
const high = condition('priority', 'ge', '5');
const ids = (from: number, count: number) =>
  condition('id', 'in', ...Array.from({ length: count }, (_, index) => `i${from + index}`));
const priorities = (count: number) =>
  condition('priority', 'in', ...Array.from({ length: count }, (_, index) => String(index)));

describe('disjunctive form', () => {
  test.each<[string, Expression, Plain[]]>([
    ['everything', and(), [{}]],
    ['nothing', or(), []],
    ['in of nothing', condition('title', 'in'), []],
    ['not of everything', not(and(a, or(and(), b))), [{}]],
    ['not of nothing', not(or()), [{}]],
    ['not of match-all', not(and()), []],
    ['equality', a, [{ title: 'a' }]],
    ['equality with null', condition('title', 'eq', null), [{ title: null }]],
    ['a range', high, [{}]],
    ['presence', condition('title', 'attributeExists', false), [{}]],
    ['and', and(a, done, high), [{ title: 'a', completed: true }]],
    ['or', or(a, done), [{ title: 'a' }, { completed: true }]],
    ['or with a part that has none', or(a, high), [{}]],
    ['in', condition('title', 'in', 'a', null), [{ title: 'a' }, { title: null }]],
    ['in of repeats', condition('title', 'in', 'a', 'a'), [{ title: 'a' }]],
    [
      'and over or',
      and(or(a, b), done),
      [
        { title: 'a', completed: true },
        { title: 'b', completed: true },
      ],
    ],
    ['a contradiction', and(a, b), []],
    ['null and a value', and(a, condition('title', 'eq', null)), []],
    ['or of contradictions and one that is none', or(and(a, b), done), [{ completed: true }]],
    ['in met with in', and(ids(0, 3), ids(2, 3)), [{ id: 'i2' }]],
    ['what another alternative covers', or(a, and(a, done)), [{ title: 'a' }]],
    ['not of equality', not(a), [{}]],
    ['not of ne', not(condition('title', 'ne', 'a')), [{ title: 'a' }]],
    ['not of not', not(not(a)), [{ title: 'a' }]],
    ['not of or of ne', not(or(condition('title', 'ne', 'a'), high)), [{ title: 'a' }]],
    ['one of several elements', condition('tags', 'hasElement', 'a', 'b'), [{ tags: 'a' }, { tags: 'b' }]],
    ['an element of nothing', condition('tags', 'hasElement'), []],
    ['not of an element', not(condition('tags', 'hasElement', 'a')), [{}]],
    ['not of an element of nothing', not(condition('tags', 'hasElement')), [{}]],
    [
      'two elements of one list, which are no contradiction',
      and(condition('tags', 'hasElement', 'b'), condition('tags', 'hasElement', 'a'), a),
      [{ tags: 'a', title: 'a' }],
    ],
    ['a part of a list, which a text may have as well', condition('tags', 'contains', 'a'), [{}]],
    ['and with a not', and(a, not(or(b, done))), [{ title: 'a' }]],
    ['null of an object', condition('meta', 'eq', null), [{}]],
    ['a field called __proto__', condition('__proto__', 'eq', 'a'), [{ ['__proto__']: 'a' }]],
  ])('of %s', (_, expression, wanted) => {
    expect(plain(alternatives(expression))).toEqual(expected(...wanted));
  });

  test('stays within 16 alternatives, beyond which a part counts as what is common to all of it', () => {
    expect(alternatives(ids(0, 16))).toHaveLength(16);
    expect(plain(alternatives(ids(0, 17)))).toEqual(expected({}));
    expect(plain(alternatives(and(done, ids(0, 17))))).toEqual(expected({ completed: true }));
    expect(plain(alternatives(or(and(done, ids(0, 9)), and(done, ids(9, 9)))))).toEqual(
      expected({ completed: true }),
    );
    expect(plain(alternatives(and(ids(0, 3), priorities(7))))).toEqual(
      expected({ id: 'i0' }, { id: 'i1' }, { id: 'i2' }),
    );
    expect(alternatives(and(ids(0, 4), priorities(4)))).toHaveLength(16);
  });

  test('of an identity in more than 16 groups are what they share', () => {
    const groups = (count: number) =>
      condition('tags', 'hasElement', ...Array.from({ length: count }, (_, index) => `g${index}`));
    expect(alternatives(groups(16))).toHaveLength(16);
    expect(plain(alternatives(and(done, groups(17))))).toEqual(expected({ completed: true }));
  });

  test('takes another bound', () => {
    expect(plain(alternatives(or(and(a, done), and(b, done)), { max: 1 }))).toEqual(
      expected({ completed: true }),
    );
    expect(alternatives(ids(0, 3), { max: 3 })).toHaveLength(3);
  });
});

describe('any filter', () => {
  const max = fc.constantFrom(1, 2, 4, 16);

  test('a matching item satisfies all equalities of some alternative, and there are no more than allowed', () => {
    fc.assert(
      fc.property(
        expressions(todoType),
        max,
        fc.array(images(todoType), { maxLength: 8 }),
        (expression, most, items) => {
          const found = alternatives(expression, { max: most });
          expect(found.length).toBeLessThanOrEqual(most);
          for (const item of items) {
            if (!matches(expression, item, todoType)) continue;
            const isMet = found.some((equalities) => matches(conjunction(equalities, true), item, todoType));
            expect(isMet).toBe(true);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('has the same alternatives however it is written', () => {
    const pair = expressions(todoType).chain((one) => rewritten(one).map((other) => [one, other] as const));
    fc.assert(
      fc.property(pair, ([one, other]) => {
        expect(plain(alternatives(other))).toEqual(plain(alternatives(one)));
      }),
      { numRuns: 500 },
    );
  });

  test('of and, or and equality alone has exactly the alternatives that items satisfy', () => {
    const equality = fc.constantFrom(
      a,
      b,
      done,
      condition('id', 'eq', '5'),
      condition('priority', 'eq', '5'),
    );
    const { tree } = fc.letrec<{ tree: Expression }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        equality,
        fc
          .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('tree'), { maxLength: 3 }))
          .map(([kind, of]) => ({ kind, of })),
      ),
    }));
    fc.assert(
      fc.property(tree, images(todoType), (expression, item) => {
        const found = alternatives(expression, { max: 1_000 });
        const satisfied = found.some((equalities) => matches(conjunction(equalities), item, todoType));
        expect(satisfied).toBe(matches(expression, item, todoType));
      }),
      { numRuns: 1_000 },
    );
  });
});

test('the order in which parts that do not all fit are written makes no difference to what is kept', () => {
  const titles = condition('title', 'in', 'a', 'b', 'c', 'd', 'e');
  const parts = [ids(0, 10), titles, priorities(5), done];
  const wanted = plain(alternatives(and(...parts)));
  expect(wanted.size).toBeGreaterThan(1);
  fc.assert(
    fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), (shuffled) => {
      expect(plain(alternatives(and(...shuffled)))).toEqual(wanted);
    }),
    { numRuns: 30 },
  );
});

/** @param orElement whether an equality is met by an element of a list as well */
function conjunction(equalities: Equalities, orElement = false): Expression {
  return and(
    ...[...equalities].map(([field, value]) => {
      const equal = condition(field, 'eq', value);
      return orElement && value !== null ? or(equal, condition(field, 'hasElement', value)) : equal;
    }),
  );
}
