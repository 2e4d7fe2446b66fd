import { type NativeAttributeValue, NumberValue } from '@aws-sdk/lib-dynamodb';
import type { Attribute, Image } from '../../change/change.ts';
import { normaliseDecimal } from '../../filter/decimal.ts';

/** How a document client must translate for `createDynamoDBTables`: numbers stay text, so that none of 38 digits is lost. */
export const TABLES_TRANSLATION = {
  marshallOptions: {},
  unmarshallOptions: { wrapNumbers: true },
} as const;

/** An image as the document client takes it. */
export function toNativeItem(image: Image): Record<string, NativeAttributeValue> {
  const item: Record<string, NativeAttributeValue> = Object.create(null);
  for (const [name, attribute] of Object.entries(image)) item[name] = toNative(attribute);
  return item;
}

/** A map inside an item. The SDK asks an object for its `constructor`, which may be an attribute; of a Map it is not. */
function toNativeMap(map: Image): Map<string, NativeAttributeValue> {
  return new Map(Object.entries(map).map(([name, attribute]) => [name, toNative(attribute)]));
}

/** One attribute as the document client takes it; marshalled, it is the same attribute again. */
export function toNative(attribute: Attribute): NativeAttributeValue {
  if ('S' in attribute) return attribute.S;
  if ('N' in attribute) return NumberValue.from(attribute.N);
  if ('BOOL' in attribute) return attribute.BOOL;
  if ('NULL' in attribute) return null;
  if ('B' in attribute) return bytes(attribute.B);
  if ('L' in attribute) return attribute.L.map(toNative);
  if ('M' in attribute) return toNativeMap(attribute.M);
  if ('SS' in attribute) return new Set(attribute.SS);
  if ('NS' in attribute) return new Set(attribute.NS.map((text) => NumberValue.from(text)));
  return new Set(attribute.BS.map(bytes));
}

/** An item as the document client gives it, with `wrapNumbers`. Own properties alone are read. */
export function fromNativeItem(item: Readonly<Record<string, unknown>>): Image {
  const image: Record<string, Attribute> = Object.create(null);
  for (const [name, value] of Object.entries(item)) image[name] = fromNative(value);
  return image;
}

function fromNative(value: unknown): Attribute {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value instanceof NumberValue) return { N: decimal(value) };
  if (ArrayBuffer.isView(value)) return { B: base64(value) };
  if (Array.isArray(value)) return { L: value.map(fromNative) };
  if (value instanceof Set) return fromSet([...value]);
  if (typeof value === 'object') return { M: fromNativeItem(Object.fromEntries(Object.entries(value))) };
  throw new TypeError(`expected a value of the document client with wrapNumbers, got ${typeof value}`);
}

/** A stored set is never empty, and of one type. */
function fromSet(elements: readonly unknown[]): Attribute {
  const texts: string[] = [];
  for (const element of elements) {
    if (element instanceof NumberValue) texts.push(decimal(element));
    else if (ArrayBuffer.isView(element)) texts.push(base64(element));
    else texts.push(String(element));
  }
  const [first] = elements;
  if (first instanceof NumberValue) return { NS: texts };
  return ArrayBuffer.isView(first) ? { BS: texts } : { SS: texts };
}

function decimal(number: NumberValue): string {
  const text = number.toString();
  return normaliseDecimal(text) ?? text;
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}

function base64(view: ArrayBufferView): string {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64');
}
