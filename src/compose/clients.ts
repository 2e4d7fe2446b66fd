import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { withoutLogging } from '../adapters/dynamodb/document-client.ts';
import { TABLES_TRANSLATION } from '../adapters/dynamodb-tables/native.ts';
import type { Config } from '../config.ts';

/** Requests to DynamoDB under way at once: at or above what the registry asks for in parallel. */
const MAX_SOCKETS = 64;

const relayClients = new WeakMap<Config, DynamoDBDocumentClient>();

/** For the relay table: one a configuration, whoever asks, with its sockets and its credentials. */
export function relayClient(config: Config): DynamoDBDocumentClient {
  const known = relayClients.get(config);
  if (known) return known;
  const client = DynamoDBDocumentClient.from(dynamodbClient(config), {
    marshallOptions: { removeUndefinedValues: true },
  });
  relayClients.set(config, client);
  return client;
}

/** For the users' tables: how numbers are translated is a client's own, so that it is not the relay table's. */
export function tablesClient(config: Config): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(dynamodbClient(config), TABLES_TRANSLATION);
}

function dynamodbClient(config: Config): DynamoDBClient {
  const client = new DynamoDBClient({
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
  return withoutLogging(client);
}
