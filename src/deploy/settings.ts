import { apiKeyHash } from '../auth/api-keys.ts';
import { kindOf, TablecastError } from '../errors.ts';
import type { Intrinsic } from './intrinsics.ts';
import { tableNameOfStream } from './stream-arn.ts';

/** How a table of the schema comes by its stream. */
export type TableSetting =
  /** Created by the deploy under `name`, and kept when the stack goes. */
  | { readonly kind: 'managed'; readonly name: string }
  /** Already there. Without `stream`, its ARN is looked up at deploy. */
  | { readonly kind: 'existing'; readonly name: string; readonly stream?: string | Intrinsic };

/** `custom.tablecast` of a serverless.yml, checked and completed. */
export interface TablecastSettings {
  /** Path of the schema file, relative to serverless.yml and inside its folder. Default `schema.graphql`. */
  readonly schema: string;
  /** Table name as the schema writes it → where it is. A table that is not named is an existing one. */
  readonly tables: ReadonlyMap<string, TableSetting>;
  /** SHA-256 of each API key, lower-case hex. The keys themselves are dropped here. Default none: nobody connects. */
  readonly apiKeyHashes: readonly string[];
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
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const LEAVE_SETTINGS = ['image', 'keys'] as const;
export type LeaveSetting = (typeof LEAVE_SETTINGS)[number];

const KEYS = [
  'schema',
  'tables',
  'apiKeys',
  'maximumRecordAgeInSeconds',
  'parallelizationFactor',
  'leave',
  'logLevel',
];

/**
 * Reads `custom.tablecast`. Nothing at all is a valid answer: every setting has a default.
 * @throws TablecastError `CONFIG_INVALID`, naming the setting, what was expected and what came. It never repeats a key.
 */
export function readSettings(value: unknown): TablecastSettings {
  const given = value === undefined || value === null ? {} : objectAt('custom.tablecast', value);
  for (const key of Object.keys(given)) {
    if (!KEYS.includes(key))
      throw invalid(`custom.tablecast.${key}`, `one of ${KEYS.join(', ')}`, 'an unknown setting');
  }
  return {
    schema: schemaPath(given['schema']),
    tables: tableSettings(given['tables']),
    apiKeyHashes: hashesOf(given['apiKeys']),
    maximumRecordAgeInSeconds: integer('maximumRecordAgeInSeconds', given, 60, 604_800, 3_600),
    parallelizationFactor: integer('parallelizationFactor', given, 1, 10, 1),
    leave: choice('leave', given, LEAVE_SETTINGS, 'image'),
    logLevel: choice('logLevel', given, LOG_LEVELS, 'info'),
  };
}

function schemaPath(value: unknown): string {
  if (value === undefined) return 'schema.graphql';
  if (typeof value !== 'string' || value === '')
    throw invalid('custom.tablecast.schema', 'a path', kindOf(value));
  const parts = value.split(/[\\/]/).filter((part) => part !== '.' && part !== '');
  // It is packed into the zip under this very path, so it cannot lie outside the folder that is packed.
  if (/^([\\/]|[a-z]:)/i.test(value) || parts.includes('..')) {
    throw invalid('custom.tablecast.schema', 'a path inside the folder of serverless.yml', `"${value}"`);
  }
  return parts.join('/');
}

function tableSettings(value: unknown): ReadonlyMap<string, TableSetting> {
  if (value === undefined || value === null) return new Map();
  const entries = Object.entries(objectAt('custom.tablecast.tables', value));
  return new Map(entries.map(([table, setting]) => [table, tableSetting(table, setting)]));
}

function tableSetting(table: string, value: unknown): TableSetting {
  const at = `custom.tablecast.tables.${table}`;
  if (value === 'managed') return { kind: 'managed', name: table };
  if (value === 'existing') return { kind: 'existing', name: table };
  const given = objectAt(
    at,
    value,
    '"managed", "existing" or an object with streamArn, stream, name or managed',
  );
  for (const key of Object.keys(given)) {
    if (!['managed', 'name', 'stream', 'streamArn'].includes(key)) {
      throw invalid(`${at}.${key}`, 'one of managed, name, stream, streamArn', 'an unknown setting');
    }
  }
  const { managed, name, stream, streamArn } = given;
  if (name !== undefined && (typeof name !== 'string' || !/^[\w.-]{3,255}$/.test(name))) {
    throw invalid(`${at}.name`, 'a DynamoDB table name (3 to 255 of a-z, A-Z, 0-9, _, -, .)', shown(name));
  }
  if (managed !== undefined && managed !== false) {
    if (managed !== true) throw invalid(`${at}.managed`, 'true or false', shown(managed));
    if (stream !== undefined || streamArn !== undefined) {
      throw invalid(at, 'either managed or a stream of an existing table', 'both');
    }
    return { kind: 'managed', name: name ?? table };
  }
  if (stream !== undefined && streamArn !== undefined)
    throw invalid(at, 'either stream or streamArn', 'both');
  const source = streamArn ?? stream;
  if (source === undefined) return { kind: 'existing', name: name ?? table };
  if (typeof source !== 'string')
    return { kind: 'existing', name: requiredName(at, name), stream: intrinsic(at, source) };
  const named = tableNameOfStream(source);
  if (named === undefined) {
    const expected =
      'a stream ARN such as arn:aws:dynamodb:us-east-1:123456789012:table/Orders/stream/2026-01-01T00:00:00.000';
    throw invalid(`${at}.${streamArn === undefined ? 'stream' : 'streamArn'}`, expected, `"${source}"`);
  }
  if (name !== undefined && name !== named)
    throw invalid(`${at}.name`, `"${named}", as the stream ARN says`, `"${name}"`);
  return { kind: 'existing', name: named, stream: source };
}

function requiredName(at: string, name: unknown): string {
  if (typeof name === 'string') return name;
  throw invalid(
    `${at}.name`,
    'the name of the table, since a CloudFormation expression does not tell it',
    'nothing',
  );
}

function intrinsic(at: string, value: unknown): Intrinsic {
  const given = objectAt(`${at}.stream`, value, 'a stream ARN, Ref, Fn::GetAtt, Fn::Sub or Fn::ImportValue');
  const [key, operand] = Object.entries(given)[0] ?? [];
  if (Object.keys(given).length === 1) {
    if (key === 'Ref' && typeof operand === 'string') return { Ref: operand };
    if (key === 'Fn::Sub' && typeof operand === 'string') return { 'Fn::Sub': operand };
    if (key === 'Fn::ImportValue') {
      return { 'Fn::ImportValue': typeof operand === 'string' ? operand : intrinsic(at, operand) };
    }
    if (key === 'Fn::GetAtt') {
      const [id, attribute] =
        typeof operand === 'string' ? operand.split('.') : Array.isArray(operand) ? operand : [];
      if (typeof id === 'string' && typeof attribute === 'string') return { 'Fn::GetAtt': [id, attribute] };
    }
  }
  throw invalid(
    `${at}.stream`,
    'a stream ARN, Ref, Fn::GetAtt, Fn::Sub or Fn::ImportValue',
    JSON.stringify(value),
  );
}

function hashesOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const keys = list.flatMap((item) => {
    if (typeof item === 'string') return item.split(',');
    throw invalid('custom.tablecast.apiKeys', 'keys as text, separated by commas', kindOf(item));
  });
  const hashes = keys
    .map((key) => key.trim())
    .filter((key) => key !== '')
    .map(apiKeyHash);
  return [...new Set(hashes)];
}

function integer(
  key: string,
  given: Record<string, unknown>,
  least: number,
  most: number,
  byDefault: number,
): number {
  const value = given[key];
  if (value === undefined || value === null) return byDefault;
  // A value that came from an environment variable is text.
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most)
    return number;
  throw invalid(`custom.tablecast.${key}`, `a whole number from ${least} to ${most}`, shown(value));
}

function choice<T extends string>(
  key: string,
  given: Record<string, unknown>,
  allowed: readonly T[],
  byDefault: T,
): T {
  const value = given[key];
  if (value === undefined || value === null) return byDefault;
  const found = allowed.find((option) => option === value);
  if (found === undefined)
    throw invalid(`custom.tablecast.${key}`, `one of ${allowed.join(', ')}`, shown(value));
  return found;
}

function objectAt(at: string, value: unknown, expected = 'an object'): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(at, expected, shown(value));
  return Object.fromEntries(Object.entries(value));
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value) : kindOf(value);
}

function invalid(at: string, expected: string, got: string): TablecastError {
  return new TablecastError('CONFIG_INVALID', `${at}: expected ${expected}, got ${got}`);
}
