import type { Attribute, Image } from '../change/change.ts';
import type { TableType } from '../schema/model.ts';
import type { ShapeNames, Value } from './expression.ts';
import { KEY_SCHEMES, type KeySchemes, type NamedValue } from './keys.ts';
import { attributeOf, attributeValue, comparisonOf, elementsOf, elementValues } from './value.ts';

/** Most keys looked up for one shape and image, guesses not counted: a list may have very many elements. */
export const MAX_IMAGE_KEYS = 1_000;

/** Most keys tried for one shape and image because names of the shape are unknown, or stored otherwise than today. */
const MAX_GUESSES = 64;
/** Longer texts are not tried: nobody compares by equality with such. */
const MAX_GUESSED_LENGTH = 4_096;

/** The keys under which live rows of one shape may lie that are to be found for an image; none twice. */
export interface ImageKeys {
  /** By the fields the type has. None where a list that the shape names has no element. */
  readonly known: readonly string[];
  /** What is tried for names that the type has no field for. */
  readonly guessed: readonly string[];
  /** True when there are more than are looked up: who lies under the others is not found. */
  readonly isCut: boolean;
}

/** Which filter keys of an image are wanted. */
export interface ImageKeysOptions {
  /** Default {@link KEY_SCHEMES}. */
  readonly schemes?: KeySchemes;
  /** False leaves out what is tried for names without a field. Default true. */
  readonly isGuessing?: boolean;
}

/**
 * Keys of an image in each scheme: those of its values as the API sees them, where null, missing and wrong-typed are one
 * NULL; of a list one for each distinct element ({@link elementValues}), and the product over several lists, at most
 * {@link MAX_IMAGE_KEYS}. If the image satisfies equalities on exactly these names, their `filterKey` is among them.
 *
 * Beside them the keys that another version of the schema may have made of the image, where a name of the shape has no
 * field today, or its attribute is stored as the field of today is not (a number where text is expected, a list where
 * there should be none). Who is found by those is judged like all others: by a filter that no longer fits.
 */
export function imageFilterKeys(
  field: string,
  shape: ShapeNames,
  image: Image,
  type: TableType,
  { schemes = KEY_SCHEMES, isGuessing = true }: ImageKeysOptions = {},
): ImageKeys {
  const today = choicesOf(shape, (name) => valuesToday(name, image, type));
  const stored = choicesOf(shape, (name) => valuesStored(name, image, type));
  const isCut = productSize(today) > MAX_IMAGE_KEYS;
  const readings = product(today, MAX_IMAGE_KEYS);
  if (!areSame(today, stored)) readings.push(...guesses(stored));
  const keysOf = (made: readonly (readonly NamedValue[])[]) =>
    schemes.lookedUp.flatMap((scheme) => made.map((values) => scheme.key(field, values)));
  const known = new Set(keysOf(readings));
  const isUnknown = isGuessing && shape.some((name) => !type.fields.has(name));
  const guessed = isUnknown ? new Set(keysOf(unknownReadings(shape, image, type))) : [];
  return { known: [...known], guessed: [...guessed].filter((key) => !known.has(key)), isCut };
}

/** What a name of a shape may stand for in an image. */
type Choice = readonly [name: string, values: readonly Value[]];

/** Sorted by name, as keys are made. */
function choicesOf(shape: ShapeNames, read: (name: string) => readonly Value[]): readonly Choice[] {
  return [...shape].sort().map((name) => [name, read(name)]);
}

function valuesToday(name: string, image: Image, type: TableType): readonly Value[] {
  const model = type.fields.get(name);
  const attribute = model && attributeOf(image, model.attribute);
  const comparison = model && comparisonOf(model.kind);
  if (model?.list) return attribute && comparison ? elementValues(comparison, attribute) : [];
  return [(attribute && comparison && attributeValue(comparison, attribute)) ?? null];
}

/** The values by the attribute's own type. Where the field is gone it was stored, most likely, under its name. */
function valuesStored(name: string, image: Image, type: TableType): readonly Value[] {
  const model = type.fields.get(name);
  const attribute = attributeOf(image, model?.attribute ?? name);
  const values = attribute ? ownValues(attribute) : [];
  return values.length > 0 || model?.list ? values : [null];
}

function ownValues(attribute: Attribute): readonly Value[] {
  const each = elementsOf(attribute) ?? [attribute];
  return [...new Set(each.flatMap((one) => attributeValue('BOOL' in one ? 'boolean' : 'text', one) ?? []))];
}

/** As a rule they are: to see that takes much less than to make a key. */
function areSame(one: readonly Choice[], other: readonly Choice[]): boolean {
  return one.every(([, values], at) => {
    const others = other[at]?.[1] ?? [];
    return values.length === others.length && values.every((value, place) => value === others[place]);
  });
}

/**
 * Under which attribute a field was stored that the type does not have (any more, or yet), nobody knows here, so that
 * each may be it, and each element of one. It lasts for one connection life after the schema changed, and for shapes
 * alone that name the field.
 */
function unknownReadings(shape: ShapeNames, image: Image, type: TableType): readonly NamedValue[][] {
  const attributes = Object.values(image);
  // Without the elements of lists where they would be too many.
  for (const tried of [attributes, attributes.filter((attribute) => !elementsOf(attribute))]) {
    const values = [...new Set([null, ...tried.flatMap(ownValues)])].filter(
      (value) => typeof value !== 'string' || value.length <= MAX_GUESSED_LENGTH,
    );
    const read = (name: string) => (type.fields.has(name) ? valuesStored(name, image, type) : values);
    const readings = guesses(choicesOf(shape, read));
    if (readings.length > 0) return readings;
  }
  return [];
}

/** All of them, or none where that is too many. */
function guesses(choices: readonly Choice[]): NamedValue[][] {
  return productSize(choices) > MAX_GUESSES ? [] : product(choices, MAX_GUESSES);
}

function productSize(choices: readonly Choice[]): number {
  return choices.reduce((size, [, values]) => size * values.length, 1);
}

/** The ways to take one value of each, at most so many. */
function product(choices: readonly Choice[], most: number): NamedValue[][] {
  // Whatever the others have, of nothing there is nothing to take.
  if (productSize(choices) === 0) return [];
  let found: NamedValue[][] = [[]];
  for (const [name, values] of choices) {
    const next: NamedValue[][] = [];
    for (const known of found) {
      for (const value of values) {
        if (next.length === most) break;
        next.push([...known, [name, value]]);
      }
    }
    found = next;
  }
  return found;
}
