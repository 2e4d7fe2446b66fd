import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { afterUpdate } from '../../../../src/api/access/after-update.ts';
import type { Attribute, Image } from '../../../../src/change/change.ts';
import type { Expression } from '../../../../src/filter/expression.ts';
import { compilePredicate } from '../../../../src/filter/predicate.ts';
import { expressions, images } from '../../filter/arbitraries.ts';
import { todoType } from '../../filter/todo.ts';

const attributes = [...todoType.fields.values()].map(({ attribute }) => attribute);

const changes = fc.record({
  set: images(todoType),
  remove: fc.uniqueArray(fc.constantFrom(...attributes), { maxLength: 3 }),
});

function holds(expression: Expression, image: Image): boolean {
  const compiled = compilePredicate(expression, todoType);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.test(image);
}

test('C6 what is asked of an item before an update is what holds for it afterwards', () => {
  let [held, decided] = [0, 0];
  fc.assert(
    fc.property(expressions(todoType), images(todoType), changes, (expression, old, { set, remove }) => {
      const kept = Object.entries(set).filter(([name]) => !remove.includes(name));
      const change = { set: Object.assign(Object.create(null), Object.fromEntries(kept)), remove };
      const changed: Record<string, Attribute> = Object.assign(Object.create(null), old, change.set);
      for (const name of remove) delete changed[name];

      const before = afterUpdate(expression, todoType, change);
      const isHeld = holds(expression, changed);
      expect(holds(before, old)).toBe(isHeld);
      if (isHeld) held += 1;
      if (before.kind !== 'condition' && before.kind !== 'not' && before.of.length === 0) decided += 1;
    }),
    { numRuns: 500 },
  );
  expect(held).toBeGreaterThan(50);
  expect(decided).toBeGreaterThan(50);
});
