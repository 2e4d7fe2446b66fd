import type { Attribute, Image } from '../change/change.ts';
import { keyAttributesOf } from '../filter/dynamodb-expression.ts';
import type { TableType } from '../schema/model.ts';

/** The key attributes of an item, by stored name. */
export function keyOf(type: TableType, image: Image): Image {
  const key: Record<string, Attribute> = Object.create(null);
  for (const name of keyAttributesOf(type)) {
    const attribute = image[name];
    if (attribute) key[name] = attribute;
  }
  return key;
}
