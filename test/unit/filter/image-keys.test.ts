import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Attribute } from '../../../src/change/change.ts';
import { alternatives } from '../../../src/filter/alternatives.ts';
import type { Expression, Value } from '../../../src/filter/expression.ts';
import { createFilterFinder } from '../../../src/filter/finder.ts';
import { imageFilterKeys, MAX_IMAGE_KEYS } from '../../../src/filter/image-keys.ts';
import { filterKey } from '../../../src/filter/keys.ts';
import { compilePredicate } from '../../../src/filter/predicate.ts';
import { chooseShapes } from '../../../src/filter/shapes.ts';
import type { FieldKind, TableType } from '../../../src/schema/model.ts';
import { images, ruleExpressions } from './arbitraries.ts';
import { matches } from './reference.ts';
import { and, condition, fieldModel, image, or, todoField, todoType } from './todo.ts';

const FIELD = 'onChangeTodo';

const keysOf = (shape: readonly string[], ...entries: Parameters<typeof image>[0]) =>
  imageFilterKeys(FIELD, shape, image(entries), todoType);
const keyOf = (...entries: [string, Value][]) => filterKey(FIELD, new Map(entries));
const texts = (count: number, begun = 'u') => Array.from({ length: count }, (_, n) => `${begun}${n}`);

describe('keys of an image with a list', () => {
  test('C10 are one for each distinct element, whatever list or set it is', () => {
    const both = [keyOf(['tags', 'a']), keyOf(['tags', 'b'])];
    const lists: Attribute[] = [
      { SS: ['a', 'b'] },
      { L: [{ S: 'a' }, { S: 'b' }, { S: 'a' }] },
      { L: [{ S: 'a' }, { NULL: true }, { M: image([]) }, { L: [{ S: 'c' }] }, { S: 'b' }] },
    ];
    for (const list of lists) expect(keysOf(['tags'], ['tags', list]).known).toEqual(both);
    expect(keysOf(['tags'], ['tags', { NS: ['5', '6.5'] }]).known).toEqual([
      keyOf(['tags', '5']),
      keyOf(['tags', '6.5']),
    ]);
    expect(keysOf(['tags'], ['tags', { BS: ['YQ=='] }]).known).toEqual([keyOf(['tags', 'YQ=='])]);
    expect(keysOf(['scores'], ['scores', { L: [{ N: '5' }, { N: '5' }] }]).known).toEqual([
      keyOf(['scores', '5']),
    ]);
  });

  test('are that of the value where the attribute is no list', () => {
    expect(keysOf(['tags'], ['tags', { S: 'alice' }]).known).toEqual([keyOf(['tags', 'alice'])]);
  });

  test('are none where there is no element, whatever else the shape names', () => {
    const nothing: (Attribute | undefined)[] = [
      undefined,
      { NULL: true },
      { L: [] },
      { L: [{ NULL: true }] },
    ];
    for (const stored of nothing) {
      const entries = stored ? [['tags', stored] as const] : [];
      const found = keysOf(['tags', 'title'], ['title', { S: 'a' }], ...entries);
      expect(found).toEqual({ known: [], guessed: [], isCut: false });
    }
  });

  test('are the product over several lists, beside the other names of the shape', () => {
    const { known } = keysOf(
      ['title', 'scores', 'tags'],
      ['title', { S: 't' }],
      ['tags', { SS: ['a', 'b'] }],
      ['scores', { NS: ['1', '2'] }],
    );
    const wanted = ['a', 'b'].flatMap((tag) =>
      ['1', '2'].map((score) => keyOf(['title', 't'], ['scores', score], ['tags', tag])),
    );
    expect(new Set(known)).toEqual(new Set(wanted));
    expect(known).toHaveLength(4);
  });

  test('C5 are 1,000 at most, and it is said when there would be more', () => {
    const [all, one] = [texts(MAX_IMAGE_KEYS), texts(MAX_IMAGE_KEYS + 1)];
    expect(keysOf(['tags'], ['tags', { SS: all }])).toMatchObject({ isCut: false });
    expect(keysOf(['tags'], ['tags', { SS: all }]).known).toHaveLength(MAX_IMAGE_KEYS);
    expect(keysOf(['tags'], ['tags', { SS: one }])).toMatchObject({ isCut: true });
    expect(keysOf(['tags'], ['tags', { SS: one }]).known).toHaveLength(MAX_IMAGE_KEYS);
    const product = keysOf(
      ['tags', 'scores'],
      ['tags', { SS: texts(50) }],
      ['scores', { NS: texts(50, '') }],
    );
    expect(product.isCut).toBe(true);
    expect(new Set(product.known).size).toBe(MAX_IMAGE_KEYS);
    // Another shape of the same image is not the less found for it.
    expect(keysOf(['title'], ['title', { S: 'a' }], ['tags', { SS: one }])).toMatchObject({
      known: [keyOf(['title', 'a'])],
      isCut: false,
    });
  });
});

describe('keys that another version of the schema made', () => {
  const retyped = (name: string, kind: FieldKind, list: boolean): TableType => ({
    ...todoType,
    fields: new Map([...todoType.fields, [name, fieldModel(name, kind, { list })]]),
  });
  const without = (name: string): TableType => {
    const fields = new Map(todoType.fields);
    fields.delete(name);
    return { ...todoType, fields };
  };
  const alice = keyOf(['tags', 'alice']);

  test('C1 of a list that is none any more are found by its elements and by its value', () => {
    const type = retyped('tags', 'String', false);
    for (const stored of [{ S: 'alice' }, { SS: ['alice', 'bob'] }, { L: [{ S: 'alice' }] }])
      expect(imageFilterKeys(FIELD, ['tags'], image([['tags', stored]]), type).known).toContain(alice);
  });

  test('C1 of a list whose elements were of another kind are found by them as they are stored', () => {
    const type = retyped('tags', 'Int', true);
    const { known } = imageFilterKeys(FIELD, ['tags'], image([['tags', { SS: ['alice'] }]]), type);
    expect(known).toEqual([alice]);
  });

  test('C1 of a list that is gone are guessed from every attribute and every element', () => {
    const item = image([
      ['labels', { SS: ['alice', 'bob'] }],
      ['title', { S: 'a' }],
    ]);
    const found = imageFilterKeys(FIELD, ['tags'], item, without('tags'));
    expect(found.known).toEqual([keyOf(['tags', null])]);
    expect(new Set(found.guessed)).toEqual(new Set([alice, keyOf(['tags', 'bob']), keyOf(['tags', 'a'])]));
    expect(imageFilterKeys(FIELD, ['tags'], item, without('tags'), { isGuessing: false }).guessed).toEqual(
      [],
    );
  });

  test('are guessed without elements where those are too many', () => {
    const item = image([
      ['labels', { SS: texts(100) }],
      ['title', { S: 'a' }],
    ]);
    expect(imageFilterKeys(FIELD, ['tags'], item, without('tags')).guessed).toEqual([keyOf(['tags', 'a'])]);
  });
});

describe('whom the rules let in', () => {
  const fields = ['tags', 'senderId', 'title', 'completed'].map((name) => [name, todoField(name)] as const);
  const type: TableType = { ...todoType, fields: new Map(fields) };

  test('C6 is found for every image they may read, by key and by what their filter demands', () => {
    let byElement = 0;
    const shapes = fc.array(fc.subarray(['tags', 'senderId', 'title'], { minLength: 1 }), { maxLength: 3 });
    fc.assert(
      fc.property(
        ruleExpressions(type),
        fc.constantFrom(1, 4, 16),
        shapes,
        fc.array(images(type), { minLength: 1, maxLength: 4 }),
        (rules, max, inUse, items) => {
          const filter = and(rules, condition('completed', 'ne', true));
          const finder = createFilterFinder([filter], type);
          const chosen = chooseShapes(alternatives(filter, { max }), inUse);
          const compiled = compilePredicate(filter, type);
          for (const item of items) {
            const holds = matches(filter, item, type);
            expect(compiled.ok && compiled.test(item)).toBe(holds);
            if (!holds) continue;
            const places = new Set(finder.always);
            finder.addFound(item, places);
            expect([...places]).toEqual([0]);
            const hits = chosen.filter(({ names, equalities }) =>
              imageFilterKeys(FIELD, names, item, type).known.includes(filterKey(FIELD, equalities)),
            );
            expect(hits.length).toBeGreaterThan(0);
            if (hits.some(({ names }) => names.some((name) => todoField(name).list))) byElement += 1;
          }
        },
      ),
      { numRuns: 2_000 },
    );
    expect(byElement).toBeGreaterThan(20);
  });

  test('S6 is nobody by a part of a name', () => {
    const rules: readonly Expression[] = [
      condition('tags', 'hasElement', 'ali'),
      or(condition('senderId', 'eq', 'ali'), condition('tags', 'hasElement', 'ali', 'lice')),
    ];
    const stored: readonly Attribute[] = [
      { S: 'alice' },
      { SS: ['alice'] },
      { L: [{ S: 'alice' }, { L: [{ S: 'ali' }] }, { M: image([['ali', { S: 'ali' }]]) }] },
    ];
    for (const rule of rules) {
      const compiled = compilePredicate(rule, todoType);
      for (const tags of stored) {
        const item = image([['tags', tags]]);
        expect(compiled.ok && compiled.test(item)).toBe(false);
        const places = new Set<number>();
        createFilterFinder([rule], todoType).addFound(item, places);
        expect(places.size).toBe(0);
      }
    }
  });
});
