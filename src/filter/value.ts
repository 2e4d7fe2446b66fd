import type { Attribute, Image } from '../change/change.ts';
import type { FieldKind } from '../schema/model.ts';
import { normaliseDecimal } from './decimal.ts';
import type { Value } from './expression.ts';

/** How values of a kind are told apart and ordered; `none`: only their presence can be asked for. */
export type Comparison = 'text' | 'number' | 'boolean' | 'none';

/** The comparison each kind of field has. */
export function comparisonOf(kind: FieldKind): Comparison {
  switch (kind) {
    case 'ID':
    case 'String':
    case 'Enum':
      return 'text';
    case 'Int':
    case 'Float':
    case 'Decimal':
      return 'number';
    case 'Boolean':
      return 'boolean';
    case 'JSON':
    case 'Object':
      return 'none';
    default:
      return kind satisfies never;
  }
}

/**
 * A stored attribute as the API sees it: for text an S is its text, an N its canonical decimal text (so `id: "5"` is
 * N 5) and a B its base64; for numbers an N alone, for booleans a BOOL alone. `null` for NULL, `undefined` for an
 * attribute of another type.
 */
export function attributeValue(comparison: Comparison, attribute: Attribute): Value | undefined {
  if ('NULL' in attribute) return null;
  switch (comparison) {
    case 'text':
      if ('S' in attribute) return attribute.S;
      if ('B' in attribute) return attribute.B;
      return 'N' in attribute ? normaliseDecimal(attribute.N) : undefined;
    case 'number':
      return 'N' in attribute ? normaliseDecimal(attribute.N) : undefined;
    case 'boolean':
      return 'BOOL' in attribute ? attribute.BOOL : undefined;
    case 'none':
      return undefined;
    default:
      return comparison satisfies never;
  }
}

/** An image's own attribute, whatever it is called and whatever prototype the image has. */
export function attributeOf(image: Image, name: string): Attribute | undefined {
  return Object.hasOwn(image, name) ? image[name] : undefined;
}

/** Elements of a list or set as attributes of their own; `undefined` for anything else. */
export function elementsOf(attribute: Attribute): readonly Attribute[] | undefined {
  if ('L' in attribute) return attribute.L;
  if ('SS' in attribute) return attribute.SS.map((text) => ({ S: text }));
  if ('NS' in attribute) return attribute.NS.map((number) => ({ N: number }));
  if ('BS' in attribute) return attribute.BS.map((base64) => ({ B: base64 }));
  return undefined;
}

/**
 * What `hasElement` compares with, without repeats: the values of the elements of a list or set, or of what is none its
 * own. Null and what is of another type are no such value.
 */
export function elementValues(comparison: Comparison, attribute: Attribute): readonly Value[] {
  const values = new Set<Value>();
  for (const element of elementsOf(attribute) ?? [attribute]) {
    const value = attributeValue(comparison, element);
    if (value !== undefined && value !== null) values.add(value);
  }
  return [...values];
}
