import { getNamedType, isAbstractType, isInterfaceType, isObjectType } from 'graphql';
import type { Model } from '../schema/model.ts';

/**
 * The fields that subscriptions can select and resolvers answer, as `Type.field`, sorted: a payload with one of them is
 * rendered for one identity, and not shared.
 */
export function unsharedFields({ schema, resolvedFields }: Model): readonly string[] {
  const root = schema.getSubscriptionType();
  const found: string[] = [];
  const reached = new Set<unknown>([root]);
  // Grows while it is walked over.
  for (const type of reached) {
    if (isAbstractType(type)) for (const each of schema.getPossibleTypes(type)) reached.add(each);
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const path = `${type.name}.${field.name}`;
      if (resolvedFields.has(path)) found.push(path);
      reached.add(getNamedType(field.type));
    }
  }
  return found.sort();
}
