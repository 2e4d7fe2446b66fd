import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Logger } from 'pino';
import * as project from 'tablecast/project';
import { createApiGatewayTransport } from './adapters/apigateway/transport.ts';
import { systemClock } from './adapters/clock.ts';
import { createDynamoDBRegistry } from './adapters/dynamodb/registry.ts';
import { TABLES_TRANSLATION } from './adapters/dynamodb-tables/native.ts';
import { createDynamoDBTables } from './adapters/dynamodb-tables/tables.ts';
import { createTokenVerifier } from './adapters/jwt/tokens.ts';
import { createApi } from './api/api.ts';
import type { Publish } from './api/ports.ts';
import { createApiKeys } from './auth/api-keys.ts';
import { createAuthenticator } from './auth/authenticator.ts';
import { type Config, readConfig } from './config.ts';
import { TablecastError } from './errors.ts';
import { createCounters } from './observe/counters.ts';
import { createEmfMetrics } from './observe/emf.ts';
import { createLogger } from './observe/logger.ts';
import type { Project } from './project.ts';
import type { RelayContext } from './relay/context.ts';
import type { Metrics } from './relay/ports.ts';
import { createPublish } from './relay/publish.ts';
import { loadModel } from './schema/load.ts';
import type { Model } from './schema/model.ts';

/** Requests to DynamoDB under way at once: at or above what the registry asks for in parallel. */
const MAX_SOCKETS = 64;

/** Everything the handlers run on. */
export interface Composition extends RelayContext {
  readonly config: Config;
  readonly publish: Publish;
}

/**
 * Builds the real thing from the configuration: the one place where clients are made.
 * @param parts the user's resolvers and hooks; in a bundle `tablecast/project` is their `resolvers.ts`
 * @throws SchemaError with file, line and column · TablecastError `CONFIG_INVALID`
 */
export function compose(config: Config = readConfig(), parts: Project = projectParts()): Composition {
  const logger = createLogger(config.logLevel);
  if (config.authentication === 'off') {
    logger.warn({ event: 'authentication.off' }, 'every connection is let in');
  }
  const relayClient = DynamoDBDocumentClient.from(dynamodbClient(config), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const tablesClient = DynamoDBDocumentClient.from(dynamodbClient(config), TABLES_TRANSLATION);
  const model = readModel(config.schemaFile);
  const publish: Publish = (field, payload) => published(field, payload);
  const context: Composition = {
    config,
    publish,
    model,
    registry: createDynamoDBRegistry({
      client: relayClient,
      tableName: config.relayTable,
      clock: systemClock,
    }),
    transport: createApiGatewayTransport({ endpointFor: config.connectionsEndpoint, region: config.region }),
    clock: systemClock,
    metrics: metricsOf(config, logger),
    logger,
    authenticator: createAuthenticator({
      mode: config.authentication,
      apiKeys: createApiKeys(config.apiKeys),
      ...(config.jwt.length > 0 && { tokens: createTokenVerifier(config.jwt) }),
      clock: systemClock,
    }),
    api: createApi({
      model,
      tables: createDynamoDBTables({ client: tablesClient, storedNames: storedNames(config) }),
      ...(parts.resolvers && { resolvers: parts.resolvers }),
      publish,
      logger,
      clock: systemClock,
      pageSecret: config.pageSecret,
    }),
    hooks: parts.hooks ?? {},
    settings: config.settings,
    random: Math.random,
  };
  const published = createPublish(context);
  return context;
}

function metricsOf({ metrics }: Config, logger: Logger): Metrics {
  const { mode, namespace, service, stage, function: name } = metrics;
  switch (mode) {
    case 'emf':
      return createEmfMetrics({
        namespace,
        dimensions: { service, ...(stage !== undefined && { stage }), function: name },
      });
    case 'log':
      return createCounters((counts, measures) =>
        logger.info({
          event: 'metrics',
          counts: Object.fromEntries(counts),
          ...(measures.size > 0 && { measures: Object.fromEntries(measures) }),
        }),
      );
    case 'off':
      return createCounters();
    default:
      return mode satisfies never;
  }
}

function projectParts(): Project {
  const { resolvers, hooks } = project;
  return { ...(resolvers && { resolvers }), ...(hooks && { hooks }) };
}

/** The other way round: the schema's name of a table → the real one. */
function storedNames({ settings }: Config): ReadonlyMap<string, string> {
  return new Map([...settings.tableNames].map(([stored, name]) => [name, stored]));
}

/** One for the relay table and one for the users': how numbers are translated is a client's own. */
function dynamodbClient(config: Config): DynamoDBClient {
  return new DynamoDBClient({
    region: config.region,
    maxAttempts: 4,
    // Without these one hung request would take the whole invocation with it.
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
    },
    ...(config.dynamodbEndpoint && { endpoint: config.dynamodbEndpoint }),
  });
}

/** The completed model of a schema file. */
export function readModel(file: string): Model {
  let sdl: string;
  try {
    sdl = readFileSync(resolve(file), 'utf8');
  } catch (cause) {
    throw new TablecastError(
      'CONFIG_INVALID',
      `Schema file: expected one at ${resolve(file)}, got none that can be read`,
      {
        cause,
      },
    );
  }
  return loadModel(sdl, { file });
}
