import type { GraphQLFieldResolver } from 'graphql';
import { defaultFieldResolver, isObjectType } from 'graphql';
import { guardsOf } from '../../auth/guards.ts';
import type { Model } from '../model.ts';
import { standsFor } from '../resolvers.ts';

/**
 * A resolver that runs only where the guards of the context let the field be read, and is null elsewhere; the resolver
 * itself where the field has no rules of its own. A root field's rules refuse the whole operation, and are not judged
 * here.
 * @param model whose rules count
 */
export function guardedResolver<Source, Context, Arguments, Result>(
  model: Model,
  typeName: string,
  fieldName: string,
  resolve: GraphQLFieldResolver<Source, Context, Arguments, Result>,
): GraphQLFieldResolver<Source, Context, Arguments, Result | null> {
  const path = `${typeName}.${fieldName}`;
  return guardedPaths(model).has(path) ? guardedBy(path, resolve) : resolve;
}

/** Puts the guard before each field of the model's schema that has rules; all others stay as they are. */
export function attachGuards(model: Model): void {
  for (const path of guardedPaths(model)) {
    const [typeName = '', fieldName = ''] = path.split('.');
    const type = model.schema.getType(typeName);
    const field = isObjectType(type) ? new Map(Object.entries(type.getFields())).get(fieldName) : undefined;
    if (!field) throw new TypeError(`expected ${path} in the completed schema, got nothing`);
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = guardedBy(path, resolve);
    standsFor(field.resolve, resolve);
  }
}

function guardedBy<Source, Context, Arguments, Result>(
  path: string,
  resolve: GraphQLFieldResolver<Source, Context, Arguments, Result>,
): GraphQLFieldResolver<Source, Context, Arguments, Result | null> {
  return (source, args, context, info) =>
    guardsOf(context)?.mayReadField(path, source) ? resolve(source, args, context, info) : null;
}

const pathsOf = new WeakMap<Model, ReadonlySet<string>>();

/** `Type.field` of all fields with rules, root fields left out. */
function guardedPaths(model: Model): ReadonlySet<string> {
  const known = pathsOf.get(model);
  if (known) return known;
  const { schema, access, types, subscriptions } = model;
  const roots = new Set(
    [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].map((root) => root?.name),
  );
  const items = [...types.values(), ...[...subscriptions.values()].map(({ type }) => type)];
  const paths = new Set([
    ...[...(access?.fields.keys() ?? [])].filter((path) => !roots.has(path.slice(0, path.indexOf('.')))),
    ...items.flatMap(({ name, access: own }) =>
      [...(own?.fields.keys() ?? [])].map((field) => `${name}.${field}`),
    ),
  ]);
  pathsOf.set(model, paths);
  return paths;
}
