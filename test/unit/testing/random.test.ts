import { expect, test } from '@jest/globals';
import { createSeededRandom } from '../../../src/testing/random.ts';

const draw = (seed: number, count: number) => {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

test('one seed gives one sequence, neighbouring seeds unrelated ones', () => {
  expect(draw(1, 50)).toEqual(draw(1, 50));
  expect(draw(1, 5)).not.toEqual(draw(2, 5));
});

test('numbers lie in [0, 1) and spread evenly', () => {
  const numbers = draw(3, 10_000);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  for (let tenth = 0; tenth < 10; tenth += 1) {
    const hits = numbers.filter((number) => Math.floor(number * 10) === tenth).length;
    expect(hits).toBeGreaterThan(850);
    expect(hits).toBeLessThan(1_150);
  }
});

test('rates of nought and one are kept to the letter, and choices all come up', () => {
  const random = createSeededRandom(4);
  expect(Array.from({ length: 200 }, () => random.chance(0))).not.toContain(true);
  expect(Array.from({ length: 200 }, () => random.chance(1))).not.toContain(false);
  expect(new Set(Array.from({ length: 200 }, () => random.pick(['a', 'b', 'c'])))).toEqual(
    new Set(['a', 'b', 'c']),
  );
  expect(() => random.pick([])).toThrow('at least one choice');
});
