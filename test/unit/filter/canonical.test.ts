import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalFilter, parseCanonicalFilter } from '../../../src/filter/canonical.ts';
import { compilePredicate } from '../../../src/filter/predicate.ts';
import { expressions, images, rewritten } from './arbitraries.ts';
import { and, condition, not, or, todoType } from './todo.ts';

const a = condition('title', 'eq', 'a');
const b = condition('priority', 'ge', '2');
const c = condition('completed', 'eq', false);

describe('canonical text', () => {
  test.each([
    [and(), '1["&"]'],
    [or(), '1["|"]'],
    [a, '1["=","S","title","a"]'],
    [condition('senderId', 'eq', null), '1["=","I","senderId",null]'],
    [condition('title', 'in', 'b', 'a', 'b', null), '1[":","S","title","a","b",null]'],
    [condition('price', 'between', '1', '2.5'), '1["..","D","price","1","2.5"]'],
    [condition('meta', 'attributeExists', true), '1["?","J","meta",true]'],
    [condition('tags', 'notContains', 'できる"😀'), '1["!~","S","tags","できる\\"😀"]'],
    [condition('tags', 'hasElement', 'b', 'a', 'b'), '1["@","S","tags","a","b"]'],
    [condition('tags', 'hasElement', 'a'), '1["@","S","tags","a"]'],
    [not(or(c, b)), '1["!",["|",["=","B","completed",false],[">=","N","priority","2"]]]'],
  ])('of %j is pinned: rows hold it', (expression, text) => {
    expect(canonicalFilter(expression)).toBe(text);
    expect(canonicalFilter(parseCanonicalFilter(text) ?? and())).toBe(text);
  });

  test.each([
    ['order', and(a, b), and(b, a)],
    ['repeats', or(a, b, a), or(b, a)],
    ['a single operand', and(or(a)), a],
    ['nesting of one kind', and(a, and(b, and(c))), and(and(c, b), a)],
    ['double negation', not(not(or(a, b))), or(b, a)],
    ['in of one value', condition('title', 'in', 'a', 'a'), a],
    ['in of nothing', condition('title', 'in'), or()],
    ['an element of nothing', condition('tags', 'hasElement'), or()],
    ['a true operand of and', and(a, and(), not(or())), a],
    ['a false operand of and', and(a, or()), or()],
    ['a true operand of or', or(a, and()), and()],
    ['a false operand of or', or(a, or(), not(and())), a],
  ])('is the same whatever the %s', (_, one, other) => {
    expect(canonicalFilter(one)).toBe(canonicalFilter(other));
  });

  test.each([
    [and(a, b), or(a, b)],
    [a, not(a)],
    [condition('id', 'eq', '5'), condition('senderId', 'eq', '5')],
    [condition('title', 'eq', 'null'), condition('title', 'eq', null)],
    [condition('price', 'between', '1', '2'), condition('price', 'between', '1', '20')],
    [and(a, or(b, c)), or(and(a, b), c)],
    [and(), or()],
    [condition('title', 'hasElement', 'a'), a],
    [condition('tags', 'hasElement', 'a'), condition('tags', 'contains', 'a')],
  ])('tells %j from %j', (one, other) => {
    expect(canonicalFilter(one)).not.toBe(canonicalFilter(other));
  });

  test('of equal filters written differently is one text', () => {
    const pair = expressions(todoType).chain((one) => rewritten(one).map((other) => [one, other] as const));
    fc.assert(
      fc.property(pair, ([one, other]) => {
        expect(canonicalFilter(other)).toBe(canonicalFilter(one));
      }),
      { numRuns: 500 },
    );
  });

  test('reads back as a filter of the same text and the same meaning', () => {
    fc.assert(
      fc.property(
        expressions(todoType),
        fc.array(images(todoType), { maxLength: 5 }),
        (expression, items) => {
          const text = canonicalFilter(expression);
          const back = parseCanonicalFilter(text);
          expect(back && canonicalFilter(back)).toBe(text);
          const [before, after] = [expression, back ?? and()].map((each) => compilePredicate(each, todoType));
          for (const item of items)
            expect(after?.ok && after.test(item)).toBe(before?.ok && before.test(item));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('of a common filter fits a row of 400 bytes', () => {
    const ids = Array.from({ length: 5 }, (_, index) => `5f0c6a52-6d1f-4c1e-9d3b-00000000000${index}`);
    const text = canonicalFilter(
      and(condition('id', 'in', ...ids), c, b, condition('title', 'beginsWith', 'できる')),
    );
    expect(Buffer.byteLength(text)).toBeLessThan(400);
  });
});

describe('texts that no filter has', () => {
  test.each([
    '',
    '1',
    '["&"]',
    '2["&"]',
    '1{}',
    '1["&"',
    '1[]',
    '1["x"]',
    '1["toString","S","title","a"]',
    '1["=","constructor","title","a"]',
    '1["=","S","title"]',
    '1["=","S",5,"a"]',
    '1["=","S","title","a","b"]',
    '1["=","S","title",5]',
    '1["=","S","title",true]',
    '1["=","S","title",{}]',
    '1["=","N","priority","2.0"]',
    '1["=","N","priority","x"]',
    '1["<","N","priority",null]',
    '1["..","N","priority","2"]',
    '1["..","N","priority","10","9"]',
    '1["?","S","title","true"]',
    '1["=","J","meta","a"]',
    '1["@","S","tags",null]',
    '1["@","S","tags",5]',
    '1["@","J","meta","a"]',
    '1["@","N","scores","5.0"]',
    '1["!"]',
    '1["!",["&"],["&"]]',
    '1["&",["&",["?"]]]',
    `1${'["!",'.repeat(10_000)}["&"]${']'.repeat(10_000)}`,
  ])('%.40s is not read', (text) => {
    expect(parseCanonicalFilter(text)).toBeUndefined();
  });
});
