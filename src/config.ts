import { TablecastError } from './errors.ts';
import { LOG_LEVELS, type LogLevel } from './observe/logger.ts';
import { DEFAULT_SETTINGS, type RelaySettings } from './relay/context.ts';

/** Everything the handlers take from their environment. */
export interface Config {
  /** Path of the schema file, relative to the working directory. `TABLECAST_SCHEMA`, default `schema.graphql`. */
  readonly schemaFile: string;
  /** Name of the relay table. `TABLECAST_RELAY_TABLE`. */
  readonly relayTable: string;
  /** SHA-256 of each accepted API key, hex. `TABLECAST_API_KEY_HASHES`, parted by commas; none by default. */
  readonly apiKeyHashes: readonly string[];
  /** `AWS_REGION`, default `us-east-1`. */
  readonly region: string;
  /** Set for DynamoDB Local; real AWS without it. `DYNAMODB_ENDPOINT`. */
  readonly dynamodbEndpoint: string | undefined;
  /** Where to post for a stage: the emulator's endpoint, or API Gateway's own. */
  readonly connectionsEndpoint: (stage: string) => string;
  readonly logLevel: LogLevel;
  readonly settings: RelaySettings;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration.
 * @throws TablecastError `CONFIG_INVALID` naming the variable, what was expected and what came
 */
export function readConfig(env: Environment = process.env): Config {
  const region = env['AWS_REGION'] || 'us-east-1';
  return {
    schemaFile: env['TABLECAST_SCHEMA'] || 'schema.graphql',
    relayTable: env['TABLECAST_RELAY_TABLE'] || 'tablecast-relay',
    apiKeyHashes: list(env['TABLECAST_API_KEY_HASHES']),
    region,
    dynamodbEndpoint: env['DYNAMODB_ENDPOINT'] || undefined,
    connectionsEndpoint: connectionsEndpoint(env, region),
    logLevel: choice(env, 'TABLECAST_LOG_LEVEL', LOG_LEVELS, 'info'),
    settings: {
      ...DEFAULT_SETTINGS,
      authentication: authentication(env),
      tableNames: tableNames(env['TABLECAST_TABLE_NAMES']),
      leave: choice(env, 'TABLECAST_LEAVE', ['image', 'keys'], DEFAULT_SETTINGS.leave),
      initWaitMs: milliseconds(env, 'TABLECAST_INIT_WAIT_MS', DEFAULT_SETTINGS.initWaitMs),
      streamGranularityMs: milliseconds(
        env,
        'TABLECAST_STREAM_GRANULARITY_MS',
        DEFAULT_SETTINGS.streamGranularityMs,
      ),
      clockSkewMs: milliseconds(env, 'TABLECAST_CLOCK_SKEW_MS', DEFAULT_SETTINGS.clockSkewMs),
    },
  };
}

/**
 * What tells that AWS runs us. AWS_EXECUTION_ENV alone is missing in functions made from a container image.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
const AWS_MARKS = ['AWS_EXECUTION_ENV', 'AWS_LAMBDA_RUNTIME_API', 'AWS_LAMBDA_FUNCTION_NAME'];

/** Authentication goes off only by an explicit setting, and never in a function that AWS runs. */
function authentication(env: Environment): RelaySettings['authentication'] {
  const mode = choice(env, 'TABLECAST_AUTH', ['required', 'off'], 'required');
  if (mode === 'off' && AWS_MARKS.some((name) => env[name]) && !env['IS_OFFLINE']) {
    throw new TablecastError(
      'CONFIG_INVALID',
      'TABLECAST_AUTH=off: expected only in local use, got it on AWS',
    );
  }
  return mode;
}

/**
 * The API's own endpoint unless one is configured: a custom domain answers @connections with 403.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
 */
function connectionsEndpoint(env: Environment, region: string): (stage: string) => string {
  const configured = env['TABLECAST_CONNECTIONS_ENDPOINT'];
  if (configured) return () => configured;
  const apiId = env['TABLECAST_API_ID'];
  const suffix = env['TABLECAST_URL_SUFFIX'] || 'amazonaws.com';
  return (stage) => {
    if (!apiId) {
      throw new TablecastError(
        'CONFIG_INVALID',
        'TABLECAST_API_ID: expected the WebSocket API id (or TABLECAST_CONNECTIONS_ENDPOINT), got neither',
      );
    }
    return `https://${apiId}.execute-api.${region}.${suffix}/${stage}`;
  };
}

function tableNames(value: string | undefined): ReadonlyMap<string, string> {
  if (!value) return new Map();
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      const entries = Object.entries(parsed);
      if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
        return new Map(entries);
    }
  } catch {
    // Told below.
  }
  throw new TablecastError(
    'CONFIG_INVALID',
    `TABLECAST_TABLE_NAMES: expected a JSON object of stored name to schema name, got ${JSON.stringify(value.slice(0, 80))}`,
  );
}

function choice<T extends string>(env: Environment, name: string, allowed: readonly T[], byDefault: T): T {
  const value = env[name];
  if (!value) return byDefault;
  const found = allowed.find((option) => option === value);
  if (found === undefined) {
    throw new TablecastError(
      'CONFIG_INVALID',
      `${name}: expected ${allowed.join(' or ')}, got "${value.slice(0, 40)}"`,
    );
  }
  return found;
}

function milliseconds(env: Environment, name: string, byDefault: number): number {
  const value = env[name];
  if (!value) return byDefault;
  if (!/^\d{1,9}$/.test(value)) {
    throw new TablecastError(
      'CONFIG_INVALID',
      `${name}: expected whole milliseconds, got "${value.slice(0, 40)}"`,
    );
  }
  return Number(value);
}

function list(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
