import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Attribute, Image } from '../../../src/change/change.ts';
import { isEntity } from '../../../src/change/entity.ts';
import { areDisjoint } from '../../../src/schema/entities.ts';
import type { EntityCondition } from '../../../src/schema/model.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', '#'), maxLength: 3 });
const attribute = fc.constantFrom('k', 'l');
const condition: fc.Arbitrary<EntityCondition> = fc.oneof(
  fc.record({ attribute, equals: text }),
  fc.record({ attribute, beginsWith: text }),
);

function item(k: string, l: string): Image {
  const made: Record<string, Attribute> = Object.create(null);
  made['k'] = { S: k };
  made['l'] = { S: l };
  return made;
}

/** Every text of up to four letters: longer than any condition above. */
const TEXTS = ['a', 'b', '#'].reduce<string[]>(
  (texts) => [...new Set(texts.flatMap((each) => [each, ...['a', 'b', '#'].map((letter) => each + letter)]))],
  ['', 'a', 'b', '#'],
);

function wordOf(one: EntityCondition): string {
  return 'equals' in one ? one.equals : one.beginsWith;
}

describe('the conditions of two types on one table', () => {
  test('are disjoint exactly when no item satisfies both', () => {
    fc.assert(
      fc.property(condition, condition, (one, other) => {
        const words = [...TEXTS, wordOf(one), wordOf(other)];
        const shared = words.some((k) =>
          words.some((l) => isEntity(item(k, l), one) && isEntity(item(k, l), other)),
        );
        expect(areDisjoint(one, other)).toBe(!shared);
      }),
      { numRuns: 200 },
    );
  });

  test('are judged the same in either order', () => {
    fc.assert(
      fc.property(condition, condition, (one, other) => areDisjoint(one, other) === areDisjoint(other, one)),
    );
  });
});
