import type { GraphQLSchema } from 'graphql';
import { isObjectType } from 'graphql';
import type { Image } from '../change/change.ts';
import { coerce } from '../change/coerce.ts';
import type { StoredType } from './stored-types.ts';

/** What the provisional field of a generated Query type answers. */
const SERVICE = 'tablecast';

/** Makes each field of the given types read its attribute from an image, coerced to the field's type. */
export function attachImageResolvers(schema: GraphQLSchema, types: readonly StoredType[]): void {
  for (const { name, fields } of types) {
    const type = schema.getType(name);
    if (!isObjectType(type)) continue;
    for (const [fieldName, field] of Object.entries(type.getFields())) {
      const attribute = fields.get(fieldName)?.attribute ?? fieldName;
      field.resolve = (image: Image) => coerce(image[attribute], field.type);
    }
  }
}

/** Answers the one field of a Query type that Tablecast generated. */
export function attachServiceResolver(schema: GraphQLSchema, fieldName: string): void {
  const fields = new Map(Object.entries(schema.getQueryType()?.getFields() ?? {}));
  const field = fields.get(fieldName);
  if (field) field.resolve = () => SERVICE;
}
