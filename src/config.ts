import { randomBytes } from 'node:crypto';
import { parseApiKeyEntries } from './auth/api-key-text.ts';
import type { ApiKeyEntry } from './auth/api-keys.ts';
import type { AuthenticationMode } from './auth/authenticator.ts';
import { parseIssuers, type TokenIssuer } from './auth/issuers.ts';
import { TablecastError } from './errors.ts';
import { LOG_LEVELS, type LogLevel } from './observe/logger.ts';
import { DEFAULT_SETTINGS, type RelaySettings } from './relay/context.ts';

/** Everything the handlers take from their environment. */
export interface Config {
  /** Path of the schema file, relative to the working directory. `TABLECAST_SCHEMA`, default `schema.graphql`. */
  readonly schemaFile: string;
  /** Name of the relay table. `TABLECAST_RELAY_TABLE`. */
  readonly relayTable: string;
  /** `TABLECAST_AUTH`: `required` (default), or `off`, which is refused on AWS. */
  readonly authentication: AuthenticationMode;
  /**
   * Accepted API keys. `TABLECAST_API_KEY_HASHES`: the SHA-256 of each in hex, with `@` and epoch seconds if it
   * expires, parted by commas; none by default.
   */
  readonly apiKeys: readonly ApiKeyEntry[];
  /** Issuers whose tokens are accepted. `TABLECAST_JWT`, a JSON array (docs/authentication.md); none by default. */
  readonly jwt: readonly TokenIssuer[];
  /**
   * What page tokens (`nextToken`) are sealed with, ≥ 16 characters. `TABLECAST_PAGE_SECRET`; by default a random one,
   * so that a page token ends with the process that gave it.
   */
  readonly pageSecret: string;
  /**
   * Origins whose pages may call the HTTP API. `TABLECAST_CORS_ORIGINS`: origins parted by commas, or `*` (default):
   * credentials travel in headers a page must set itself, so that a foreign page has none to send.
   */
  readonly corsOrigins: '*' | readonly string[];
  /** Largest body of an HTTP request, in bytes. `TABLECAST_MAX_BODY_BYTES`, at most 6 MB (Lambda's own limit), default 128 KB. */
  readonly maxBodyBytes: number;
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
    authentication: authentication(env),
    apiKeys: parseApiKeyEntries(env['TABLECAST_API_KEY_HASHES'] ?? ''),
    jwt: parseIssuers(env['TABLECAST_JWT'] || '[]', 'TABLECAST_JWT'),
    pageSecret: pageSecret(env),
    corsOrigins: corsOrigins(env),
    maxBodyBytes: bytes(env, 'TABLECAST_MAX_BODY_BYTES', 128 * 1024, 6 * 1024 * 1024),
    region,
    dynamodbEndpoint: env['DYNAMODB_ENDPOINT'] || undefined,
    connectionsEndpoint: connectionsEndpoint(env, region),
    logLevel: choice(env, 'TABLECAST_LOG_LEVEL', LOG_LEVELS, 'info'),
    settings: {
      ...DEFAULT_SETTINGS,
      tableNames: tableNames(env['TABLECAST_TABLE_NAMES']),
      leave: choice(env, 'TABLECAST_LEAVE', ['image', 'keys'], DEFAULT_SETTINGS.leave),
      initWaitMs: milliseconds(env, 'TABLECAST_INIT_WAIT_MS', DEFAULT_SETTINGS.initWaitMs),
      lockWaitMs: milliseconds(env, 'TABLECAST_LOCK_WAIT_MS', DEFAULT_SETTINGS.lockWaitMs),
      keepAliveSeconds: keepAliveSeconds(env),
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
function authentication(env: Environment): AuthenticationMode {
  const mode = choice<AuthenticationMode>(env, 'TABLECAST_AUTH', ['required', 'off'], 'required');
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
  throw invalid('TABLECAST_TABLE_NAMES', 'a JSON object of stored name to schema name', value);
}

function choice<T extends string>(env: Environment, name: string, allowed: readonly T[], byDefault: T): T {
  const value = env[name];
  if (!value) return byDefault;
  const found = allowed.find((option) => option === value);
  if (found === undefined) throw invalid(name, allowed.join(' or '), value);
  return found;
}

function milliseconds(env: Environment, name: string, byDefault: number): number {
  const value = env[name];
  if (!value) return byDefault;
  if (!/^\d{1,9}$/.test(value)) throw invalid(name, 'whole milliseconds', value);
  return Number(value);
}

function bytes(env: Environment, name: string, byDefault: number, most: number): number {
  const value = env[name];
  if (!value) return byDefault;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > most) throw invalid(name, `a whole number of bytes from 1 to ${most}`, value);
  return number;
}

/** A schedule counts in whole minutes, and API Gateway closes a socket that is idle for ten. */
function keepAliveSeconds(env: Environment): number {
  const name = 'TABLECAST_KEEP_ALIVE_SECONDS';
  const value = env[name];
  if (!value) return DEFAULT_SETTINGS.keepAliveSeconds;
  const seconds = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (seconds < 60 || seconds > 540 || seconds % 60 !== 0) {
    throw invalid(name, 'a multiple of 60 from 60 to 540', value);
  }
  return seconds;
}

const SECRET_OF_THIS_PROCESS = randomBytes(32).toString('base64url');
const LEAST_SECRET = 16;

function pageSecret(env: Environment): string {
  const secret = env['TABLECAST_PAGE_SECRET'] || SECRET_OF_THIS_PROCESS;
  if (secret.length < LEAST_SECRET) {
    throw new TablecastError(
      'CONFIG_INVALID',
      `TABLECAST_PAGE_SECRET: expected ${LEAST_SECRET} characters or more, got ${secret.length}`,
    );
  }
  return secret;
}

function corsOrigins(env: Environment): Config['corsOrigins'] {
  const name = 'TABLECAST_CORS_ORIGINS';
  const origins = (env[name] ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (origins.length === 0 || (origins.length === 1 && origins[0] === '*')) return '*';
  for (const origin of origins) {
    // A browser sends the origin in just this form, and it is compared to the letter.
    if (!/^https?:[^*]*$/.test(origin) || !URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw invalid(name, '* alone, or origins such as https://app.example.com without a path', origin);
    }
  }
  return [...new Set(origins)];
}

function invalid(name: string, expected: string, value: string): TablecastError {
  return new TablecastError('CONFIG_INVALID', `${name}: expected ${expected}, got "${value.slice(0, 40)}"`);
}
