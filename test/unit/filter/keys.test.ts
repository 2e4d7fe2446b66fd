import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Attribute, Image } from '../../../src/change/change.ts';
import { alternatives } from '../../../src/filter/alternatives.ts';
import type { Equalities, Expression } from '../../../src/filter/expression.ts';
import { imageFilterKeys } from '../../../src/filter/image-keys.ts';
import { filterKey, hash128 } from '../../../src/filter/keys.ts';
import { chooseShapes } from '../../../src/filter/shapes.ts';
import { comparisonOf } from '../../../src/filter/value.ts';
import type { FieldModel } from '../../../src/schema/model.ts';
import { expressions, images } from './arbitraries.ts';
import { matches } from './reference.ts';
import { image, todoField, todoType } from './todo.ts';

const equalities = (...entries: [string, string | boolean | null][]): Equalities => new Map(entries);

describe('filter keys', () => {
  test('are pinned: rows of live connections lie under them', () => {
    expect(hash128('')).toBe('47DEQpj8HBSa-_TImW-5JA');
    expect(filterKey('onCreateTodo', equalities())).toBe(hash128('[1,"onCreateTodo",[]]'));
    expect(
      filterKey('onCreateTodo', equalities(['title', 'できる'], ['completed', false], ['id', null])),
    ).toBe(hash128('[1,"onCreateTodo",[["completed","b",false],["id","n",null],["title","t","できる"]]]'));
  });

  test('are 22 characters of base64url, whatever the values', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(filterKey('onCreateTodo', equalities(['title', text]))).toMatch(/^[\w-]{22}$/);
      }),
      { numRuns: 200 },
    );
  });

  test('tell apart fields, names, values and types, and nothing else', () => {
    const keys = [
      filterKey('onCreateTodo', equalities()),
      filterKey('onUpdateTodo', equalities()),
      filterKey('onCreateTodo', equalities(['title', 'true'])),
      filterKey('onCreateTodo', equalities(['title', 'null'])),
      filterKey('onCreateTodo', equalities(['title', null])),
      filterKey('onCreateTodo', equalities(['title', ''])),
      filterKey('onCreateTodo', equalities(['completed', true])),
      filterKey('onCreateTodo', equalities(['id', 'a'], ['title', 'b'])),
      filterKey('onCreateTodo', equalities(['id', 'b'], ['title', 'a'])),
      filterKey('onCreateTodo', equalities(['id', 'a","b'])),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(filterKey('onCreateTodo', equalities(['title', 'b'], ['id', 'a']))).toBe(keys[7]);
  });
});

describe('keys of an image', () => {
  const key = (shape: string[], ...entries: Parameters<typeof image>[0]) =>
    imageFilterKeys('onCreateTodo', shape, image(entries), todoType).known[0];
  const filter = (...entries: [string, string | boolean | null][]) =>
    filterKey('onCreateTodo', equalities(...entries));

  test('are those of the values as the API shows them', () => {
    expect(key(['id'], ['id', { N: '5.0' }])).toBe(filter(['id', '5']));
    expect(key(['id'], ['id', { S: '5' }])).toBe(filter(['id', '5']));
    expect(key(['price'], ['price', { N: '15E-1' }])).toBe(filter(['price', '1.5']));
    expect(key(['completed'], ['completed', { BOOL: false }])).toBe(filter(['completed', false]));
    expect(key(['senderId'], ['sender_id', { S: 'u' }], ['senderId', { S: 'v' }])).toBe(
      filter(['senderId', 'u']),
    );
    expect(key(['title', 'id'], ['id', { S: 'a' }], ['title', { S: 'b' }])).toBe(
      filter(['id', 'a'], ['title', 'b']),
    );
    expect(key([], ['id', { S: 'a' }])).toBe(filter());
  });

  test('hold null, missing, wrong-typed and unknown as one NULL', () => {
    const absent = filter(['priority', null]);
    expect(key(['priority'])).toBe(absent);
    expect(key(['priority'], ['priority', { NULL: true }])).toBe(absent);
    expect(key(['priority'], ['priority', { S: '5' }])).toBe(absent);
    expect(key(['colour'], ['colour', { S: 'red' }])).toBe(filter(['colour', null]));
    expect(key(['valueOf'])).toBe(filter(['valueOf', null]));
  });

  test('find every subscription whose filter the image matches, whatever shapes are in use', () => {
    const names = [...todoType.fields.keys()];
    const shapes = fc.array(
      fc.subarray(names, { maxLength: 3 }).map((shape) => shape.sort()),
      { maxLength: 4 },
    );
    let found = 0;
    fc.assert(
      fc.property(
        expressions(todoType),
        fc.constantFrom(1, 4, 16, 16),
        shapes,
        fc.constantFrom(1, 3, 8, 8),
        fc.array(images(todoType), { minLength: 1, maxLength: 3 }),
        (expression, max, inUse, maxShapes, items) => {
          const chosen = chooseShapes(alternatives(expression, { max }), inUse, maxShapes);
          for (const item of items.flatMap((each) => [each, ...satisfying(expression, each)])) {
            if (!matches(expression, item, todoType)) continue;
            if (chosen.some((choice) => choice.names.length > 0)) found += 1;
            const hit = chosen.some(({ names, equalities }) =>
              imageFilterKeys('onCreateTodo', names, item, todoType).known.includes(
                filterKey('onCreateTodo', equalities),
              ),
            );
            expect(hit).toBe(true);
          }
        },
      ),
      { numRuns: 2_000 },
    );
    // Matches that a key narrower than the empty one had to find.
    expect(found).toBeGreaterThan(300);
  });
});

/** The item once for each alternative, with just those attributes changed that its equalities ask for. */
function satisfying(expression: Expression, item: Image): Image[] {
  return alternatives(expression).map((wanted) => {
    const changed = [...wanted].map(([name, value]) => [todoField(name), value] as const);
    const attributes = new Set(changed.map(([field]) => field.attribute));
    return image([
      ...Object.entries(item).filter(([attribute]) => !attributes.has(attribute)),
      ...changed.flatMap(([field, value]) =>
        value === null ? [] : [[field.attribute, attributeOf(field, value)] as const],
      ),
    ]);
  });
}

/** Numbers are spelled as another writer might have. */
function attributeOf({ kind }: FieldModel, value: string | boolean): Attribute {
  if (typeof value === 'boolean') return { BOOL: value };
  if (comparisonOf(kind) === 'text') return { S: value };
  return { N: value.includes('.') ? `${value}00` : `${value}.0` };
}
