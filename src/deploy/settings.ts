import { apiKeyEntryText, parseApiKey } from '../auth/api-key-text.ts';
import { readIssuers, type TokenIssuer } from '../auth/issuers.ts';
import type { Limits } from '../protocol/limits.ts';
import { ACCESS_KEYS, type AccessSettingsOfDeploy, accessSettingsOf } from './access-settings.ts';
import { type AlarmSettings, alarmSettingsOf } from './alarm-settings.ts';
import { type FanOutSettings, fanOutSettingsOf } from './fan-out-settings.ts';
import { limitSettingsOf, type ThrottlingSettings, throttlingSettingsOf } from './limits-settings.ts';
import { choice, flag, integer, invalid, objectOf, pathInside, shown, texts } from './setting-values.ts';
import { type TableSetting, tableSettingsOf } from './table-settings.ts';

export type { TableSetting } from './table-settings.ts';

/** `custom.tablecast` of a serverless.yml, checked and completed. */
export interface TablecastSettings extends AccessSettingsOfDeploy {
  /** Path of the schema file, relative to serverless.yml and inside its folder. Default `schema.graphql`. */
  readonly schema: string;
  /**
   * Path of the file with the project's own resolvers and hooks, in the same way. By default `resolvers.ts`, `.js` or
   * `.mjs`, the first that is there; none is needed.
   */
  readonly resolvers?: string;
  /** Table name as the schema writes it → where it is. A table that is not named is an existing one. */
  readonly tables: ReadonlyMap<string, TableSetting>;
  /**
   * SHA-256 of each API key, lower-case hex, with `@` and the epoch second it expires at if it does. The keys themselves
   * are dropped here. Default none: nobody connects by a key.
   */
  readonly apiKeyHashes: readonly string[];
  /** Issuers whose tokens are accepted. Default none. */
  readonly jwt: readonly TokenIssuer[];
  /** Seconds between two signs of life on an open connection: a multiple of 60 from 60 to 540, default 540. */
  readonly keepAliveSeconds: number;
  /** Origins of pages that may call the HTTP endpoint; `*` is every one, the default. */
  readonly corsOrigins: '*' | readonly string[];
  /**
   * How long a change is retried while the infrastructure fails, in seconds: 60–604 800, default 3 600. Longer keeps
   * "at least once" (C2) through longer outages; shorter frees the shard, and so the table's other items (C4), earlier.
   */
  readonly maximumRecordAgeInSeconds: number;
  /** Concurrent batches a shard, 1–10, default 1. Order within an item is kept. */
  readonly parallelizationFactor: number;
  /** What LEAVE tells of the item that left: its old image as the subscriber could read it, or its key. Default `image`. */
  readonly leave: LeaveSetting;
  /** Level of the handlers' logs. Default `info`. */
  readonly logLevel: LogLevel;
  /** Who reads the streams: the function `stream` (default), or a worker process of the user's own (docs/worker.md). */
  readonly delivery: DeliverySetting;
  /** Writes a log line for each decision whether a change is delivered to a subscription. Default false. */
  readonly explainLog: boolean;
  /** Namespace of the CloudWatch metrics. Default `Tablecast`. */
  readonly metricsNamespace: string;
  readonly alarms: AlarmSettings;
  /** Present when batches that owe very much are sent by several invocations (docs/scale.md). Default none. */
  readonly fanOut?: FanOutSettings;
  /** Limits on what clients may send that differ from their defaults (docs/limits.md). Default none. */
  readonly limits: Partial<Limits>;
  /** What one stage takes of all clients together. */
  readonly throttling: ThrottlingSettings;
  /**
   * Path of a file with the only documents that may run, in the same way as `schema`'s. Default none: any may that is
   * valid.
   */
  readonly documents?: string;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** Least level of a line that is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

const LEAVE_SETTINGS = ['image', 'keys'] as const;
/** What is told of an item that leaves: its old image, or its key alone. */
export type LeaveSetting = (typeof LEAVE_SETTINGS)[number];

const DELIVERY_SETTINGS = ['lambda', 'worker'] as const;
/** Who reads the streams. */
export type DeliverySetting = (typeof DELIVERY_SETTINGS)[number];

/** CloudWatch namespace where none is set. */
export const DEFAULT_METRICS_NAMESPACE = 'Tablecast';

/** API Gateway closes a connection that was idle for 600 s: nine minutes are the longest pause that is safe. */
export const DEFAULT_KEEP_ALIVE_SECONDS = 540;

const KEYS = [
  'schema',
  'tables',
  'apiKeys',
  'jwt',
  ...ACCESS_KEYS,
  'resolvers',
  'keepAliveSeconds',
  'corsOrigins',
  'maximumRecordAgeInSeconds',
  'parallelizationFactor',
  'leave',
  'logLevel',
  'delivery',
  'explainLog',
  'metricsNamespace',
  'alarms',
  'fanOut',
  'limits',
  'throttling',
  'documents',
];

/**
 * Reads `custom.tablecast`. Nothing at all is a valid answer: every setting has a default.
 * @throws TablecastError `CONFIG_INVALID`, naming the setting, what was expected and what came. It never repeats a key.
 */
export function readSettings(value: unknown): TablecastSettings {
  const given = objectOf('custom.tablecast', value ?? {}, KEYS);
  const [age, factor] = ['maximumRecordAgeInSeconds', 'parallelizationFactor'] as const;
  const keepAlive = given.get('keepAliveSeconds');
  const resolvers = given.get('resolvers');
  const documents = given.get('documents');
  const delivery = choice('delivery', given.get('delivery'), DELIVERY_SETTINGS, 'lambda');
  const fanOut = fanOutSettingsOf(given.get('fanOut'), delivery);
  return {
    // Both are packed under these very paths or found by them, so they cannot lie outside the folder that is packed.
    schema: pathInside('schema', given.get('schema') ?? 'schema.graphql'),
    ...(resolvers != null && { resolvers: pathInside('resolvers', resolvers) }),
    tables: tableSettingsOf(given.get('tables')),
    apiKeyHashes: apiKeyHashesOf(given.get('apiKeys')),
    ...accessSettingsOf(given),
    jwt: readIssuers(given.get('jwt') ?? [], 'custom.tablecast.jwt'),
    // EventBridge counts a rate in whole minutes.
    keepAliveSeconds: integer('keepAliveSeconds', keepAlive, 60, 540, DEFAULT_KEEP_ALIVE_SECONDS, 60),
    corsOrigins: corsOriginsOf(given.get('corsOrigins')),
    maximumRecordAgeInSeconds: integer(age, given.get(age), 60, 604_800, 3_600),
    parallelizationFactor: integer(factor, given.get(factor), 1, 10, 1),
    leave: choice('leave', given.get('leave'), LEAVE_SETTINGS, 'image'),
    logLevel: choice('logLevel', given.get('logLevel'), LOG_LEVELS, 'info'),
    delivery,
    explainLog: flag('explainLog', given.get('explainLog'), false),
    metricsNamespace: metricsNamespaceOf(given.get('metricsNamespace')),
    alarms: alarmSettingsOf(given.get('alarms')),
    ...(fanOut && { fanOut }),
    limits: limitSettingsOf(given.get('limits')),
    throttling: throttlingSettingsOf(given.get('throttling')),
    ...(documents != null && { documents: pathInside('documents', documents) }),
  };
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Namespace */
function metricsNamespaceOf(value: unknown): string {
  if (value === undefined || value === null) return DEFAULT_METRICS_NAMESPACE;
  if (typeof value === 'string' && /^(?!AWS\/)[\w.\-/#][\w.\-/#:]{0,254}$/.test(value)) return value;
  const expected = '1 to 255 of a-z, A-Z, 0-9, . - _ / # :, not beginning with AWS/ or :';
  throw invalid('custom.tablecast.metricsNamespace', expected, shown(value));
}

function apiKeyHashesOf(value: unknown): readonly string[] {
  const keys = texts('apiKeys', 'keys as text, separated by commas', value);
  return [...new Set(keys.map((key) => apiKeyEntryText(parseApiKey(key))))];
}

function corsOriginsOf(value: unknown): '*' | readonly string[] {
  const origins = texts('corsOrigins', 'origins as text, separated by commas', value);
  if (origins.length === 0 || (origins.length === 1 && origins[0] === '*')) return '*';
  for (const origin of origins) {
    // What a browser sends as Origin: scheme, host and port alone.
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw invalid(
      'custom.tablecast.corsOrigins',
      '* alone, or origins such as https://app.example.com',
      shown(origin),
    );
  }
  return origins;
}
