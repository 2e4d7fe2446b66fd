import type { GraphQLFieldResolver, GraphQLOutputType, GraphQLSchema } from 'graphql';
import { defaultFieldResolver, isObjectType } from 'graphql';
import type { AttributeType } from '../change/attribute-type.ts';
import type { Attribute } from '../change/change.ts';
import { coerce } from '../change/coerce.ts';
import type { StoredType } from './stored-types.ts';

type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** Resolver made here → the attribute it reads. */
const attributes = new WeakMap<Resolver, string>();

/** Name of the attribute a field is read from; `undefined` for a field that is not stored. */
export function storedAttribute(
  field: { readonly resolve?: Resolver | undefined } | undefined,
): string | undefined {
  return field?.resolve && attributes.get(field.resolve);
}

/** Makes a resolver stand for another one that reads an attribute; nothing where that reads none. */
export function standsFor(resolver: Resolver, other: Resolver): void {
  const attribute = attributes.get(other);
  if (attribute !== undefined) attributes.set(resolver, attribute);
}

/**
 * Makes each stored field of the given types read its attribute from an image, coerced to the field's type, and its own
 * name from any other object, so that resolvers may return items and objects of their own alike.
 */
export function attachImageResolvers(schema: GraphQLSchema, types: readonly StoredType[]): void {
  for (const { name, fields } of types) {
    const type = schema.getType(name);
    if (!isObjectType(type)) continue;
    for (const [fieldName, field] of Object.entries(type.getFields())) {
      const stored = fields.get(fieldName);
      if (stored) field.resolve = imageResolver(stored.attribute, field.type);
    }
  }
}

const DATA_TYPES: Readonly<Record<AttributeType, true>> = {
  S: true,
  N: true,
  B: true,
  BOOL: true,
  NULL: true,
  SS: true,
  NS: true,
  BS: true,
  L: true,
  M: true,
};

/** Runs for every field of every delivery: it allocates nothing and looks at no more than it must. */
function imageResolver(attribute: string, type: GraphQLOutputType): Resolver {
  const resolve: Resolver = (source, args, context, info) => {
    if (isWithoutPrototype(source)) {
      const value = source[attribute];
      if (isAttribute(value)) return coerce(value, type);
      // An object that GraphQL made of a literal has no prototype either; it has plain values, by field name.
      const own = value === undefined && attribute !== info.fieldName ? source[info.fieldName] : value;
      if (own === undefined || isAttribute(own)) return null;
    }
    return defaultFieldResolver(source, args, context, info);
  };
  attributes.set(resolve, attribute);
  return resolve;
}

function isWithoutPrototype(source: unknown): source is Readonly<Record<string, unknown>> {
  return typeof source === 'object' && source !== null && Object.getPrototypeOf(source) === null;
}

/** True for an object with exactly one member, called as one of DynamoDB's data types. */
function isAttribute(value: unknown): value is Attribute {
  if (typeof value !== 'object' || value === null) return false;
  let type: string | undefined;
  for (const name in value) {
    if (type !== undefined) return false;
    type = name;
  }
  return type !== undefined && Object.hasOwn(DATA_TYPES, type);
}
