import {
  defaultFieldResolver,
  defaultTypeResolver,
  type GraphQLAbstractType,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  getNamedType,
  getNullableType,
  isAbstractType,
  isListType,
  isObjectType,
  OperationTypeNode,
} from 'graphql';
import { type Guards, guardsOf } from '../../auth/guards.ts';
import type { Model, TableType } from '../../schema/model.ts';
import { isThenable } from '../users-resolver.ts';
import { ruledTypes } from './guards.ts';

// biome-ignore lint/suspicious/noExplicitAny: arguments differ from field to field
type Resolver = GraphQLFieldResolver<any, any, any>;

/** Where a value stands: what graphql-js asks the runtime type of an abstract one with. */
interface Reading {
  readonly types: ReadonlyMap<string, TableType>;
  readonly guards: Guards | undefined;
  readonly context: unknown;
  readonly info: GraphQLResolveInfo;
}

/**
 * A resolver whose result is held against the rules of the types it is of, item by item: one that may not be read is
 * null, and left out of a list.
 */
export function guardedResults(model: Model, resolve: Resolver): Resolver {
  const types = ruledTypes(model);
  return (source, args, context, info) => {
    const result: unknown = resolve(source, args, context, info);
    return readable(result, info.returnType, { types, guards: guardsOf(context), context, info });
  };
}

/** Whether a field may return items of a type that has rules. */
export function returnsItems(
  { schema }: Model,
  types: ReadonlyMap<string, TableType>,
  type: GraphQLOutputType,
) {
  const named = getNamedType(type);
  if (!isAbstractType(named)) return types.has(named.name);
  return schema.getPossibleTypes(named).some(({ name }) => types.has(name));
}

/** Pages of generated lists: what is in them was let through by the list itself. */
const vouched = new WeakSet<object>();

/** Says of a page that its items may be listed. */
export function vouchFor<Page extends object>(page: Page): Page {
  vouched.add(page);
  return page;
}

/** Resolvers made by `guardNamedFields`: done again for another API of the same model, it changes nothing. */
const named = new WeakSet<Resolver>();

/**
 * Guards the fields that are read by name from what a resolver returned (`MessagesResult.messages`): their objects are
 * the project's. What a subscription delivers was judged before, and so was a page of a generated list.
 * @param answered `Type.field` of those that tables and resolvers answer, which are guarded as they need
 */
export function guardNamedFields(model: Model, answered: ReadonlySet<string>): void {
  const types = ruledTypes(model);
  const { schema } = model;
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type === schema.getSubscriptionType() || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (answered.has(`${type.name}.${field.name}`) || !returnsItems(model, types, field.type)) continue;
      if (!field.resolve || !named.has(field.resolve)) {
        field.resolve = namedField(model, field.resolve ?? defaultFieldResolver);
      }
    }
  }
}

function namedField(model: Model, resolve: Resolver): Resolver {
  const guarded = guardedResults(model, resolve);
  const resolver: Resolver = (source, args, context, info) =>
    (isVouchedFor(source, info) ? resolve : guarded)(source, args, context, info);
  named.add(resolver);
  return resolver;
}

function isVouchedFor(source: unknown, { operation, path }: GraphQLResolveInfo): boolean {
  if (typeof source !== 'object' || source === null) return false;
  const isDelivered = operation.operation === OperationTypeNode.SUBSCRIPTION && !path.prev?.prev;
  return isDelivered || vouched.has(source);
}

function readable(value: unknown, type: GraphQLOutputType, reading: Reading): unknown {
  if (isThenable(value)) return Promise.resolve(value).then((each) => readable(each, type, reading));
  // An error is told as one.
  if (value === null || value === undefined || value instanceof Error) return value;
  const nullable = getNullableType(type);
  if (isListType(nullable)) return readableList(value, nullable.ofType, reading);
  const named = getNamedType(type);
  if (!isAbstractType(named)) return isReadable(value, named.name, reading) ? value : null;
  const name = runtimeTypeOf(value, named, reading);
  if (!isThenable(name)) return isReadable(value, name, reading) ? value : null;
  return Promise.resolve(name).then((each) => (isReadable(value, each, reading) ? value : null));
}

/** Iterables are lists to graphql-js; what is none is its to refuse. */
function readableList(value: unknown, type: GraphQLOutputType, reading: Reading): unknown {
  if (!isIterable(value)) return value;
  const elements = [...value].map((element) => ({ element, read: readable(element, type, reading) }));
  if (!elements.some(({ read }) => isThenable(read))) return withoutHidden(elements);
  return Promise.all(
    elements.map((each) =>
      Promise.all([each.element, each.read]).then(
        ([element, read]) => ({ element, read }),
        // One element's own, as graphql-js has it: an Error in its place.
        (error: unknown) => failed(error),
      ),
    ),
  ).then(withoutHidden);
}

function failed(error: unknown) {
  const read = error instanceof Error ? error : new Error('Something was thrown that is no Error');
  return { element: read, read };
}

/** A null that the resolver gave stays. */
function withoutHidden(
  elements: readonly { readonly element: unknown; readonly read: unknown }[],
): unknown[] {
  return elements
    .filter(({ element, read }) => read !== null || element === null || element === undefined)
    .map(({ read }) => read);
}

function isReadable(value: unknown, typeName: string | undefined, { types, guards }: Reading): boolean {
  const type = typeName === undefined ? undefined : types.get(typeName);
  return !type || guards?.mayReadItem(type, value) === true;
}

function runtimeTypeOf(value: unknown, type: GraphQLAbstractType, { context, info }: Reading) {
  return (type.resolveType ?? defaultTypeResolver)(value, context, info, type);
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
