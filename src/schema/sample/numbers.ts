/** What was seen of the numbers of one attribute. */
export interface NumberSummary {
  /** False once one had a fraction. */
  whole: boolean;
  /** False once one was outside the 32 bits of GraphQL's Int. */
  fitsInt: boolean;
  /** Most significant digits of one. */
  digits: number;
}

/** Digits a double keeps of any decimal. */
const DOUBLE_DIGITS = 15;

export function createNumberSummary(): NumberSummary {
  return { whole: true, fitsInt: true, digits: 0 };
}

/** @param text canonical decimal text, as an `Attribute` has it */
export function addNumber(summary: NumberSummary, text: string): void {
  const whole = !text.includes('.');
  const number = Number(text);
  summary.whole &&= whole;
  // A fraction too fine for a double still has a point in its text.
  summary.fitsInt &&= whole && number === (number | 0);
  summary.digits = Math.max(summary.digits, significantDigits(text));
}

/** The narrowest scalar that held every number seen (DESIGN §1), and why. */
export function numberScalar({ whole, fitsInt, digits }: NumberSummary): {
  readonly scalar: 'Int' | 'Float' | 'Decimal';
  readonly because: string;
} {
  if (whole && fitsInt) return { scalar: 'Int', because: 'whole, 32 bits' };
  if (whole) return { scalar: 'Decimal', because: `whole, beyond 32 bits, up to ${counted(digits)}` };
  const because = `fractional, up to ${counted(digits)}`;
  return { scalar: digits <= DOUBLE_DIGITS ? 'Float' : 'Decimal', because };
}

function counted(digits: number): string {
  return digits === 1 ? '1 digit' : `${digits} digits`;
}

/** Canonical text has no exponent; zeros before the first and after the last other digit say nothing. */
function significantDigits(text: string): number {
  const digits = text.replace('-', '').replace('.', '');
  let start = 0;
  while (digits[start] === '0') start++;
  let end = digits.length;
  while (end > start && digits[end - 1] === '0') end--;
  return end - start;
}
