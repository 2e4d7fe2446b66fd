import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Equalities, ShapeNames } from '../../../src/filter/expression.ts';
import { chooseShapes } from '../../../src/filter/shapes.ts';

const of = (names: string, value = 'v'): Equalities => new Map([...names].map((name) => [name, value]));
const shape = (names: string): ShapeNames => [...names];
const chosen = (alternatives: Equalities[], inUse: string[], maxShapes?: number) =>
  chooseShapes(alternatives, inUse.map(shape), maxShapes).map(({ names, equalities }) => {
    expect([...equalities.keys()]).toEqual(names);
    return names.join('');
  });

describe('choosing shapes', () => {
  test('takes all names while there is room', () => {
    expect(chosen([of('ba')], [])).toEqual(['ab']);
    expect(chosen([of('ab'), of('c')], ['', 'a'])).toEqual(['c', 'ab']);
  });

  test('the empty shape counts among the 8 whether it is in use yet or not', () => {
    const seven = ['b', 'c', 'd', 'e', 'f', 'g', 'h'];
    expect(chosen([of('a')], seven)).toEqual(['']);
    expect(chosen([of('a')], ['', ...seven])).toEqual(['']);
    expect(chosen([of('a')], seven.slice(1))).toEqual(['a']);
    expect(chosen([of('a')], ['', ...seven.slice(1)])).toEqual(['a']);
  });

  test('when full, a shape in use still serves, and else the largest one contained', () => {
    expect(chosen([of('abc')], ['', 'a', 'abc', 'b'], 3)).toEqual(['abc']);
    expect(chosen([of('abc')], ['', 'a', 'bc', 'abd'], 3)).toEqual(['bc']);
    expect(chosen([of('abc')], ['', 'bc', 'ab'], 3)).toEqual(['ab']);
    expect(chosen([of('abc')], ['', 'ab', 'bc'], 3)).toEqual(['ab']);
    expect(chosen([of('c')], ['', 'a', 'b'], 3)).toEqual(['']);
  });

  test('shapes chosen for earlier alternatives take room from later ones', () => {
    expect(chosen([of('a'), of('b'), of('ac')], [''], 3)).toEqual(['a', 'b']);
    expect(chosen([of('a'), of('b')], [''], 2)).toEqual(['']);
  });

  test('one alternative on the empty shape makes the others needless', () => {
    expect(chosen([of('a'), of(''), of('b')], [])).toEqual(['']);
  });

  test('equal rows are written once, and none that another covers', () => {
    expect(chosen([of('ab'), of('ac')], ['', 'a'], 2)).toEqual(['a']);
    const both = chooseShapes([of('a', 'v'), of('a', 'w')], [shape('a')], 2);
    expect(both.map(({ equalities }) => equalities.get('a'))).toEqual(['v', 'w']);
  });

  test('a null stays a null, and no alternative is no shape', () => {
    expect(chooseShapes([new Map([['a', null]])], [])).toEqual([
      { names: ['a'], equalities: new Map([['a', null]]) },
    ]);
    expect(chooseShapes([], [shape('a')])).toEqual([]);
  });

  test('never brings more shapes into use than allowed, and each alternative is under one of those chosen', () => {
    const names = fc.subarray(['__proto__', 'a', 'b', 'c', 'd']);
    const alternative = names.chain((some) =>
      fc
        .tuple(...some.map((name) => fc.tuple(fc.constant(name), fc.constantFrom('v', 'w'))))
        .map((all) => new Map(all)),
    );
    fc.assert(
      fc.property(
        fc.array(alternative, { maxLength: 16 }),
        fc.array(names, { maxLength: 6 }),
        fc.integer({ min: 1, max: 8 }),
        (alternatives, inUse, max) => {
          const result = chooseShapes(alternatives, inUse, max);
          const before = new Set(['[]', ...inUse.map((each) => JSON.stringify(each))]);
          const after = new Set([...before, ...result.map((each) => JSON.stringify(each.names))]);
          expect(after.size).toBeLessThanOrEqual(Math.max(max, before.size));
          for (const equalities of alternatives) {
            const under = result.some((choice) =>
              choice.names.every(
                (name) => equalities.has(name) && equalities.get(name) === choice.equalities.get(name),
              ),
            );
            expect(under).toBe(true);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
