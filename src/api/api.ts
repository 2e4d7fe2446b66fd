import { randomUUID } from 'node:crypto';
import { execute, GraphQLError, isObjectType } from 'graphql';
import type { Logger } from 'pino';
import type { AccessSettings } from '../auth/access.ts';
import { guarded } from '../auth/guards.ts';
import { TablecastError } from '../errors.ts';
import type { Resolvers } from '../project.ts';
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts';
import type { Clock } from '../relay/ports.ts';
import { allowedDocument } from '../render/allowed-document.ts';
import type { DocumentList } from '../render/document-list.ts';
import type { Model, TableType } from '../schema/model.ts';
import { executing } from './access/execution.ts';
import { createGuards } from './access/guards.ts';
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
import { createTableOperations, type TableAccess, type TableOperations } from './table-operations.ts';

/** Default of `ApiSettings.resolverTimeoutMs`. */
export const RESOLVER_TIMEOUT_MS = 10_000;

/** Settings of the API, each with a default. */
export interface ApiSettings {
  /** How long one resolver of the user's may take before its field is an error, ms. Default 10,000. */
  readonly resolverTimeoutMs?: number;
}

/** What an API is made of. */
export interface ApiOptions {
  /** Its schema is completed with the resolvers, and is then the one to execute everywhere. */
  readonly model: Model;
  readonly tables: Tables;
  /** The user's, by type and field; none by default. */
  readonly resolvers?: Resolvers;
  readonly publish: Publish;
  readonly logger: Logger;
  /** What resolvers and hooks log with; by default `logger`. */
  readonly projectLogger?: Logger;
  /** Measures the time limit of resolvers. */
  readonly clock: Clock;
  /** What keys of `nextToken` are derived from: the same in every process, and secret. */
  readonly pageSecret: string;
  /** What the rules of the schema leave to configuration. Default: nobody is let in by default. */
  readonly access?: AccessSettings;
  /** Ids of items created without one, and of faults; random UUIDs by default. */
  readonly uuid?: () => string;
  /** Bytes that cannot be guessed; the system's by default. */
  readonly randomBytes?: (count: number) => Uint8Array;
  readonly settings?: ApiSettings;
  /** On what clients may send; the defaults without them. */
  readonly limits?: Limits;
  /** The only documents that may run; without it any may that is valid. */
  readonly documents?: DocumentList;
}

/** Most errors told of the variables of one operation. */
const MAX_VARIABLE_ERRORS = 10;

/**
 * Queries and mutations of a model on its tables, and the user's resolvers.
 * @throws TablecastError `CONFIG_INVALID`, a line for each resolver that is missing or has no field in the schema; and
 * for an empty `pageSecret`, which anybody could guess
 */
export function createApi(options: ApiOptions): Api {
  const { model, tables, logger, publish, uuid = randomUUID, limits = DEFAULT_LIMITS } = options;
  if (options.pageSecret === '') {
    throw new TablecastError('CONFIG_INVALID', 'pageSecret: expected a secret text, got an empty one');
  }
  attachResolvers(model, options.resolvers ?? {}, {
    clock: options.clock,
    timeoutMs: options.settings?.resolverTimeoutMs ?? RESOLVER_TIMEOUT_MS,
  });
  const pageTokens = createPageTokens(options.pageSecret, options.randomBytes);
  const formatError = createErrorFormatter({ logger, uuid });

  const settings = options.access ?? { defaultModes: [] };

  const contextFor = ({ identity, connection, reads = 'get' }: Caller): OperationContext => {
    const subject = identity.claims?.subject;
    const operationsOf = tableOperations({
      tables,
      pageTokens,
      uuid,
      limits,
      ...(subject !== undefined && { subject }),
    });
    const context: OperationContext = {
      identity,
      tables: tableClients(model, operationsOf),
      ...(connection && { connection }),
      publish,
      logger: options.projectLogger ?? logger,
    };
    const reader = { identity, settings };
    return guarded(executing(context, { reader, operationsOf }), createGuards(model, reader, reads));
  };

  return {
    schema: model.schema,
    contextFor,
    formatError,
    check: (request) => checkOperation(model.schema, request, limits),
    allowed: (request) => allowedDocument(request, options.documents, limits),
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

/** Those of each table type, made when they are first asked for: most executions use one. */
function tableOperations(access: TableAccess): (type: TableType) => TableOperations {
  const made = new Map<TableType, TableOperations>();
  return (type) => {
    const operations = made.get(type) ?? createTableOperations(type, access);
    made.set(type, operations);
    return operations;
  };
}

function tableClients(
  model: Model,
  operationsOf: (type: TableType) => TableOperations,
): Readonly<Record<string, TableClient>> {
  const clients: Record<string, TableClient> = Object.create(null);
  for (const type of model.types.values()) {
    const object = model.schema.getType(type.name);
    if (!isObjectType(object)) continue;
    let client: TableClient | undefined;
    Object.defineProperty(clients, type.name, {
      enumerable: true,
      get: () => {
        client ??= createTableClient(operationsOf(type), object);
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
