import type { Attribute, Image } from '../../../../src/change/change.ts';
import {
  addToSample,
  createTableSample,
  type KeyAttribute,
  type TableKeys,
  tableTypeSdl,
} from '../../../../src/schema/sample/table-type.ts';

/** A null-prototype image, as decoding makes them. */
export function imageOf(attributes: Readonly<Record<string, Attribute>>): Image {
  const image: Record<string, Attribute> = Object.create(null);
  for (const [name, attribute] of Object.entries(attributes)) image[name] = attribute;
  return image;
}

export const key = (attribute: string, type: KeyAttribute['type'] = 'S'): KeyAttribute => ({
  attribute,
  type,
});

/** SDL of table Todos with these items in it, or of another. */
export function sdlOf(
  items: readonly Readonly<Record<string, Attribute>>[],
  given: Partial<TableKeys> & { readonly typeName?: string; readonly whole?: boolean } = {},
): string {
  const { typeName, whole = true, ...rest } = given;
  const sample = createTableSample({ table: 'Todos', partitionKey: key('id'), indexKeys: [], ...rest });
  for (const item of items) addToSample(sample, imageOf(item));
  return tableTypeSdl(sample, { whole, ...(typeName !== undefined && { typeName }) });
}

/** The type of a field, as written. */
export function typeOf(sdl: string, field: string): string | undefined {
  return new RegExp(`^  ${field}: (\\S+)`, 'm').exec(sdl)?.[1];
}

/** The comment behind a field. */
export function commentOf(sdl: string, field: string): string | undefined {
  return new RegExp(`^  ${field}: .*?# (.*)$`, 'm').exec(sdl)?.[1];
}

/** That many items with one attribute of the given values, in turn. */
export function itemsWith(
  name: string,
  values: readonly Attribute[],
): readonly Readonly<Record<string, Attribute>>[] {
  return values.map((value, index) => ({ id: { S: `i${index}` }, [name]: value }));
}
