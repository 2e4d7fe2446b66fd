import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createApiGatewayTransport } from './adapters/apigateway/transport.ts';
import { systemClock } from './adapters/clock.ts';
import { createDynamoDBRegistry } from './adapters/dynamodb/registry.ts';
import { createApiKeys } from './auth/api-keys.ts';
import { type Config, readConfig } from './config.ts';
import { TablecastError } from './errors.ts';
import { createCounters } from './observe/counters.ts';
import { createLogger } from './observe/logger.ts';
import type { RelayContext } from './relay/context.ts';
import { loadModel } from './schema/load.ts';
import type { Model } from './schema/model.ts';

/** Requests to DynamoDB under way at once: at or above what the registry asks for in parallel. */
const MAX_SOCKETS = 64;

/**
 * Builds the real thing from the configuration: the one place where clients are made.
 * @throws SchemaError with file, line and column · TablecastError `CONFIG_INVALID`
 */
export function compose(config: Config = readConfig()): RelayContext {
  const logger = createLogger(config.logLevel);
  const apiKeys = createApiKeys(config.apiKeyHashes);
  if (config.settings.authentication === 'off') {
    logger.warn({ event: 'authentication.off' }, 'every connection is let in');
  }
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({
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
    }),
    { marshallOptions: { removeUndefinedValues: true } },
  );
  return {
    model: readModel(config.schemaFile),
    registry: createDynamoDBRegistry({ client, tableName: config.relayTable, clock: systemClock }),
    transport: createApiGatewayTransport({ endpointFor: config.connectionsEndpoint, region: config.region }),
    clock: systemClock,
    metrics: createCounters((counts) =>
      logger.info({ event: 'metrics', counts: Object.fromEntries(counts) }),
    ),
    logger,
    apiKeys,
    settings: config.settings,
    random: Math.random,
  };
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
