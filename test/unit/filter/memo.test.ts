import { describe, expect, test } from '@jest/globals';
import { canonicalFilter } from '../../../src/filter/canonical.ts';
import { predicateMemo } from '../../../src/filter/memo.ts';
import { condition, fieldModel, image, todoType } from './todo.ts';

const filter = (title: string) => canonicalFilter(condition('title', 'eq', title));

describe('memo of predicates', () => {
  test('compiles a text once for a type', () => {
    const predicateFor = predicateMemo();
    const first = predicateFor(filter('a'), todoType);
    expect(first.ok && first.test(image([['title', { S: 'a' }]]))).toBe(true);
    expect(predicateFor(filter('a'), todoType)).toBe(first);
    expect(predicateFor(filter('b'), todoType)).not.toBe(first);
  });

  test('does not take one type for another, nor an older one for its successor', () => {
    const predicateFor = predicateMemo();
    const before = predicateFor(filter('a'), todoType);
    const renamed = {
      ...todoType,
      fields: new Map([['title', fieldModel('title', 'String', { attribute: 'name' })]]),
    };
    const after = predicateFor(filter('a'), renamed);
    const item = image([['name', { S: 'a' }]]);
    expect([before, after].map((each) => each.ok && each.test(item))).toEqual([false, true]);
  });

  test('remembers what does not fit, and texts that are no filter', () => {
    const predicateFor = predicateMemo();
    const broken = predicateFor('2["&"]', todoType);
    expect(broken).toEqual({
      ok: false,
      message: 'Todo: expected a filter in canonical form, came another text',
    });
    expect(predicateFor('2["&"]', todoType)).toBe(broken);
  });

  test('drops the least recently used beyond its bound, and only those', () => {
    // Each entry weighs a little over 200 characters.
    const predicateFor = predicateMemo(600);
    const [a, b] = [predicateFor(filter('a'), todoType), predicateFor(filter('b'), todoType)];
    predicateFor(filter('a'), todoType);
    predicateFor(filter('c'), todoType);
    expect(predicateFor(filter('a'), todoType)).toBe(a);
    const again = predicateFor(filter('b'), todoType);
    expect(again).not.toBe(b);
    expect(predicateFor(filter('b'), todoType)).toBe(again);
    expect(predicateFor(filter('a'), todoType)).toBe(a);
  });

  test('a text larger than the whole bound is compiled, not kept, and drives out no other', () => {
    const predicateFor = predicateMemo(600);
    const small = predicateFor(filter('a'), todoType);
    const large = predicateFor(filter('x'.repeat(1_000)), todoType);
    expect(large.ok && large.test(image([['title', { S: 'x'.repeat(1_000) }]]))).toBe(true);
    expect(predicateFor(filter('x'.repeat(1_000)), todoType)).not.toBe(large);
    expect(predicateFor(filter('a'), todoType)).toBe(small);
  });
});
