import { randomBytes } from 'node:crypto';
import { readAuthentication, readDefaultModes, readGateway, readOriginRules } from './access-config.ts';
import { parseApiKeyEntries } from './auth/api-key-text.ts';
import type { ApiKeyEntry } from './auth/api-keys.ts';
import type { AuthenticationMode } from './auth/authenticator.ts';
import { isTrustedUrl, parseIssuers, type TokenIssuer } from './auth/issuers.ts';
import { localIssuers } from './auth/local-issuers.ts';
import { bytes, choice, type Environment, invalid, milliseconds, url, within } from './environment.ts';
import { TablecastError } from './errors.ts';
import { readLimits } from './limits-config.ts';
import { LOG_LEVELS, type LogLevel } from './observe/logger.ts';
import { DEFAULT_SETTINGS, type DoorSettings, type RelaySettings } from './relay/context.ts';

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

/** Where metrics go: CloudWatch's embedded format, the log, or nowhere. */
export const METRICS_MODES = ['emf', 'log', 'off'] as const;

export interface MetricsConfig {
  /** `TABLECAST_METRICS`. Default `emf` on AWS and in the worker, `log` elsewhere. */
  readonly mode: (typeof METRICS_MODES)[number];
  /** CloudWatch namespace. `TABLECAST_METRICS_NAMESPACE`, default `Tablecast`. */
  readonly namespace: string;
  /** Dimension `service`. `TABLECAST_SERVICE`, default `tablecast`. */
  readonly service: string;
  /** Dimension `stage`. `TABLECAST_STAGE`; left out without it. */
  readonly stage?: string;
  /** Dimension `function`: Lambda's `AWS_LAMBDA_FUNCTION_NAME`, or what runs instead. */
  readonly function: string;
}

/** What runs: a function of ours, or the worker. */
export type ProcessRole = 'function' | 'worker';

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
    jwt: [...parseIssuers(env['TABLECAST_JWT'] || '[]', 'TABLECAST_JWT'), ...issuersOfLoop(env)],
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
    metrics: metrics(env, role),
    readOnlyTables: readOnlyTables(env['TABLECAST_READ_ONLY_TABLES']),
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
      access: { defaultModes: readDefaultModes(env) },
      limits: readLimits(env, isOnAws(env)),
      explainLog: choice(env, 'TABLECAST_EXPLAIN_LOG', ['on', 'off'], 'off') === 'on',
    },
  };
}

/** What the worker takes from its environment beside {@link Config}. */
export interface WorkerConfig {
  /** Address `/healthz` listens on. `TABLECAST_WORKER_HOST`, default every address. */
  readonly host: string;
  /** Its port, 0 for a free one. `TABLECAST_WORKER_PORT`, default 8080. */
  readonly port: number;
  /**
   * How long a shard stays this worker's after it was last heard of. `TABLECAST_WORKER_LEASE_MS`, 1 000 to 300 000,
   * default 10 000.
   */
  readonly leaseMs: number;
  /** Wait after a page that was not full. `TABLECAST_WORKER_POLL_MS`, 50 to 60 000, default 250. */
  readonly pollIntervalMs: number;
  /** Records in a page: after a crash at most these are delivered again. `TABLECAST_WORKER_BATCH_SIZE`, 1 to 1 000, default 100. */
  readonly batchSize: number;
  /** Time to finish pages in once told to stop. `TABLECAST_WORKER_GRACE_MS`, up to 3 600 000, default 25 000. */
  readonly graceMs: number;
  /** A shard that got no further for this long is a problem. `TABLECAST_WORKER_STALE_MS`, at least 1 000, default 120 000. */
  readonly staleAfterMs: number;
  /** Period at which what was counted is logged. `TABLECAST_WORKER_METRICS_MS`, at least 1 000, default 60 000. */
  readonly metricsIntervalMs: number;
  /** Where the first worker ever begins. `TABLECAST_WORKER_START_AT`, `LATEST` (default) or `TRIM_HORIZON`. */
  readonly startAt: 'LATEST' | 'TRIM_HORIZON';
  /** The file with the project's resolvers, if it has not a usual name. `TABLECAST_RESOLVERS`. */
  readonly resolvers: string | undefined;
}

/**
 * Reads what the worker alone needs.
 * @throws TablecastError `CONFIG_INVALID` naming the variable, what was expected and what came
 */
export function readWorkerConfig(env: Environment = process.env): WorkerConfig {
  return {
    host: env['TABLECAST_WORKER_HOST'] || '0.0.0.0',
    port: within(env, 'TABLECAST_WORKER_PORT', 'a port', [0, 65_535], 8080),
    leaseMs: within(env, 'TABLECAST_WORKER_LEASE_MS', 'milliseconds', [1_000, 300_000], 10_000),
    pollIntervalMs: within(env, 'TABLECAST_WORKER_POLL_MS', 'milliseconds', [50, 60_000], 250),
    batchSize: within(env, 'TABLECAST_WORKER_BATCH_SIZE', 'records', [1, 1_000], 100),
    graceMs: within(env, 'TABLECAST_WORKER_GRACE_MS', 'milliseconds', [0, 3_600_000], 25_000),
    staleAfterMs: within(env, 'TABLECAST_WORKER_STALE_MS', 'milliseconds', [1_000, 3_600_000], 120_000),
    metricsIntervalMs: within(env, 'TABLECAST_WORKER_METRICS_MS', 'milliseconds', [1_000, 3_600_000], 60_000),
    startAt: choice(env, 'TABLECAST_WORKER_START_AT', ['LATEST', 'TRIM_HORIZON'], 'LATEST'),
    resolvers: env['TABLECAST_RESOLVERS'] || undefined,
  };
}

/**
 * What tells that AWS runs us. AWS_EXECUTION_ENV alone is missing in functions made from a container image.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
const AWS_MARKS = ['AWS_EXECUTION_ENV', 'AWS_LAMBDA_RUNTIME_API', 'AWS_LAMBDA_FUNCTION_NAME'];

function isOnAws(env: Environment): boolean {
  return AWS_MARKS.some((name) => env[name]) && !isEmulated(env);
}

/**
 * Whether serverless-offline runs us: it sets IS_OFFLINE, and no address of Lambda's runtime API, which every function on
 * AWS has. A variable alone that somebody deploys by mistake must not make AWS a developer's machine.
 */
function isEmulated(env: Environment): boolean {
  return Boolean(env['IS_OFFLINE']) && !env['AWS_LAMBDA_RUNTIME_API'];
}

/** Locally they stay in the log, so that the screen of `start` can be read. */
function metrics(env: Environment, role: ProcessRole): MetricsConfig {
  const stage = env['TABLECAST_STAGE'];
  const byDefault = role === 'worker' || isOnAws(env) ? 'emf' : 'log';
  return {
    mode: choice(env, 'TABLECAST_METRICS', METRICS_MODES, byDefault),
    namespace: env['TABLECAST_METRICS_NAMESPACE'] || 'Tablecast',
    service: env['TABLECAST_SERVICE'] || 'tablecast',
    ...(stage && { stage }),
    function: env['AWS_LAMBDA_FUNCTION_NAME'] || role,
  };
}

/** `npm start` issues tokens of its own, for whoever asks: never where anybody else could ask. */
function issuersOfLoop(env: Environment): readonly TokenIssuer[] {
  const origin = url(env, 'TABLECAST_LOCAL_ISSUER', 'http://localhost:3000');
  if (!origin) return [];
  if (isOnAws(env) || !isTrustedUrl(new URL(origin)) || new URL(origin).protocol !== 'http:') {
    throw new TablecastError(
      'CONFIG_INVALID',
      'TABLECAST_LOCAL_ISSUER: expected the page of a local "tablecast start", got it elsewhere',
    );
  }
  return localIssuers(origin);
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

function readOnlyTables(value: string | undefined): ReadonlySet<string> {
  if (!value) return new Set();
  try {
    const parsed: unknown = JSON.parse(value);
    if (Array.isArray(parsed) && parsed.every((name): name is string => typeof name === 'string')) {
      return new Set(parsed);
    }
  } catch {
    // Told below.
  }
  throw invalid('TABLECAST_READ_ONLY_TABLES', 'a JSON array of schema names of tables', value);
}
