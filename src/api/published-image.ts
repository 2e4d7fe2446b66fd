import { GraphQLError } from 'graphql';
import type { Attribute, Image } from '../change/change.ts';
import { TablecastError } from '../errors.ts';
import type { SubscriptionField } from '../schema/model.ts';
import { marshal } from './marshal.ts';

/**
 * The payload of `publish()` as an image, so that filters and fields read it as they read an item.
 * @throws TablecastError `PUBLISH_INVALID` naming the field that is unknown, missing or of another type
 */
export function publishedImage(
  { name, type }: SubscriptionField,
  payload: Readonly<Record<string, unknown>>,
): Image {
  const given = new Map(Object.entries(payload));
  for (const key of given.keys()) {
    if (type.fields.has(key)) continue;
    const known = [...type.fields.keys()].join(', ');
    throw invalid(
      `${name}: expected fields of ${type.name} (${known}), got ${JSON.stringify(key.slice(0, 64))}`,
    );
  }
  const image: Record<string, Attribute> = Object.create(null);
  for (const field of type.fields.values()) {
    try {
      const attribute = marshal(given.get(field.name), field.type);
      if (attribute) image[field.attribute] = attribute;
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      throw invalid(`${name}: ${type.name}.${field.name}: ${error.message}`);
    }
  }
  return image;
}

function invalid(message: string): TablecastError {
  return new TablecastError('PUBLISH_INVALID', `publish ${message}`);
}
