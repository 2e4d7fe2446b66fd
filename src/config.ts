import { randomBytes } from 'node:crypto';
import {
  readAuthentication,
  readDefaultModes,
  readGateway,
  readIssuers,
  readOriginRules,
} from './access-config.ts';
import { parseApiKeyEntries } from './auth/api-key-text.ts';
import type { ApiKeyEntry } from './auth/api-keys.ts';
import type { AuthenticationMode } from './auth/authenticator.ts';
import type { TokenIssuer } from './auth/issuers.ts';
import {
  bytes,
  choice,
  type Environment,
  entries,
  invalid,
  milliseconds,
  url,
  within,
} from './environment.ts';
import { TablecastError } from './errors.ts';
import { readLimits } from './limits-config.ts';
import { type MetricsConfig, type ProcessRole, readMetrics } from './metrics-config.ts';
import { LOG_LEVELS, type LogLevel } from './observe/logger.ts';
import { isEmulated, isOnAws } from './platform.ts';
import { DEFAULT_SETTINGS, type DoorSettings, type RelaySettings } from './relay/context.ts';
import { readReadOnlyTables, readTableNames } from './tables-config.ts';

/** Everything the handlers take from their environment. */
export interface Config {
  /** Path of the schema file, relative to the working directory. `TABLECAST_SCHEMA`, default `schema.graphql`. */
  readonly schemaFile: string;
  /**
   * Path of the file with the only documents that may run, in the same way. `TABLECAST_DOCUMENTS`; without it any may
   * that is valid.
   */
  readonly documentsFile: string | undefined;
  /** Name of the relay table. `TABLECAST_RELAY_TABLE`. */
  readonly relayTable: string;
  /** `TABLECAST_AUTH`: `required` (default), or `off`, which is refused on AWS without `TABLECAST_ALLOW_ANYONE=true`. */
  readonly authentication: AuthenticationMode;
  /**
   * Accepted API keys. `TABLECAST_API_KEY_HASHES`: the SHA-256 of each in hex, with `@` and epoch seconds if it
   * expires, parted by commas; none by default.
   */
  readonly apiKeys: readonly ApiKeyEntry[];
  /** Issuers whose tokens are accepted. `TABLECAST_JWT`, a JSON array (docs/authentication.md); none by default. */
  readonly jwt: readonly TokenIssuer[];
  /** What authorisers of API Gateway's and pages of other origins come to (`src/access-config.ts`). */
  readonly door: DoorSettings;
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
  readonly posting: PostingConfig;
  readonly warm: WarmConfig;
  readonly fanOut: FanOutConfig;
  readonly logLevel: LogLevel;
  /**
   * Writes the messages of errors that are not Tablecast's own, which may repeat values. `TABLECAST_LOG_ERROR_MESSAGES`,
   * `on` or `off`; by default on under serverless-offline, where whoever develops reads what their resolvers throw.
   */
  readonly logErrorMessages: boolean;
  readonly metrics: MetricsConfig;
  /**
   * Tables whose mutations are refused, by their names in the schema. `TABLECAST_READ_ONLY_TABLES`, a JSON array; none by
   * default. On AWS the role says the same.
   */
  readonly readOnlyTables: ReadonlySet<string>;
  readonly settings: RelaySettings;
}

/** How @connections is spoken to. */
export interface PostingConfig {
  /**
   * `TABLECAST_TRANSPORT`. `lean` (default): signed requests on kept sockets. `https`: the same requests by Node's own
   * HTTP client. `sdk`: the AWS SDK's client.
   */
  readonly transport: 'lean' | 'https' | 'sdk';
  /**
   * Most requests a second that one process begins. `TABLECAST_POSTS_PER_SECOND`, 1 to 1 000 000, default 10 000: the
   * default quota of an account and Region, which all its APIs share.
   */
  readonly perSecond: number;
}

/** Which filter keys have their rows kept in memory, to be read again only when they have changed (layout L3). */
export interface WarmConfig {
  /** Rows from which on a key's are kept. `TABLECAST_WARM_ROWS`, 0 (never) to 1 000 000, default 1 000. */
  readonly minRows: number;
  /** Rows kept in a process, of all keys. `TABLECAST_WARM_MAX_ROWS`, 0 to 10 000 000, default 100 000. */
  readonly maxRows: number;
}

/** When the deliveries of a batch are handed to other invocations. */
export interface FanOutConfig {
  /** The SQS FIFO queue. `TABLECAST_FAN_OUT_QUEUE_URL`; without it every batch is delivered where it came in. */
  readonly queueUrl: string | undefined;
  /**
   * Deliveries of one batch beyond which they are handed over. `TABLECAST_FAN_OUT_ABOVE`, 1 to 10 000 000, default
   * 20 000.
   */
  readonly above: number;
  /** Message groups, each delivered in order. `TABLECAST_FAN_OUT_LANES`, 1 to 1 000, default 20. */
  readonly lanes: number;
}

/**
 * Reads the configuration.
 * @throws TablecastError `CONFIG_INVALID` naming the variable, what was expected and what came
 */
export function readConfig(env: Environment = process.env, role: ProcessRole = 'function'): Config {
  const region = env['AWS_REGION'] || 'us-east-1';
  return {
    schemaFile: env['TABLECAST_SCHEMA'] || 'schema.graphql',
    documentsFile: env['TABLECAST_DOCUMENTS'] || undefined,
    relayTable: env['TABLECAST_RELAY_TABLE'] || 'tablecast-relay',
    authentication: readAuthentication(env, isOnAws(env)),
    apiKeys: parseApiKeyEntries(env['TABLECAST_API_KEY_HASHES'] ?? ''),
    jwt: readIssuers(env, isOnAws(env)),
    door: { origins: readOriginRules(env), gateway: readGateway(env) },
    pageSecret: pageSecret(env),
    corsOrigins: corsOrigins(env),
    maxBodyBytes: bytes(env, 'TABLECAST_MAX_BODY_BYTES', 128 * 1024, 6 * 1024 * 1024),
    region,
    dynamodbEndpoint: url(env, 'DYNAMODB_ENDPOINT', 'http://127.0.0.1:8000'),
    connectionsEndpoint: connectionsEndpoint(env, region),
    logLevel: choice(env, 'TABLECAST_LOG_LEVEL', LOG_LEVELS, 'info'),
    logErrorMessages:
      choice(env, 'TABLECAST_LOG_ERROR_MESSAGES', ['on', 'off'], isEmulated(env) ? 'on' : 'off') === 'on',
    metrics: readMetrics(env, role),
    readOnlyTables: readReadOnlyTables(env),
    posting: {
      transport: choice(env, 'TABLECAST_TRANSPORT', ['lean', 'https', 'sdk'], 'lean'),
      perSecond: within(env, 'TABLECAST_POSTS_PER_SECOND', 'requests a second', [1, 1_000_000], 10_000),
    },
    warm: {
      minRows: within(env, 'TABLECAST_WARM_ROWS', 'rows', [0, 1_000_000], 1_000),
      maxRows: within(env, 'TABLECAST_WARM_MAX_ROWS', 'rows', [0, 10_000_000], 100_000),
    },
    fanOut: {
      queueUrl: url(
        env,
        'TABLECAST_FAN_OUT_QUEUE_URL',
        'https://sqs.eu-central-1.amazonaws.com/123456789012/q.fifo',
      ),
      above: within(env, 'TABLECAST_FAN_OUT_ABOVE', 'deliveries', [1, 10_000_000], 20_000),
      lanes: within(env, 'TABLECAST_FAN_OUT_LANES', 'lanes', [1, 1_000], 20),
    },
    settings: {
      ...DEFAULT_SETTINGS,
      tableNames: readTableNames(env),
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
      access: { defaultModes: readDefaultModes(env) },
      limits: readLimits(env, isOnAws(env)),
      explainLog: choice(env, 'TABLECAST_EXPLAIN_LOG', ['on', 'off'], 'off') === 'on',
    },
  };
}

/**
 * The API's own endpoint unless one is configured: a custom domain answers @connections with 403.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
 */
function connectionsEndpoint(env: Environment, region: string): (stage: string) => string {
  const configured = url(env, 'TABLECAST_CONNECTIONS_ENDPOINT', 'http://127.0.0.1:3001');
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
  const origins = entries(env, name);
  if (origins.length === 0 || (origins.length === 1 && origins[0] === '*')) return '*';
  for (const origin of origins) {
    // A browser sends the origin in just this form, and it is compared to the letter.
    if (!/^https?:[^*]*$/.test(origin) || !URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw invalid(name, '* alone, or origins such as https://app.example.com without a path', origin);
    }
  }
  return [...new Set(origins)];
}
