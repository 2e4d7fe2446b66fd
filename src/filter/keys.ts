import { createHash } from 'node:crypto';
import type { Image } from '../change/change.ts';
import type { TableType } from '../schema/model.ts';
import type { Equalities, ShapeNames, Value } from './expression.ts';
import { attributeOf, attributeValue, comparisonOf } from './value.ts';

/** Version of the encoding under a filter key. A change of it moves every row. */
export const KEY_SCHEME_VERSION = 1;

const HASH_BYTES = 16;

/** The first 128 bits of the SHA-256 of the text's UTF-8, base64url without padding: 22 characters. */
export function hash128(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest().subarray(0, HASH_BYTES).toString('base64url');
}

/**
 * Key of the rows of a subscription field whose filter holds exactly these equalities (already restricted to the
 * names of a shape); 22 characters of base64url.
 */
export function filterKey(field: string, equalities: Equalities): string {
  const names = [...equalities.keys()].sort();
  return keyOf(
    field,
    names.map((name) => [name, equalities.get(name) ?? null]),
  );
}

/**
 * Key under which rows of a shape are found for an image: if the image satisfies equalities on exactly these names,
 * it is their `filterKey`. A null, missing or wrong-typed value and a field the type does not have are one NULL.
 */
export function imageFilterKey(field: string, shape: ShapeNames, image: Image, type: TableType): string {
  return keyOf(
    field,
    [...shape].sort().map((name) => [name, imageValue(name, image, type)]),
  );
}

function imageValue(name: string, image: Image, type: TableType): Value {
  const model = type.fields.get(name);
  const attribute = model && attributeOf(image, model.attribute);
  return (attribute && attributeValue(comparisonOf(model.kind), attribute)) ?? null;
}

/** Values of one field are all of one comparison, so text and number need no tags of their own. */
const TYPE_TAGS = new Map([
  ['string', 't'],
  ['boolean', 'b'],
]);

function keyOf(field: string, values: readonly (readonly [name: string, value: Value])[]): string {
  const tagged = values.map(([name, value]) => [name, TYPE_TAGS.get(typeof value) ?? 'n', value]);
  return hash128(JSON.stringify([KEY_SCHEME_VERSION, field, tagged]));
}
