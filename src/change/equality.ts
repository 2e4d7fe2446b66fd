import { normaliseDecimal } from '../filter/decimal.ts';
import type { Attribute, Image } from './change.ts';

/**
 * Whether two attribute values are the same to DynamoDB: same data type and same content. Sets have no order, numbers
 * compare by decimal value (`1.0` and `1` are one number), lists by position, maps by name. A missing value equals only
 * a missing one.
 */
export function sameAttribute(a: Attribute | undefined, b: Attribute | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  if ('S' in a) return 'S' in b && a.S === b.S;
  if ('N' in a) return 'N' in b && sameNumber(a.N, b.N);
  if ('B' in a) return 'B' in b && a.B === b.B;
  if ('BOOL' in a) return 'BOOL' in b && a.BOOL === b.BOOL;
  if ('NULL' in a) return 'NULL' in b;
  if ('L' in a) return 'L' in b && sameList(a.L, b.L);
  if ('M' in a) return 'M' in b && sameImage(a.M, b.M);
  if ('SS' in a) return 'SS' in b && sameSet(a.SS, b.SS);
  if ('BS' in a) return 'BS' in b && sameSet(a.BS, b.BS);
  return 'NS' in b && sameSet(a.NS.map(decimalValue), b.NS.map(decimalValue));
}

function sameImage(a: Image, b: Image): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => sameAttribute(a[name], b[name]));
}

function sameList(a: readonly Attribute[], b: readonly Attribute[]): boolean {
  return a.length === b.length && a.every((element, index) => sameAttribute(element, b[index]));
}

/** Sets hold each element once, so equal sizes and one inclusion are enough. */
function sameSet(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const elements = new Set(b);
  return a.every((element) => elements.has(element));
}

function sameNumber(a: string, b: string): boolean {
  return a === b || decimalValue(a) === decimalValue(b);
}

function decimalValue(text: string): string {
  return normaliseDecimal(text) ?? text;
}
