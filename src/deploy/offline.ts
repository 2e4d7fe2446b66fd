import type { Deployment } from './deployment.ts';
import type { FunctionDefinition } from './functions.ts';
import type { FunctionName } from './roles.ts';

/** Where `serverless offline` runs, and the names it gives to what CloudFormation would name. */
export interface OfflineSettings {
  /** The process environment of `serverless offline`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly relayTable: string;
  /** Where the local gateway answers @connections, such as `http://localhost:3001`. */
  readonly connectionsEndpoint: string;
}

/** The keys in clear stay with whoever started the process; what the handlers compare are their hashes. */
const NEVER_TAKEN: ReadonlySet<string> = new Set(['TABLECAST_API_KEYS', 'TABLECAST_SCHEMA']);
const FOR_KEY_READERS = 'TABLECAST_API_KEY_HASHES';

/**
 * The functions as `serverless offline` can run them. It sets a function's own environment over the process's and
 * passes references on as objects, so names stand in for references here, and `DYNAMODB_ENDPOINT` and `TABLECAST_*` of
 * the process are taken over.
 */
export function offlineFunctions(
  functions: Deployment['functions'],
  settings: OfflineSettings,
): Readonly<Record<FunctionName, FunctionDefinition>> {
  const { connect, subscribe, disconnect, stream, gap } = functions;
  const local = (definition: FunctionDefinition) => offlineFunction(definition, settings);
  return {
    connect: local(connect),
    subscribe: local(subscribe),
    disconnect: local(disconnect),
    stream: local(stream),
    gap: local(gap),
  };
}

function offlineFunction(definition: FunctionDefinition, settings: OfflineSettings): FunctionDefinition {
  const readsKeys = definition.environment[FOR_KEY_READERS] !== undefined;
  const taken = Object.entries(settings.environment).filter(
    ([name, value]) => value !== undefined && isTaken(name) && (readsKeys || name !== FOR_KEY_READERS),
  );
  return {
    ...definition,
    environment: {
      ...definition.environment,
      TABLECAST_RELAY_TABLE: settings.relayTable,
      TABLECAST_API_ID: 'offline',
      TABLECAST_URL_SUFFIX: 'localhost',
      TABLECAST_CONNECTIONS_ENDPOINT: settings.connectionsEndpoint,
      ...localCredentials(settings.environment),
      ...Object.fromEntries(taken),
    },
  };
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
