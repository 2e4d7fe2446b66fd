import type { Limits } from './limits.ts';

/** The limits that are numbers: all but `introspection`. */
export type NumericLimit = {
  readonly [Name in keyof Limits]: Limits[Name] extends number ? Name : never;
}[keyof Limits];

/** How an operator sets one limit. */
export interface LimitSetting {
  /** Environment variable of the functions; in serverless.yml it is `custom.tablecast.limits.NAME`. */
  readonly env: string;
  /** What is counted, in the plural, as error messages name it. */
  readonly unit: string;
  readonly least: number;
  readonly most: number;
}

const KB = 1_024;

/**
 * Every limit that is a number, with the range it may be set in. What lies outside would break something else: deeper
 * JSON overflows the stack of who reads it, deeper filters could not be read back from the relay table, and a connection
 * that lives shorter than three pauses between two keepalive runs would be closed at any of them.
 */
export const LIMIT_SETTINGS: { readonly [Name in NumericLimit]: LimitSetting } = {
  frameBytes: { env: 'TABLECAST_MAX_FRAME_BYTES', unit: 'bytes', least: KB, most: 128 * KB },
  jsonDepth: { env: 'TABLECAST_MAX_JSON_DEPTH', unit: 'levels', least: 4, most: 64 },
  documentBytes: { env: 'TABLECAST_MAX_DOCUMENT_BYTES', unit: 'bytes', least: 256, most: 128 * KB },
  documentTokens: { env: 'TABLECAST_MAX_DOCUMENT_TOKENS', unit: 'tokens', least: 20, most: 10_000 },
  documentDepth: { env: 'TABLECAST_MAX_DOCUMENT_DEPTH', unit: 'levels', least: 2, most: 32 },
  aliases: { env: 'TABLECAST_MAX_ALIASES', unit: 'aliases', least: 0, most: 500 },
  directives: { env: 'TABLECAST_MAX_DIRECTIVES', unit: 'directives', least: 0, most: 500 },
  variableBytes: { env: 'TABLECAST_MAX_VARIABLE_BYTES', unit: 'bytes', least: 256, most: 6_144 * KB },
  filterConditions: { env: 'TABLECAST_MAX_FILTER_CONDITIONS', unit: 'conditions', least: 1, most: 500 },
  filterDepth: { env: 'TABLECAST_MAX_FILTER_DEPTH', unit: 'levels', least: 1, most: 15 },
  inValues: { env: 'TABLECAST_MAX_IN_VALUES', unit: 'values', least: 1, most: 100 },
  subscriptionsPerConnection: {
    env: 'TABLECAST_MAX_SUBSCRIPTIONS_PER_CONNECTION',
    unit: 'subscriptions',
    least: 1,
    most: 1_000,
  },
  subscriptionsPerIdentity: {
    env: 'TABLECAST_MAX_SUBSCRIPTIONS_PER_IDENTITY',
    unit: 'subscriptions',
    least: 1,
    most: 100_000,
  },
  framesPerMinute: {
    env: 'TABLECAST_MAX_FRAMES_PER_MINUTE',
    unit: 'frames a minute',
    least: 10,
    most: 100_000,
  },
  initSeconds: { env: 'TABLECAST_INIT_SECONDS', unit: 'seconds', least: 10, most: 3_600 },
  connectionSeconds: { env: 'TABLECAST_CONNECTION_SECONDS', unit: 'seconds', least: 1_800, most: 7_200 },
};

/** Names of the limits that are numbers, in the order of docs/limits.md. */
export const NUMERIC_LIMITS: readonly NumericLimit[] = [
  'frameBytes',
  'jsonDepth',
  'documentBytes',
  'documentTokens',
  'documentDepth',
  'aliases',
  'directives',
  'variableBytes',
  'filterConditions',
  'filterDepth',
  'inValues',
  'subscriptionsPerConnection',
  'subscriptionsPerIdentity',
  'framesPerMinute',
  'initSeconds',
  'connectionSeconds',
];

/** Environment variable of `introspection`: `on` or `off`. */
export const INTROSPECTION_ENV = 'TABLECAST_INTROSPECTION';
