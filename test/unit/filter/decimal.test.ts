import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareDecimals, normaliseDecimal } from '../../../src/filter/decimal.ts';
import { decimalText, scaled } from './reference.ts';

const DIGITS_38 = '12345678901234567890123456789012345678';

const sign = fc.constantFrom('', '-', '+');
const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 25 });
const zeros = fc.string({ unit: fc.constant('0'), maxLength: 8 });

/** Decimal texts of every spelling, exponents kept where the reference's scale holds them. */
const spelled = fc
  .tuple(
    sign,
    zeros,
    digits,
    digits,
    zeros,
    fc.option(fc.integer({ min: -100, max: 90 }), { nil: undefined }),
  )
  .map(([minus, before, whole, fraction, after, exponent]) => {
    const mantissa = `${before}${whole}0.${fraction}${after}`;
    return `${minus}${mantissa}${exponent === undefined ? '' : `e${exponent}`}`;
  });

function significantDigits(units: bigint): number {
  return units.toString().replace('-', '').replace(/0+$/, '').length;
}

describe('normalising decimals', () => {
  test.each([
    ['5', '5'],
    ['+5', '5'],
    ['-5', '-5'],
    ['005', '5'],
    ['5.0', '5'],
    ['5.', '5'],
    ['.5', '0.5'],
    ['-.50', '-0.5'],
    ['0', '0'],
    ['-0', '0'],
    ['-0.000', '0'],
    ['0e999999999', '0'],
    ['1E5', '100000'],
    ['1e+2', '100'],
    ['12.5e-3', '0.0125'],
    ['123e-2', '1.23'],
    [DIGITS_38, DIGITS_38],
    [`0.${DIGITS_38}`, `0.${DIGITS_38}`],
    [`${DIGITS_38}000`, `${DIGITS_38}000`],
    [`1.${'0'.repeat(60)}`, '1'],
    ['9007199254740993', '9007199254740993'],
    ['0.1000000000000000055511151231257827021', '0.1000000000000000055511151231257827021'],
    ['1e-130', `0.${'0'.repeat(129)}1`],
    ['9.9e125', `99${'0'.repeat(124)}`],
  ])('writes %s as %s', (written, canonical) => {
    expect(normaliseDecimal(written)).toBe(canonical);
  });

  test.each([
    '',
    '.',
    '-',
    'e5',
    '5e',
    '5e1.5',
    ' 5',
    '5 ',
    '5\n',
    '1_000',
    '1,5',
    '0x10',
    'NaN',
    'Infinity',
    '٥',
    `${DIGITS_38}9`,
    `0.${DIGITS_38}9`,
    '1e126',
    '1e-131',
    '1e999999999999999999999',
    `${'0'.repeat(2_000)}1`,
  ])('refuses %p, as DynamoDB does', (text) => {
    expect(normaliseDecimal(text)).toBeUndefined();
  });

  test('takes numbers and bigints by the shortest text that names them', () => {
    expect(normaliseDecimal(0.1)).toBe('0.1');
    expect(normaliseDecimal(-0)).toBe('0');
    expect(normaliseDecimal(1e21)).toBe('1000000000000000000000');
    expect(normaliseDecimal(5e-7)).toBe('0.0000005');
    expect(normaliseDecimal(2n ** 64n)).toBe('18446744073709551616');
    expect(normaliseDecimal(Number.NaN)).toBeUndefined();
    expect(normaliseDecimal(Number.MAX_VALUE)).toBeUndefined();
  });

  test('keeps the value exactly, and only refuses what has over 38 digits', () => {
    fc.assert(
      fc.property(spelled, (text) => {
        const units = scaled(text);
        const expected = significantDigits(units) > 38 ? undefined : decimalText(units);
        expect(normaliseDecimal(text)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test('takes long runs of zeros in linear time', () => {
    expect(normaliseDecimal(`1${'0'.repeat(900)}1`)).toBeUndefined();
    expect(normaliseDecimal(`0.${'0'.repeat(990)}`)).toBe('0');
  });
});

describe('comparing decimals', () => {
  const canonical = spelled
    .filter((text) => significantDigits(scaled(text)) <= 38)
    .map((text) => decimalText(scaled(text)));
  /** Neighbours differ late, where a double would call them equal. */
  const neighbour = fc
    .tuple(fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }), fc.integer({ min: -2, max: 2 }), fc.nat(60))
    .map(([units, step, shift]) => {
      const scale = 10n ** BigInt(170 - shift);
      return [decimalText(units * scale), decimalText((units + BigInt(step)) * scale)] as const;
    });

  test('orders as whole numbers of the smallest unit do', () => {
    const pairs = fc.oneof(fc.tuple(canonical, canonical), neighbour);
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const [left, right] = [scaled(a), scaled(b)];
        expect(Math.sign(compareDecimals(a, b))).toBe(left < right ? -1 : Number(left > right));
      }),
      { numRuns: 2_000 },
    );
  });

  test('tells numbers apart that are one double', () => {
    expect(compareDecimals('9007199254740993', '9007199254740992')).toBeGreaterThan(0);
    expect(compareDecimals('-9007199254740993', '-9007199254740992')).toBeLessThan(0);
    expect(compareDecimals('0.10000000000000000001', '0.1')).toBeGreaterThan(0);
  });
});
