import { randomUUID } from 'node:crypto';
import { execute, GraphQLError, isObjectType } from 'graphql';
import type { Logger } from 'pino';
import { TablecastError } from '../errors.ts';
import type { Resolvers } from '../project.ts';
import type { Clock } from '../relay/ports.ts';
import type { Model } from '../schema/model.ts';
import { checkOperation } from './check.ts';
import { createErrorFormatter } from './format-error.ts';
import { createPageTokens } from './page-token.ts';
import type {
  Api,
  Caller,
  OperationContext,
  OperationResult,
  Publish,
  TableClient,
  Tables,
} from './ports.ts';
import { attachResolvers } from './resolvers.ts';
import { createTableClient } from './table-client.ts';

/** Default of `ApiSettings.resolverTimeoutMs`. */
export const RESOLVER_TIMEOUT_MS = 10_000;

export interface ApiSettings {
  /** How long one resolver of the user's may take before its field is an error, ms. Default 10,000. */
  readonly resolverTimeoutMs?: number;
}

export interface ApiOptions {
  /** Its schema is completed with the resolvers, and is then the one to execute everywhere. */
  readonly model: Model;
  readonly tables: Tables;
  /** The user's, by type and field; none by default. */
  readonly resolvers?: Resolvers;
  readonly publish: Publish;
  readonly logger: Logger;
  /** Measures the time limit of resolvers. */
  readonly clock: Clock;
  /** What keys of `nextToken` are derived from: the same in every process, and secret. */
  readonly pageSecret: string;
  /** Ids of items created without one, and of faults; random UUIDs by default. */
  readonly uuid?: () => string;
  /** Bytes that cannot be guessed; the system's by default. */
  readonly randomBytes?: (count: number) => Uint8Array;
  readonly settings?: ApiSettings;
}

/** Most errors told of the variables of one operation. */
const MAX_VARIABLE_ERRORS = 10;

/**
 * Queries and mutations of a model on its tables, and the user's resolvers.
 * @throws TablecastError `CONFIG_INVALID`, a line for each resolver that is missing or has no field in the schema; and
 * for an empty `pageSecret`, which anybody could guess
 */
export function createApi(options: ApiOptions): Api {
  const { model, tables, logger, publish, uuid = randomUUID } = options;
  if (options.pageSecret === '') {
    throw new TablecastError('CONFIG_INVALID', 'pageSecret: expected a secret text, got an empty one');
  }
  attachResolvers(model, options.resolvers ?? {}, {
    clock: options.clock,
    timeoutMs: options.settings?.resolverTimeoutMs ?? RESOLVER_TIMEOUT_MS,
  });
  const pageTokens = createPageTokens(options.pageSecret, options.randomBytes);
  const formatError = createErrorFormatter({ logger, uuid });

  const contextFor = ({ identity, connection }: Caller): OperationContext => {
    const subject = identity.kind === 'jwt' ? identity.claims?.subject : undefined;
    const access = { tables, pageTokens, uuid, ...(subject !== undefined && { subject }) };
    return {
      identity,
      tables: tableClients(model, access),
      ...(connection && { connection }),
      publish,
      logger,
    };
  };

  return {
    schema: model.schema,
    contextFor,
    formatError,
    check: (request) => checkOperation(model.schema, request),
    async run({ document }, request, caller) {
      try {
        const result = await execute({
          schema: model.schema,
          document,
          contextValue: contextFor(caller),
          operationName: request.operationName || null,
          variableValues: request.variables ?? null,
          hideSuggestions: true,
          options: { maxCoercionErrors: MAX_VARIABLE_ERRORS },
        });
        return resultOf(result);
      } catch (error) {
        return { errors: [formatError(internalError(error))] };
      }
    },
  };

  function resultOf({ data, errors }: Awaited<ReturnType<typeof execute>>): OperationResult {
    return {
      // Own keys stay what they are: `data` has no prototype, and an alias may be called as one likes.
      ...(data !== undefined && { data }),
      ...(errors && { errors: errors.map(formatError) }),
    };
  }
}

/** One client a table type, made when it is first asked for: most operations use one. */
function tableClients(
  model: Model,
  access: Parameters<typeof createTableClient>[2],
): Readonly<Record<string, TableClient>> {
  const clients: Record<string, TableClient> = Object.create(null);
  for (const type of model.types.values()) {
    const object = model.schema.getType(type.name);
    if (!isObjectType(object)) continue;
    let client: TableClient | undefined;
    Object.defineProperty(clients, type.name, {
      enumerable: true,
      get: () => {
        client ??= createTableClient(type, object, access);
        return client;
      },
    });
  }
  return clients;
}

function internalError(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error('Something was thrown that is no Error');
  return new GraphQLError('Internal error', { originalError });
}
