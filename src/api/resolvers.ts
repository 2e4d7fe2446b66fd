import { type GraphQLError, type GraphQLField, type GraphQLFieldResolver, isObjectType } from 'graphql';
import { TablecastError } from '../errors.ts';
import type { Resolvers } from '../project.ts';
import type { Clock } from '../relay/ports.ts';
import { checkResolvers } from '../schema/check-resolvers.ts';
import type { Model, TableOperation } from '../schema/model.ts';
import { apiError } from './errors.ts';
import { imageOf, isImage, itemOf } from './items.ts';
import type { Item, OperationContext, TableClient } from './ports.ts';

export interface ResolverSettings {
  readonly clock: Clock;
  /** How long one resolver of the user's may take, ms. */
  readonly timeoutMs: number;
}

type Resolver = GraphQLFieldResolver<unknown, OperationContext, Readonly<Record<string, unknown>>>;

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

  const { schema } = model;
  const roots = [schema.getQueryType()?.name, schema.getMutationType()?.name];
  for (const operation of model.queries.values()) attachOperation(model, roots[0], operation);
  for (const operation of model.mutations.values()) attachOperation(model, roots[1], operation);
  for (const [type, fields] of given) {
    for (const [name, resolve] of fields) {
      const field = fieldOf(model, type, name);
      if (field) field.resolve = usersResolver(`${type}.${name}`, resolve, settings);
    }
  }
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

function attachOperation(model: Model, root: string | undefined, operation: TableOperation): void {
  const field = fieldOf(model, root, operation.name);
  if (!field) return;
  const resolve: Resolver = async (_source, args, context) => {
    const table = context.tables[operation.type.name];
    if (!table) throw new TypeError(`expected a table client for ${operation.type.name}, got none`);
    return resultOf(table, operation, args);
  };
  field.resolve = resolve;
}

/** Answers with images rather than items: each field then reads its attribute directly. */
async function resultOf(
  table: TableClient,
  { action }: TableOperation,
  args: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  switch (action) {
    case 'get': {
      const item = await table.get(args);
      return item && stored(item);
    }
    case 'list': {
      const { items, nextToken } = await table.list(args);
      return { items: items.map(stored), nextToken };
    }
    case 'create':
    case 'update':
    case 'delete':
      return stored(await table[action](inputOf(args)));
    default:
      return action satisfies never;
  }
}

function stored(item: Item): unknown {
  return imageOf(item) ?? item;
}

function inputOf({ input }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return typeof input === 'object' && input !== null ? Object.fromEntries(Object.entries(input)) : {};
}

/**
 * A resolver of the user's, with a time limit. Its parent is an item where the parent is stored: fields by API name,
 * whether it came from a table or with a change.
 */
function usersResolver(
  path: string,
  resolve: Resolvers[string][string],
  settings: ResolverSettings,
): Resolver {
  return (source, args, context, info) => {
    const parent = isImage(source) ? itemOf(source, info.parentType) : source;
    const result: unknown = resolve(parent, args, context, info);
    if (!isThenable(result)) return eachWithinTime(path, result, settings);
    return withinTime(path, Promise.resolve(result), settings).then((value) =>
      eachWithinTime(path, value, settings),
    );
  };
}

/** A list may hold promises: `ids.map((id) => tables.User.get({ id }))`. */
function eachWithinTime(path: string, value: unknown, settings: ResolverSettings): unknown {
  if (!Array.isArray(value) || !value.some(isThenable)) return value;
  return value.map((element: unknown) =>
    isThenable(element) ? withinTime(path, Promise.resolve(element), settings) : element,
  );
}

async function withinTime(
  path: string,
  result: Promise<unknown>,
  { clock, timeoutMs }: ResolverSettings,
): Promise<unknown> {
  const answered = new AbortController();
  const tooLate = clock
    .sleep(timeoutMs, answered.signal)
    .then((): GraphQLError | undefined =>
      answered.signal.aborted
        ? undefined
        : apiError(
            'ExecutionTimeout',
            'TIMEOUT',
            `${path}: expected its resolver to answer within ${timeoutMs} ms, got no answer`,
          ),
    );
  try {
    return await Promise.race([
      result,
      tooLate.then((error) => {
        if (!error) return result;
        // Nobody waits for what comes too late; a rejection among it would end the process.
        result.then(ignoreElements, () => {});
        throw error;
      }),
    ]);
  } finally {
    answered.abort();
  }
}

function ignoreElements(value: unknown): void {
  if (!Array.isArray(value)) return;
  for (const element of value) if (isThenable(element)) Promise.resolve(element).catch(() => {});
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
