import type { GraphQLError, GraphQLFieldResolver } from 'graphql';
import type { Resolvers } from '../project.ts';
import type { Clock } from '../relay/ports.ts';
import { apiError } from './errors.ts';
import { isImage, itemOf } from './items.ts';
import type { OperationContext } from './ports.ts';

/** What bounds a resolver of the user's. */
export interface ResolverSettings {
  readonly clock: Clock;
  /** How long one resolver of the user's may take, ms. */
  readonly timeoutMs: number;
}

/** A resolver as GraphQL calls it, for the identity of the operation. */
export type Resolver = GraphQLFieldResolver<unknown, OperationContext, Readonly<Record<string, unknown>>>;

/**
 * A resolver of the user's, with a time limit. Its parent is an item where the parent is stored: fields by API name,
 * whether it came from a table or with a change.
 */
export function usersResolver(
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

/** True of a promise, and of what is awaited like one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
