import { environment } from './environment.ts';
import { events } from './events.ts';
import { getAtt, type Intrinsic, type Text } from './intrinsics.ts';
import { type FunctionName, functionId, roleId } from './roles.ts';
import type { TablecastSettings } from './settings.ts';

/** A function as osls reads it. @see https://github.com/oss-serverless/serverless */
export interface FunctionDefinition {
  readonly handler: string;
  readonly name: string;
  readonly description: string;
  readonly runtime: 'nodejs22.x';
  readonly architecture: 'arm64';
  readonly role: Intrinsic;
  /** Seconds. */
  readonly timeout: number;
  /** MB. */
  readonly memorySize: number;
  /** Of an asynchronous call; two unless it says otherwise. */
  readonly maximumRetryAttempts?: 0;
  readonly environment: Readonly<Record<string, Text>>;
  readonly events: readonly object[];
  /** Logical ids of what CloudFormation deploys before it. */
  readonly dependsOn?: readonly string[];
  readonly package?: { readonly patterns: readonly string[] };
}

/** Everything the definition of one function follows from. */
export interface FunctionInput extends Omit<TablecastSettings, 'alarms' | 'resolvers' | 'tables'> {
  readonly functionName: FunctionName;
  readonly lambdaName: string;
  /** Folder of the handlers, relative to serverless.yml. */
  readonly handlers: string;
  /** `service` of serverless.yml: metrics of several projects are told apart by it. */
  readonly service: string;
  readonly stage: string;
  /** Real table name → name in the schema, of those that differ. */
  readonly tableNames: ReadonlyMap<string, string>;
  /** Tables whose mutations are refused, by their names in the schema. */
  readonly readOnlyTables: readonly string[];
  readonly streams: readonly Text[];
  /** Names of the claims that rules of the schema read. */
  readonly claims: readonly string[];
  /** True when it may read the users' tables, and so gives out pages of them. */
  readonly runsQueries: boolean;
  /** Extra files of this function's zip. */
  readonly patterns: readonly string[];
}

/**
 * Seconds a function may take. A WebSocket integration is given up after 29 s and one of HTTP after 30 s, so what
 * answers a client ends before.
 */
const TIMEOUTS: Readonly<Record<Exclude<FunctionName, 'keepalive'>, number>> = {
  connect: 10,
  subscribe: 25,
  disconnect: 25,
  stream: 60,
  gap: 60,
  graphql: 25,
  deliver: 60,
};

/** The longest a run of `keepalive` may take, where its period is long enough. */
const KEEP_ALIVE_TIMEOUT = 300;

const MEMORY = 512;

const DESCRIPTIONS: Readonly<Record<FunctionName, string>> = {
  connect: 'Tablecast: opens a WebSocket connection',
  subscribe: 'Tablecast: answers every frame of a client',
  disconnect: 'Tablecast: ends the subscriptions of a closed connection',
  stream: 'Tablecast: delivers the changes of the tables to their subscribers',
  gap: 'Tablecast: tells subscribers of changes that could not be delivered',
  graphql: 'Tablecast: answers queries and mutations over HTTP',
  keepalive: 'Tablecast: gives open connections a sign of life, and ends those that are over',
  deliver: 'Tablecast: sends what the stream function handed over',
};

/** The definition of one function, as serverless.yml has it. */
export function functionDefinition(input: FunctionInput): FunctionDefinition {
  const { functionName, handlers, lambdaName, patterns } = input;
  return {
    handler: `${handlers}/${functionName}.handler`,
    name: lambdaName,
    description: DESCRIPTIONS[functionName],
    runtime: 'nodejs22.x',
    architecture: 'arm64',
    role: getAtt(roleId(functionName), 'Arn'),
    timeout: timeout(input),
    memorySize: MEMORY,
    // What one run missed the next one does; a run that is repeated would only meet it.
    ...(functionName === 'keepalive' && { maximumRetryAttempts: 0 as const }),
    environment: environment(input),
    events: events(input),
    // A new version finds subscribers before it takes in any: the version before could not serve all of them.
    ...(functionName === 'subscribe' && input.delivery === 'lambda' && { dependsOn: [functionId('stream')] }),
    ...(patterns.length > 0 && { package: { patterns } }),
  };
}

/** A run of `keepalive` ends before the next begins. */
function timeout({ functionName, keepAliveSeconds }: FunctionInput): number {
  if (functionName !== 'keepalive') return TIMEOUTS[functionName];
  return Math.min(keepAliveSeconds - 10, KEEP_ALIVE_TIMEOUT);
}
