import type { GraphQLField, GraphQLObjectType } from 'graphql';
import { storedAttribute } from '../schema/resolvers.ts';

/** One field of an object type that is read from a map: API name and stored name. */
export interface StoredName {
  readonly field: GraphQLField<unknown, unknown>;
  readonly attribute: string;
}

const names = new WeakMap<GraphQLObjectType, ReadonlyMap<string, StoredName>>();

/**
 * Stored fields of an object type by API name, with the attribute each is stored under (`@attribute(name:)`, else its
 * own). A field that a resolver answers is none: stored ones keep the resolver the model gave them.
 */
export function storedFields(type: GraphQLObjectType): ReadonlyMap<string, StoredName> {
  let known = names.get(type);
  if (!known) {
    known = new Map(
      Object.entries(type.getFields())
        .map(([name, field]) => ({ name, field, attribute: storedAttribute(field) }))
        .flatMap(({ name, field, attribute }) =>
          attribute === undefined ? [] : [[name, { field, attribute }] as const],
        ),
    );
    names.set(type, known);
  }
  return known;
}
