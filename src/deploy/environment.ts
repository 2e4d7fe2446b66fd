import { DEFAULT_ABOVE, DEFAULT_LANES, postsPerInvocation } from './fan-out-settings.ts';
import type { FunctionInput } from './functions.ts';
import { ref, type Text } from './intrinsics.ts';
import { limitsEnvironment } from './limits-settings.ts';
import { FAN_OUT_QUEUE_ID, type FunctionName, POSTS, relayTableName, WEBSOCKET_API_ID } from './roles.ts';
import { DEFAULT_KEEP_ALIVE_SECONDS, DEFAULT_METRICS_NAMESPACE } from './settings.ts';

/** Where a client presents a credential. */
const AUTHENTICATE: ReadonlySet<FunctionName> = new Set(['connect', 'subscribe', 'graphql']);
/** What clients' input reaches, or what ends connections. */
const LIMITED: ReadonlySet<FunctionName> = new Set(['connect', 'subscribe', 'graphql', 'keepalive']);
/** What runs the documents of clients, and tells them that a table may not be written before DynamoDB does. */
const RUN_DOCUMENTS: ReadonlySet<FunctionName> = new Set(['subscribe', 'graphql']);
/** What has to know a table of the schema by its real name. */
const NAME_TABLES: ReadonlySet<FunctionName> = new Set(['subscribe', 'stream', 'gap', 'graphql']);
const DELIVER_CHANGES: ReadonlySet<FunctionName> = new Set(['stream', 'gap']);
/** What decides who gets a change: code that publishes does as well. */
const FIND_SUBSCRIBERS: ReadonlySet<FunctionName> = new Set(['subscribe', 'stream', 'graphql']);
/** What promises a client signs of life, and what gives them. */
const KEEP_ALIVE: ReadonlySet<FunctionName> = new Set(['subscribe', 'keepalive']);

/** What a function needs to know, and no more; a setting that has its default is left out. */
export function environment(input: FunctionInput): Readonly<Record<string, Text>> {
  const { functionName, apiKeyHashes, corsOrigins, jwt, keepAliveSeconds, leave, tableNames } = input;
  const authenticates = AUTHENTICATE.has(functionName);
  return {
    TABLECAST_SCHEMA: input.schema,
    TABLECAST_RELAY_TABLE: relayTableName(),
    TABLECAST_SERVICE: input.service,
    TABLECAST_STAGE: input.stage,
    TABLECAST_LOG_LEVEL: input.logLevel,
    ...(input.metricsNamespace !== DEFAULT_METRICS_NAMESPACE && {
      TABLECAST_METRICS_NAMESPACE: input.metricsNamespace,
    }),
    ...(FIND_SUBSCRIBERS.has(functionName) && input.explainLog && { TABLECAST_EXPLAIN_LOG: 'on' }),
    ...(POSTS.has(functionName) && {
      TABLECAST_API_ID: ref(WEBSOCKET_API_ID),
      TABLECAST_URL_SUFFIX: ref('AWS::URLSuffix'),
    }),
    ...(authenticates && { TABLECAST_API_KEY_HASHES: apiKeyHashes.join(',') }),
    ...(authenticates && jwt.length > 0 && { TABLECAST_JWT: JSON.stringify(jwt) }),
    ...accessEnvironment(input),
    ...(input.runsQueries && {
      // It ends in a random UUID that no client sees, and is the same for as long as the stack lives.
      TABLECAST_PAGE_SECRET: ref('AWS::StackId'),
    }),
    ...(functionName === 'graphql' &&
      corsOrigins !== '*' && { TABLECAST_CORS_ORIGINS: corsOrigins.join(',') }),
    ...(KEEP_ALIVE.has(functionName) &&
      keepAliveSeconds !== DEFAULT_KEEP_ALIVE_SECONDS && {
        TABLECAST_KEEP_ALIVE_SECONDS: String(keepAliveSeconds),
      }),
    ...(DELIVER_CHANGES.has(functionName) && leave !== 'image' && { TABLECAST_LEAVE: leave }),
    ...(NAME_TABLES.has(functionName) &&
      tableNames.size > 0 && { TABLECAST_TABLE_NAMES: JSON.stringify(Object.fromEntries(tableNames)) }),
    ...(LIMITED.has(functionName) && limitsEnvironment(input.limits)),
    ...(RUN_DOCUMENTS.has(functionName) &&
      input.documents !== undefined && { TABLECAST_DOCUMENTS: input.documents }),
    ...(RUN_DOCUMENTS.has(functionName) &&
      input.readOnlyTables.length > 0 && {
        TABLECAST_READ_ONLY_TABLES: JSON.stringify(input.readOnlyTables),
      }),
    ...fanOutEnvironment(input),
  };
}

/** Who is let in, and how; whoever decides what subscribers get has to know what a schema's default means. */
function accessEnvironment(input: FunctionInput): Readonly<Record<string, string>> {
  const { functionName, allowAnyone, authorizer, claims, defaultAuthorization, origins } = input;
  const authenticates = AUTHENTICATE.has(functionName);
  const isConnect = functionName === 'connect';
  const isBehind = isConnect || functionName === 'graphql';
  return {
    ...(authenticates && allowAnyone && { TABLECAST_AUTH: 'off', TABLECAST_ALLOW_ANYONE: 'true' }),
    ...(authenticates && claims.length > 0 && { TABLECAST_CLAIMS: claims.join(',') }),
    ...(isBehind && authorizer && { TABLECAST_GATEWAY_AUTH: authorizer.kind }),
    ...(FIND_SUBSCRIBERS.has(functionName) &&
      defaultAuthorization.length > 0 && { TABLECAST_DEFAULT_AUTH: defaultAuthorization.join(',') }),
    ...(isConnect &&
      origins.allowed !== '*' && {
        TABLECAST_ORIGINS: [...origins.allowed].join(','),
        TABLECAST_ORIGIN_MISSING: origins.missing,
      }),
  };
}

/** What hands over has to know where to and when; what sends, how much of the account's quota is its own. */
function fanOutEnvironment({ functionName, fanOut }: FunctionInput): Readonly<Record<string, Text>> {
  if (!fanOut) return {};
  const { above, lanes } = fanOut;
  if (functionName === 'deliver') return { TABLECAST_POSTS_PER_SECOND: String(postsPerInvocation(fanOut)) };
  if (functionName !== 'stream') return {};
  return {
    // Of a queue, Ref is its URL.
    TABLECAST_FAN_OUT_QUEUE_URL: ref(FAN_OUT_QUEUE_ID),
    ...(above !== DEFAULT_ABOVE && { TABLECAST_FAN_OUT_ABOVE: String(above) }),
    ...(lanes !== DEFAULT_LANES && { TABLECAST_FAN_OUT_LANES: String(lanes) }),
  };
}
