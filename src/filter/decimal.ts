/**
 * DynamoDB numbers as exact decimal text. No double is ever made of one: a double keeps 15–17 of the 38 digits.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-data-types-number
 */

/** Significant digits DynamoDB keeps; it refuses a number with more. */
export const MAX_DIGITS = 38;

/** Power of ten of the first significant digit: magnitudes are 1E-130 to 9.99…E+125. */
const MIN_EXPONENT = -130;
const MAX_EXPONENT = 125;

/** Longest text looked at. The longest number there is takes 171 characters; zeros may lead or trail. */
const MAX_TEXT_LENGTH = 1_000;

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Most numbers are already as they should be, and these are the ones to see at a glance. */
const SHORT_INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;

/**
 * Canonical text of a number: equal numbers have equal texts. Plain notation, never an exponent (at most 171
 * characters), no leading `+` or zeros, no trailing zeros after the point, and `0` for `-0`.
 * `undefined` for what DynamoDB would refuse as N: no number, over 38 significant digits, or outside its range.
 */
export function normaliseDecimal(number: string | number | bigint): string | undefined {
  const text = String(number);
  if (SHORT_INTEGER.test(text)) return text;
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const parts = DECIMAL.exec(text);
  if (!parts) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  const written = whole + fraction;
  if (written === '') return undefined;

  const unpadded = written.replace(/^0+/, '');
  if (unpadded === '') return '0';
  const pointAt = whole.length - (written.length - unpadded.length) + Number(exponent);
  const digits = withoutTrailingZeros(unpadded);
  if (digits.length > MAX_DIGITS) return undefined;
  if (pointAt - 1 < MIN_EXPONENT || pointAt - 1 > MAX_EXPONENT) return undefined;
  return (sign === '-' ? '-' : '') + plain(digits, pointAt);
}

/** Places the decimal point before `digits[pointAt]`, filling up with zeros on either side. */
function plain(digits: string, pointAt: number): string {
  if (pointAt <= 0) return `0.${'0'.repeat(-pointAt)}${digits}`;
  if (pointAt >= digits.length) return digits + '0'.repeat(pointAt - digits.length);
  return `${digits.slice(0, pointAt)}.${digits.slice(pointAt)}`;
}

/** A loop, because `/0+$/` takes quadratic time on zeros that do not end the text. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}

/** Order of two numbers in canonical text (`normaliseDecimal`): negative, 0 or positive, exactly. */
export function compareDecimals(a: string, b: string): number {
  if (a === b) return 0;
  const aNegative = a.startsWith('-');
  const bNegative = b.startsWith('-');
  if (aNegative !== bNegative) return aNegative ? -1 : 1;
  return aNegative ? compareMagnitudes(b.slice(1), a.slice(1)) : compareMagnitudes(a, b);
}

function compareMagnitudes(a: string, b: string): number {
  const lengths = wholeLength(a) - wholeLength(b);
  if (lengths !== 0) return lengths;
  // Digits line up from the left now, and the point is at the same place or ends one of them.
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function wholeLength(magnitude: string): number {
  const point = magnitude.indexOf('.');
  return point === -1 ? magnitude.length : point;
}
