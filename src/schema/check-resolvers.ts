import { isObjectType } from 'graphql';
import type { Model } from './model.ts';
import { storedAttribute } from './resolvers.ts';

/** Names listed in one message; of the rest only the number is told. */
const MAX_NAMES = 20;

/**
 * Whether the resolvers that are there are those the schema asks for.
 * @param resolverNames type name → names of the fields that have a resolver
 * @returns a message, in code point order, for each field of `model.resolvedFields` without a resolver, and for each
 * resolver of a type or field that does not exist or that is answered without one: its result would be told to some
 * clients and not to others, as deliveries run no resolver for it. Empty when all is well.
 */
export function checkResolvers(
  model: Model,
  resolverNames: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  const messages: string[] = [];
  for (const [path, { type, field }] of model.resolvedFields) {
    if (resolverNames.get(type)?.has(field)) continue;
    messages.push(`${path}: expected a resolver in resolvers.ts, got none`);
  }
  for (const [type, fields] of resolverNames) {
    const message = typeMessage(model, type);
    if (message) messages.push(message);
    else for (const field of fields) messages.push(...fieldMessages(model, type, field));
  }
  return messages.sort();
}

function typeMessage({ schema }: Model, type: string): string | undefined {
  if (isObjectType(schema.getType(type)) && !type.startsWith('__')) return undefined;
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  const known = types.map(({ name }) => name).filter((name) => !name.startsWith('__'));
  return `${type}: expected an object type of the schema (${listed(known)}), got another name`;
}

function fieldMessages(model: Model, type: string, field: string): readonly string[] {
  const { schema, queries, mutations } = model;
  const object = schema.getType(type);
  const path = `${type}.${field}`;
  const known = isObjectType(object) ? Object.keys(object.getFields()) : [];
  if (!known.includes(field)) {
    return [`${path}: expected a field of ${type} (${listed(known)}), got another name`];
  }
  if (model.resolvedFields.has(path)) return [];
  if (type === schema.getSubscriptionType()?.name) {
    return [`${path}: expected no resolver, as a subscription delivers what its source writes`];
  }
  const isGenerated =
    (type === schema.getQueryType()?.name && queries.has(field)) ||
    (type === schema.getMutationType()?.name && mutations.has(field));
  if (isGenerated) {
    return [
      `${path}: expected no resolver, as the table answers it; write the field with @resolved to answer it`,
    ];
  }
  if (!isObjectType(object) || storedAttribute(object.getFields()[field]) === undefined) return [];
  return [`${path}: expected no resolver, as it is read from an attribute; mark it @resolved to answer it`];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}
