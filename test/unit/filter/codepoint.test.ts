import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareCodePoints, hasLoneSurrogate } from '../../../src/filter/codepoint.ts';

describe('order of text', () => {
  test('puts characters beyond U+FFFF last, where UTF-16 order would not', () => {
    expect('\uFF5A' < '😀').toBe(false);
    expect(compareCodePoints('\uFF5A', '😀')).toBeLessThan(0);
    expect(compareCodePoints('a😀', 'a\uFFFD')).toBeGreaterThan(0);
    expect(compareCodePoints('😀', '😁')).toBeLessThan(0);
    expect(compareCodePoints('', 'a')).toBeLessThan(0);
    expect(compareCodePoints('ab', 'a')).toBeGreaterThan(0);
  });

  test('is the order of the UTF-8 bytes', () => {
    const unit = fc.constantFrom(
      'a',
      '\u007F',
      'é',
      '\uD7FF',
      '\uE000',
      '\uFFFF',
      '\u{10000}',
      '😀',
      '\u{10FFFF}',
    );
    const text = fc.string({ unit, maxLength: 6 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2_000 },
    );
  });

  test('half a surrogate pair is noticed, a whole one is not', () => {
    expect(['\uD83D', 'a\uDE00', '\uDE00\uD83D', '😀\uD83D'].map(hasLoneSurrogate)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['', 'a', '😀', '\uFFFD', 'é😀é'].map(hasLoneSurrogate)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
