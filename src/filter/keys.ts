import { hash } from 'node:crypto';
import type { Attribute, Image } from '../change/change.ts';
import type { TableType } from '../schema/model.ts';
import type { Equalities, ShapeNames, Value } from './expression.ts';
import { attributeOf, attributeValue, comparisonOf } from './value.ts';

/** One value of a key: the field's name, and the value as the API sees it. */
export type NamedValue = readonly [name: string, value: Value];

/** One way to make the key that rows lie under. What it makes never changes: another encoding is another scheme. */
export interface KeyScheme {
  readonly version: number;
  /** @param values sorted by name */
  key(field: string, values: readonly NamedValue[]): string;
}

/** Version of the encoding under a filter key. A change of it moves every row. */
export const KEY_SCHEME_VERSION = 1;

/**
 * The schemes of this release. Rows are written under one, and looked up under every one that live rows may lie under:
 * those that were written before a deploy live for one connection life after it, and while it is under way, or is
 * rolled back, functions of the release before look for rows that this one wrote. A scheme therefore changes in three
 * releases, each deployed for one connection life or longer before the next: the new one is looked up; it is written;
 * the old one is no longer looked up. Meanwhile each look-up costs one read a scheme.
 */
export interface KeySchemes {
  readonly written: KeyScheme;
  /** `written` among them. */
  readonly lookedUp: readonly KeyScheme[];
}

const SCHEME: KeyScheme = { version: KEY_SCHEME_VERSION, key: keyOf };

export const KEY_SCHEMES: KeySchemes = { written: SCHEME, lookedUp: [SCHEME] };

const HASH_BYTES = 16;

/** The first 128 bits of the SHA-256 of the text's UTF-8, base64url without padding: 22 characters. */
export function hash128(text: string): string {
  return hash('sha256', text, 'buffer').subarray(0, HASH_BYTES).toString('base64url');
}

/**
 * Key of the rows of a subscription field whose filter holds exactly these equalities (already restricted to the
 * names of a shape); 22 characters of base64url.
 */
export function filterKey(
  field: string,
  equalities: Equalities,
  scheme: KeyScheme = KEY_SCHEMES.written,
): string {
  const names = [...equalities.keys()].sort();
  return scheme.key(
    field,
    names.map((name) => [name, equalities.get(name) ?? null]),
  );
}

/**
 * Key under which rows of a shape are found for an image: if the image satisfies equalities on exactly these names,
 * it is their `filterKey`. A null, missing or wrong-typed value and a field the type does not have are one NULL.
 */
export function imageFilterKey(
  field: string,
  shape: ShapeNames,
  image: Image,
  type: TableType,
  scheme: KeyScheme = KEY_SCHEMES.written,
): string {
  return scheme.key(
    field,
    valuesOf(shape, (name) => imageValue(name, image, type)),
  );
}

/**
 * Every key under which live rows of a shape may lie that are to be found for an image: its {@link imageFilterKey} in
 * each scheme, and beside it the keys that another version of the schema may have made of the image, where a name of
 * the shape has no field today, or its attribute is stored as the field of today is not (a number where text is
 * expected). Who is found by those is judged like all others: by a filter that no longer fits.
 * @param isGuessing false leaves out what is tried for names without a field
 * @returns one key a scheme, where nothing has changed; no key twice
 */
export function imageFilterKeys(
  field: string,
  shape: ShapeNames,
  image: Image,
  type: TableType,
  schemes: KeySchemes = KEY_SCHEMES,
  isGuessing = true,
): readonly string[] {
  const today = valuesOf(shape, (name) => imageValue(name, image, type));
  const readings = [today, ...otherReadings(today, shape, image, type, isGuessing)];
  const keys = schemes.lookedUp.flatMap((scheme) => readings.map((values) => scheme.key(field, values)));
  return keys.length > 1 ? [...new Set(keys)] : keys;
}

/** As a rule none: to see that takes much less than to make a key. */
function otherReadings(
  today: readonly NamedValue[],
  shape: ShapeNames,
  image: Image,
  type: TableType,
  isGuessing: boolean,
): readonly (readonly NamedValue[])[] {
  const guessed = isGuessing ? guesses(shape, image, type) : [];
  if (today.every(([name, value]) => storedValue(name, image, type) === value)) return guessed;
  return [valuesOf(shape, (name) => storedValue(name, image, type)), ...guessed];
}

/** Most keys tried for one shape and image because names of the shape are unknown. */
const MAX_GUESSES = 64;
/** Longer texts are not tried: nobody compares by equality with such. */
const MAX_GUESSED_LENGTH = 4_096;

/**
 * Under which attribute a field was stored that the type does not have (any more, or yet), nobody knows here, so that
 * each may be it. It lasts for one connection life after the schema changed, and for shapes alone that name the field.
 */
function guesses(shape: ShapeNames, image: Image, type: TableType): readonly (readonly NamedValue[])[] {
  if (shape.every((name) => type.fields.has(name))) return [];
  const unknown = shape.filter((name) => !type.fields.has(name));
  const values = [...new Set([null, ...Object.values(image).map(ownValue)])].filter(
    (value) => typeof value !== 'string' || value.length <= MAX_GUESSED_LENGTH,
  );
  if (values.length ** unknown.length > MAX_GUESSES) return [];
  let combinations = [new Map<string, Value>()];
  for (const name of unknown) {
    combinations = combinations.flatMap((known) => values.map((value) => new Map(known).set(name, value)));
  }
  return combinations.map((guess) =>
    valuesOf(shape, (name) => guess.get(name) ?? (guess.has(name) ? null : storedValue(name, image, type))),
  );
}

function valuesOf(shape: ShapeNames, read: (name: string) => Value): readonly NamedValue[] {
  return [...shape].sort().map((name) => [name, read(name)]);
}

function imageValue(name: string, image: Image, type: TableType): Value {
  const model = type.fields.get(name);
  const attribute = model && attributeOf(image, model.attribute);
  return (attribute && attributeValue(comparisonOf(model.kind), attribute)) ?? null;
}

/** The value by the attribute's own type. Where the field is gone it was stored, most likely, under its name. */
function storedValue(name: string, image: Image, type: TableType): Value {
  const attribute = attributeOf(image, type.fields.get(name)?.attribute ?? name);
  return attribute ? ownValue(attribute) : null;
}

function ownValue(attribute: Attribute): Value {
  return attributeValue('BOOL' in attribute ? 'boolean' : 'text', attribute) ?? null;
}

/** Values of one field are all of one comparison, so text and number need no tags of their own. */
const TYPE_TAGS = new Map([
  ['string', 't'],
  ['boolean', 'b'],
]);

function keyOf(field: string, values: readonly NamedValue[]): string {
  const tagged = values.map(([name, value]) => [name, TYPE_TAGS.get(typeof value) ?? 'n', value]);
  return hash128(JSON.stringify([KEY_SCHEME_VERSION, field, tagged]));
}
