import { type GraphQLField, isObjectType } from 'graphql';
import { TablecastError } from '../errors.ts';
import type { Resolvers } from '../project.ts';
import { checkResolvers } from '../schema/check-resolvers.ts';
import type { Model, TableOperation } from '../schema/model.ts';
import { guardedResolver } from '../schema/rules/guarded-fields.ts';
import { executionOf } from './access/execution.ts';
import { guardedResults, guardNamedFields, returnsItems, vouchFor } from './access/guarded-results.ts';
import { ruledTypes } from './access/guards.ts';
import { type ItemRules, itemRules } from './access/item-rules.ts';
import { type RootField, refuseRootField } from './access/root-fields.ts';
import type { OperationContext } from './ports.ts';
import type { TableOperations } from './table-operations.ts';
import { type Resolver, type ResolverSettings, usersResolver } from './users-resolver.ts';

/**
 * Makes the model's schema the one that is executed everywhere: by the API and at delivery. Generated fields answer
 * from the context's tables, hand-written ones by the user's resolvers. It is the model's own schema that is completed,
 * for a model belongs to one project; done again with the same resolvers, it changes nothing.
 * @throws TablecastError `CONFIG_INVALID` with a line for each resolver that is missing or has no field
 */
export function attachResolvers(model: Model, resolvers: Resolvers, settings: ResolverSettings): void {
  const given = new Map(Object.entries(resolvers).map(([type, fields]) => [type, Object.entries(fields)]));
  const names = new Map([...given].map(([type, fields]) => [type, new Set(fields.map(([name]) => name))]));
  const problems = checkResolvers(model, names);
  if (problems.length > 0) throw new TablecastError('CONFIG_INVALID', problems.join('\n'));

  for (const operation of model.queries.values()) attachOperation(model, 'query', operation);
  for (const operation of model.mutations.values()) attachOperation(model, 'mutation', operation);
  for (const [type, fields] of given) {
    for (const [name, resolve] of fields) {
      const field = fieldOf(model, type, name);
      if (field)
        field.resolve = ruledResolver(
          model,
          type,
          field,
          usersResolver(`${type}.${name}`, resolve, settings),
        );
    }
  }
  const users = [...names].flatMap(([type, fields]) => [...fields].map((name) => `${type}.${name}`));
  guardNamedFields(model, new Set([...generatedFields(model), ...users]));
}

/** `Type.field` of those that tables answer. */
function generatedFields(model: Model): readonly string[] {
  const { query, mutation } = rootNames(model);
  return [
    ...[...model.queries.keys()].map((name) => `${query}.${name}`),
    ...[...model.mutations.keys()].map((name) => `${mutation}.${name}`),
  ];
}

function fieldOf(
  { schema }: Model,
  typeName: string | undefined,
  name: string,
): GraphQLField<unknown, OperationContext> | undefined {
  const type = typeName === undefined ? undefined : schema.getType(typeName);
  if (!isObjectType(type)) return undefined;
  return new Map(Object.entries(type.getFields())).get(name);
}

function attachOperation(model: Model, root: RootField['root'], operation: TableOperation): void {
  const type = rootNames(model)[root];
  const field = fieldOf(model, type, operation.name);
  if (type === undefined || !field) return;
  const place = { type, field: field.name };
  const resolve: Resolver = async (_source, args, context) => {
    const { reader, operationsOf } = executionOf(context);
    refuseRootField(model, { root, type, field, isGenerated: true }, reader);
    const rules = itemRules(model, operation.type, reader, place);
    return resultOf(operationsOf(operation.type), operation, args, rules);
  };
  field.resolve = resolve;
}

/** Answers with images rather than items: each field then reads its attribute directly. */
async function resultOf(
  table: TableOperations,
  { action }: TableOperation,
  args: Readonly<Record<string, unknown>>,
  rules: ItemRules,
): Promise<unknown> {
  switch (action) {
    case 'get':
      return table.get(args, rules);
    case 'list':
      return vouchFor(await table.list(args, rules));
    case 'create':
    case 'update':
    case 'delete':
      return table[action](inputOf(args), rules);
    default:
      return action satisfies never;
  }
}

function inputOf({ input }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return typeof input === 'object' && input !== null ? Object.fromEntries(Object.entries(input)) : {};
}

function rootNames({ schema }: Model): Readonly<Record<RootField['root'], string | undefined>> {
  return { query: schema.getQueryType()?.name, mutation: schema.getMutationType()?.name };
}

/**
 * A resolver of the user's behind the rules: of its field, without which it does not run, and of the types of the items
 * it returns.
 */
function ruledResolver(
  model: Model,
  type: string,
  field: GraphQLField<unknown, OperationContext>,
  resolve: Resolver,
): Resolver {
  const types = ruledTypes(model);
  const answer = returnsItems(model, types, field.type) ? guardedResults(model, resolve) : resolve;
  const roots = rootNames(model);
  if (type !== roots.query && type !== roots.mutation)
    return guardedResolver(model, type, field.name, answer);
  if (!model.access && types.size === 0) return answer;
  const root = type === roots.query ? 'query' : 'mutation';
  const place: RootField = { root, type, field, isGenerated: false };
  return (source, args, context, info) => {
    refuseRootField(model, place, executionOf(context).reader);
    return answer(source, args, context, info);
  };
}
