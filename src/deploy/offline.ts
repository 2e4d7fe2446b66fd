import type { Functions } from './deployment.ts';
import type { FunctionDefinition } from './functions.ts';

/** Where `serverless offline` runs, and the names it gives to what CloudFormation would name. */
export interface OfflineSettings {
  /** The process environment of `serverless offline`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly relayTable: string;
  /** Where the local gateway answers @connections, such as `http://localhost:3001`. */
  readonly connectionsEndpoint: string;
  /** Stands in for the id of the stack: what encrypts the tokens of pages, for this run alone. */
  readonly pageSecret: string;
}

/** The keys in clear stay with whoever started the process; what the handlers compare are their hashes. */
const NEVER_TAKEN: ReadonlySet<string> = new Set(['TABLECAST_API_KEYS', 'TABLECAST_SCHEMA']);

/** What is taken over only by a function that has a variable of its own deployed: variable → the one it must have. */
const TAKEN_BESIDE: ReadonlyMap<string, string> = new Map([
  ['TABLECAST_API_KEY_HASHES', 'TABLECAST_API_KEY_HASHES'],
  ['TABLECAST_JWT', 'TABLECAST_API_KEY_HASHES'],
  ['TABLECAST_PAGE_SECRET', 'TABLECAST_PAGE_SECRET'],
]);

/**
 * The functions as `serverless offline` can run them. It sets a function's own environment over the process's and
 * passes references on as objects, so names stand in for references here, and `DYNAMODB_ENDPOINT` and `TABLECAST_*` of
 * the process are taken over. There is no queue here: every batch is delivered where it came in.
 */
export function offlineFunctions(functions: Functions, settings: OfflineSettings): Functions {
  const { connect, subscribe, disconnect, stream, gap, graphql, keepalive } = functions;
  const local = (definition: FunctionDefinition) => offlineFunction(definition, settings);
  return {
    connect: local(connect),
    subscribe: local(subscribe),
    disconnect: local(disconnect),
    ...(stream && { stream: local(stream) }),
    gap: local(gap),
    graphql: local(graphql),
    keepalive: local(keepalive),
  };
}

function offlineFunction(definition: FunctionDefinition, settings: OfflineSettings): FunctionDefinition {
  const { TABLECAST_FAN_OUT_QUEUE_URL: _, ...own } = definition.environment;
  const has = (name: string) => definition.environment[name] !== undefined;
  const taken = Object.entries(settings.environment).filter(
    ([name, value]) =>
      value !== undefined && isTaken(name) && has(TAKEN_BESIDE.get(name) ?? 'TABLECAST_SCHEMA'),
  );
  return {
    ...definition,
    events: definition.events.flatMap(offlineEvent),
    environment: {
      ...withoutAuthorizer(definition, own),
      TABLECAST_RELAY_TABLE: settings.relayTable,
      TABLECAST_API_ID: 'offline',
      TABLECAST_URL_SUFFIX: 'localhost',
      TABLECAST_CONNECTIONS_ENDPOINT: settings.connectionsEndpoint,
      ...(has('TABLECAST_PAGE_SECRET') && { TABLECAST_PAGE_SECRET: settings.pageSecret }),
      ...localCredentials(settings.environment),
      ...Object.fromEntries(taken),
    },
  };
}

/** Only an authoriser that is a function of this very serverless.yml, before `$connect`, runs offline. */
function runsAuthorizer({ events }: FunctionDefinition): boolean {
  return events.some(
    (event) => 'authorizer' in eventOf(event, 'websocket') && !('arn' in authorizerOf(event)),
  );
}

/**
 * Where nobody stands before a function nothing is believed of the gateway: keys and tokens decide. Empty and not left
 * out, for the plugin may run all functions in one process, whose environment they share.
 */
function withoutAuthorizer(
  definition: FunctionDefinition,
  own: FunctionDefinition['environment'],
): FunctionDefinition['environment'] {
  if (own['TABLECAST_GATEWAY_AUTH'] === undefined || runsAuthorizer(definition)) return own;
  return { ...own, TABLECAST_GATEWAY_AUTH: '' };
}

/** An event as the plugin can serve it, or none for a route that exists for the sake of an authoriser. */
function offlineEvent(event: object): readonly object[] {
  if ('httpApi' in event) {
    const { authorizer: _, ...httpApi } = eventOf(event, 'httpApi');
    return httpApi['method'] === 'OPTIONS' ? [] : [{ httpApi }];
  }
  if (!('arn' in authorizerOf(event))) return [event];
  const { authorizer: _, ...websocket } = eventOf(event, 'websocket');
  return [{ websocket }];
}

function authorizerOf(event: object): object {
  const { authorizer } = eventOf(event, 'websocket');
  return typeof authorizer === 'object' && authorizer !== null ? authorizer : {};
}

function eventOf(event: object, kind: 'httpApi' | 'websocket'): Readonly<Record<string, unknown>> {
  const value: unknown = new Map<string, unknown>(Object.entries(event)).get(kind);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isTaken(name: string): boolean {
  return name === 'DYNAMODB_ENDPOINT' || (name.startsWith('TABLECAST_') && !NEVER_TAKEN.has(name));
}

/** The local servers check no signature, but the SDK signs nothing without credentials and would search for some. */
function localCredentials(environment: OfflineSettings['environment']): Readonly<Record<string, string>> {
  const given = environment['AWS_ACCESS_KEY_ID'] ?? environment['AWS_PROFILE'];
  if (environment['DYNAMODB_ENDPOINT'] === undefined || given !== undefined) return {};
  return { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
}
