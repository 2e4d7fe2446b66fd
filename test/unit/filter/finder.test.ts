import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Image } from '../../../src/change/change.ts';
import type { Demand } from '../../../src/filter/demands.ts';
import { cheapestDemands, everyDemand, MAX_DEMANDS } from '../../../src/filter/demands.ts';
import type { Expression } from '../../../src/filter/expression.ts';
import { MAX_BEGINNING, MAX_PART } from '../../../src/filter/field-demands.ts';
import { createFilterFinder } from '../../../src/filter/finder.ts';
import { conditions, expressions, images } from './arbitraries.ts';
import { matches } from './reference.ts';
import { and, condition, image, not, or, todoField, todoType } from './todo.ts';

const found = (filters: readonly Expression[], item: Image): number[] => {
  const finder = createFilterFinder(filters, todoType);
  const places = new Set(finder.always);
  finder.addFound(item, places);
  return [...places].sort((a, b) => a - b);
};

describe('C10 filters found for an image', () => {
  test('C6 are never too few: every one that holds is among them', () => {
    let spared = 0;
    let held = 0;
    fc.assert(
      fc.property(
        fc.array(expressions(todoType), { minLength: 1, maxLength: 20 }),
        fc.array(images(todoType), { minLength: 1, maxLength: 4 }),
        (filters, items) => {
          const finder = createFilterFinder(filters, todoType);
          for (const item of items) {
            const places = new Set(finder.always);
            finder.addFound(item, places);
            for (const [place, filter] of filters.entries()) {
              if (!places.has(place)) spared += 1;
              if (!matches(filter, item, todoType)) continue;
              held += 1;
              expect([place, places.has(place)]).toEqual([place, true]);
            }
          }
        },
      ),
      { numRuns: 1_500 },
    );
    // It is of no use if it finds all, and proves nothing if none holds.
    expect(spared).toBeGreaterThan(5_000);
    expect(held).toBeGreaterThan(2_000);
  });

  test('C6 are never too few of very many on one field', () => {
    const ofField = (name: string) => conditions(todoField(name));
    const kinds = ['title', 'priority', 'tags'].map((name) => ({
      field: name,
      many: fc.array(ofField(name), { minLength: 60, maxLength: 120, size: 'max' }),
    }));
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds).chain(({ many }) => many),
        fc.array(images(todoType), { minLength: 5, maxLength: 5 }),
        (filters, items) => {
          const finder = createFilterFinder(filters, todoType);
          for (const item of items) {
            const places = new Set(finder.always);
            finder.addFound(item, places);
            const missed = filters.filter(
              (filter, place) => !places.has(place) && matches(filter, item, todoType),
            );
            expect(missed).toEqual([]);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('are those alone whose equality, beginning, part or range the image meets', () => {
    const filters = [
      condition('title', 'eq', 'shopping'),
      condition('title', 'eq', 'cooking'),
      condition('title', 'beginsWith', 'shop'),
      condition('title', 'beginsWith', 'cook'),
      condition('priority', 'between', '3', '5'),
      condition('priority', 'between', '6', '9'),
      condition('priority', 'in', '4', '7'),
      condition('priority', 'in', '7', '8'),
      condition('tags', 'contains', 'home'),
      condition('tags', 'contains', 'work'),
      condition('completed', 'eq', null),
      condition('priority', 'gt', '4'),
      condition('priority', 'lt', '4'),
    ];
    const item = image([
      ['title', { S: 'shopping' }],
      ['priority', { N: '4' }],
      ['tags', { SS: ['home', 'x'] }],
    ]);
    // A bound is taken to be within: that `gt` and `lt` leave it out is the predicate's to see.
    expect(found(filters, item)).toEqual([0, 2, 4, 6, 8, 10, 11, 12]);
  });

  test('beginnings and parts are cut by UTF-16 units, as the predicate compares them', () => {
    const filters = [
      condition('title', 'beginsWith', 'a😀'),
      condition('title', 'beginsWith', '😀'),
      condition('title', 'contains', '😀b'),
      condition('title', 'contains', 'é'),
    ];
    expect(found(filters, image([['title', { S: 'a😀b' }]]))).toEqual([0, 2]);
    expect(found(filters, image([['title', { S: 'e\u0301' }]]))).toEqual([]);
  });

  test('C6 texts that only differ behind what they are looked up by are all found, for the predicate to tell apart', () => {
    const [begun, part] = ['b'.repeat(MAX_BEGINNING), 'p'.repeat(MAX_PART)];
    const filters = [
      condition('title', 'beginsWith', begun),
      condition('title', 'beginsWith', `${begun}x`),
      condition('title', 'beginsWith', `${begun}y`),
      condition('title', 'beginsWith', `b${'a'.repeat(MAX_BEGINNING)}`),
      condition('title', 'contains', `${part}x`),
      condition('title', 'contains', `${part}y`),
      condition('title', 'contains', `a${part}`),
      condition('tags', 'contains', `${part}x`),
      condition('tags', 'contains', `${part}y`),
      condition('tags', 'contains', part.slice(1)),
    ];
    const item = image([
      ['title', { S: `${begun}x ${part}x` }],
      ['tags', { SS: [`${part}x`, 'other'] }],
    ]);
    expect(found(filters, item)).toEqual([0, 1, 2, 4, 5, 7, 8]);
    // Few are tried on the text and many are looked up in it: both find the same.
    const others = Array.from({ length: 5_000 }, (_, n) =>
      condition('title', 'contains', `${n}`.padStart(8, '0')),
    );
    expect(found([...filters, ...others], item)).toEqual([0, 1, 2, 4, 5, 7, 8]);
  });

  test('a range is what a filter is looked up by only where nothing better narrows', () => {
    const ids = (n: number) => [`a${n}`, `b${n}`, `c${n}`];
    const byId = Array.from({ length: 40 }, (_, n) =>
      and(condition('priority', 'between', String(-n), '100'), condition('id', 'in', ...ids(n))),
    );
    const byTitle = Array.from({ length: 40 }, (_, n) =>
      and(
        condition('priority', 'gt', String(-n)),
        or(...ids(n).map((begun) => condition('title', 'beginsWith', `${begun}-`))),
      ),
    );
    const item = image([
      ['id', { S: 'b7' }],
      ['title', { S: 'c9-x' }],
      ['priority', { N: '50' }],
    ]);
    expect(found(byId, item)).toEqual([7]);
    expect(found(byTitle, item)).toEqual([9]);
  });

  test('an image is looked up in as many steps for ten thousand filters as for a hundred', () => {
    const steps = (count: number) => {
      const filters = Array.from({ length: count }, (_, n) =>
        [
          condition('title', 'beginsWith', `t${n}-`),
          condition('title', 'contains', `-${n}.`),
          condition('priority', 'between', String(n * 10), String(n * 10 + 5)),
          and(condition('completed', 'eq', true), condition('id', 'eq', String(n))),
        ].slice(n % 4, (n % 4) + 1),
      ).flat();
      let reads = 0;
      const text = new Proxy(new Set<number>(), {
        get: (target, name) => {
          reads += 1;
          const own: unknown = Reflect.get(target, name);
          return typeof own === 'function' ? own.bind(target) : own;
        },
      });
      const item = image([
        ['id', { S: '3' }],
        ['title', { S: 't0-1.' }],
        ['priority', { N: '22' }],
        ['completed', { BOOL: true }],
      ]);
      createFilterFinder(filters, todoType).addFound(item, text);
      return { found: text.size, reads: reads - 1 };
    };
    expect(steps(10_000)).toEqual(steps(100));
    expect(steps(100).found).toBe(4);
  });
});

describe('what a filter demands', () => {
  const cheap = (expression: Expression, dear: (demand: Demand) => boolean = () => false) =>
    cheapestDemands(expression, (demand) => (dear(demand) ? 100 : 1));

  test('of an `and` the cheapest part, of an `or` every part, under `not` the other way round', () => {
    const [a, b] = [condition('title', 'eq', 'a'), condition('id', 'eq', 'b')];
    const demandA = { kind: 'equals', field: 'title', value: 'a' } as const;
    const demandB = { kind: 'equals', field: 'id', value: 'b' } as const;
    expect(cheap(and(a, b), ({ field }) => field === 'title')).toEqual([demandB]);
    expect(cheap(and(a, b), ({ field }) => field === 'id')).toEqual([demandA]);
    expect(cheap(or(a, b))).toEqual([demandA, demandB]);
    const [notA, notB] = [condition('title', 'ne', 'a'), condition('id', 'ne', 'b')];
    expect(cheap(not(or(notA, notB)), ({ field }) => field === 'title')).toEqual([demandB]);
    expect(cheap(not(and(notA, notB)))).toEqual([demandA, demandB]);
  });

  test('nothing where any image may do, and what nothing can match is found by none', () => {
    for (const expression of [
      and(),
      condition('title', 'ne', 'a'),
      not(condition('title', 'beginsWith', 'a')),
      not(condition('priority', 'lt', '3')),
      condition('title', 'beginsWith', ''),
      condition('title', 'contains', ''),
      condition('title', 'notContains', 'a'),
      condition('title', 'attributeExists', false),
      or(condition('title', 'eq', 'a'), condition('id', 'ne', 'b')),
    ])
      expect(cheap(expression)).toBeUndefined();
    expect(cheap(or())).toEqual([]);
    expect(cheap(condition('title', 'in'))).toEqual([]);
    expect(found([or(), and()], image([]))).toEqual([1]);
  });

  test('never more than can be kept', () => {
    const many = Array.from({ length: 60 }, (_, n) => String(n));
    const both = or(condition('title', 'in', ...many), condition('id', 'in', ...many));
    expect(many.length * 2).toBeGreaterThan(MAX_DEMANDS);
    expect(cheap(both)).toBeUndefined();
    expect(everyDemand(both)).toHaveLength(120);
    expect(cheap(and(both, condition('priority', 'eq', '1')))).toEqual([
      { kind: 'equals', field: 'priority', value: '1' },
    ]);
  });

  test('what all filters demand alike is not what they are looked up by', () => {
    const filters = Array.from({ length: 40 }, (_, n) =>
      and(condition('title', 'eq', 'same'), condition('id', 'beginsWith', `id${n}-`)),
    );
    const item = image([
      ['title', { S: 'same' }],
      ['id', { S: 'id7-x' }],
    ]);
    expect(found(filters, item)).toEqual([7]);
  });
});
