import { normaliseDecimal } from '../filter/decimal.ts';
import type { Attribute, Image } from './change.ts';

/**
 * What JSON can hold. Objects have no prototype; a number stands where a double holds the stored number exactly, and
 * its exact decimal text where none does, so that `JSON.stringify` always works and no digit is ever lost.
 */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/**
 * An item as a plain value: sets become lists, binary base64 text, NULL null; an attribute that is missing stays
 * missing. For exact JSON numbers of any length use `toJsonText`.
 */
export function unmarshall(image: Image): { readonly [attribute: string]: JsonValue } {
  const item: Record<string, JsonValue> = Object.create(null);
  for (const [name, attribute] of Object.entries(image)) item[name] = toJsonValue(attribute);
  return item;
}

/** One attribute as a plain value; see `unmarshall`. */
export function toJsonValue(attribute: Attribute): JsonValue {
  if ('S' in attribute) return attribute.S;
  if ('N' in attribute) return toJsonNumber(attribute.N);
  if ('B' in attribute) return attribute.B;
  if ('BOOL' in attribute) return attribute.BOOL;
  if ('NULL' in attribute) return null;
  if ('M' in attribute) return unmarshall(attribute.M);
  if ('L' in attribute) return attribute.L.map(toJsonValue);
  if ('NS' in attribute) return attribute.NS.map(toJsonNumber);
  return 'SS' in attribute ? [...attribute.SS] : [...attribute.BS];
}

/**
 * One attribute as JSON text whose number literals have exactly the stored digits, up to all 38. Sets become lists,
 * binary base64 text, NULL null.
 */
export function toJsonText(attribute: Attribute): string {
  if ('S' in attribute) return JSON.stringify(attribute.S);
  if ('N' in attribute) return decimalText(attribute.N);
  if ('B' in attribute) return JSON.stringify(attribute.B);
  if ('BOOL' in attribute) return attribute.BOOL ? 'true' : 'false';
  if ('NULL' in attribute) return 'null';
  if ('L' in attribute) return `[${attribute.L.map(toJsonText).join(',')}]`;
  if ('NS' in attribute) return `[${attribute.NS.map(decimalText).join(',')}]`;
  if ('SS' in attribute) return JSON.stringify(attribute.SS);
  if ('BS' in attribute) return JSON.stringify(attribute.BS);
  const members = Object.entries(attribute.M);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toJsonText(member)}`).join(',')}}`;
}

/** A double when it is the very number, else the exact text: 0.1 is a number, a 38-digit account number a string. */
function toJsonNumber(text: string): number | string {
  const exact = decimalText(text);
  const double = Number(exact);
  return normaliseDecimal(double) === exact ? double : exact;
}

/** Canonical decimal text is a valid JSON number as it stands. */
function decimalText(text: string): string {
  const exact = normaliseDecimal(text);
  if (exact === undefined)
    throw new TypeError('Attribute N: expected the text of a DynamoDB number, got other text');
  return exact;
}
