import { TablecastError } from '../errors.ts';
import type { Model } from '../schema/model.ts';
import { alarms } from './alarms.ts';
import { authorizerExtensions, authorizerResources } from './authorizer.ts';
import { fanOutQueues } from './fan-out-queues.ts';
import { type FunctionDefinition, functionDefinition } from './functions.ts';
import { checkGatewayLogs } from './gateway-logs.ts';
import { getAtt, type Resource, type Resources, type Text } from './intrinsics.ts';
import { managedTable, managedTableId } from './managed-table.ts';
import { packagePatterns } from './package-patterns.ts';
import { queues } from './queues.ts';
import { relayTableDefinition } from './relay-table.ts';
import { FUNCTION_NAMES, type FunctionName, RELAY_TABLE_ID, role, roleId } from './roles.ts';
import type { TablecastSettings, TableSetting } from './settings.ts';
import {
  clientStages,
  type Extension,
  endpointOutputs,
  type Output,
  stageExtensions,
  stageNames,
} from './stages.ts';
import { isWritable, tableActions, userTable } from './table-access.ts';

/** Everything a deployment follows from, beside the schema. */
export interface DeploymentSettings extends TablecastSettings {
  /** `service` of serverless.yml. */
  readonly service: string;
  readonly stage: string;
  /** Folder of the handlers, relative to serverless.yml. */
  readonly handlers: string;
  /** Name in the schema → stream ARN, of the existing tables whose settings do not tell it. */
  readonly streams?: ReadonlyMap<string, string>;
  /** True when every function gets a zip of its own (`package.individually`). */
  readonly individually?: boolean;
  /** The only function that is packaged (`sls deploy function -f NAME`). */
  readonly only?: string;
  /** `provider.logs.websocket` of serverless.yml. */
  readonly webSocketLogs?: unknown;
  /** `provider.logs.httpApi` of serverless.yml. */
  readonly httpApiLogs?: unknown;
  /** True when it runs on this machine and is not deployed: then tables may be written unless they say they may not. */
  readonly isLocal?: boolean;
  /** `provider.httpApi.id` of serverless.yml: an HTTP API of another stack. */
  readonly httpApi?: Text;
  /** `provider.httpApi.metrics` of serverless.yml. */
  readonly httpApiMetrics?: boolean;
}

/** What serverless.yml takes over: `functions` and `resources`. */
export interface Deployment {
  readonly functions: Functions;
  readonly resources: {
    readonly Resources: Resources;
    readonly Outputs: Readonly<Record<string, Output>>;
    /** What is set of resources that osls makes. */
    readonly extensions: Readonly<Record<string, Extension>>;
  };
}

/** By name; without `stream` where a worker reads the streams, and with `deliver` where there is a fan-out. */
export type Functions = Readonly<Record<Exclude<FunctionName, 'stream' | 'deliver'>, FunctionDefinition>> & {
  readonly stream?: FunctionDefinition;
  readonly deliver?: FunctionDefinition;
};

/** The longest name Lambda takes. */
const MAX_FUNCTION_NAME = 64;

/**
 * The functions and resources of one project.
 * @throws TablecastError `CONFIG_INVALID` when a setting names an unknown table, an existing table's stream is not
 * known, a key cannot be one, a function's name comes out too long, or API Gateway would log credentials.
 */
export function deployment(settings: DeploymentSettings, model: Model): Deployment {
  checkGatewayLogs(settings);
  checkDefaultModes(settings, model);
  const tables = tableSettings(settings, model);
  const sources = [...tables].map(([table, setting]) => {
    const stream = streamOf(table, setting, settings.streams);
    return { stream, table: userTable(table, setting, stream) };
  });
  const readOnlyTables = [...tables]
    .filter(([, setting]) => !isWritable(setting, settings.isLocal))
    .map(([table]) => table);
  const streams = sources.map(({ stream }) => stream);
  const tableNames = new Map(
    [...tables].filter(([table, { name }]) => name !== table).map(([table, { name }]) => [name, table]),
  );
  const hasFanOut = settings.fanOut !== undefined;
  const hasPublishedFields = [...model.subscriptions.values()].some(({ source }) => source === 'published');
  const deployed = FUNCTION_NAMES.filter(
    (name) => (name !== 'stream' || settings.delivery === 'lambda') && (name !== 'deliver' || hasFanOut),
  );
  const nameOf = (functionName: FunctionName) => lambdaName(settings, functionName);
  const define = (functionName: FunctionName) =>
    functionDefinition({
      ...settings,
      functionName,
      lambdaName: nameOf(functionName),
      tableNames,
      readOnlyTables,
      streams,
      claims: model.access?.claims ?? [],
      runsQueries: tableActions(functionName, model).reads.length > 0,
      patterns: packagePatterns(functionName, settings),
    });
  return {
    functions: {
      connect: define('connect'),
      subscribe: define('subscribe'),
      disconnect: define('disconnect'),
      ...(settings.delivery === 'lambda' && { stream: define('stream') }),
      gap: define('gap'),
      graphql: define('graphql'),
      keepalive: define('keepalive'),
      ...(hasFanOut && { deliver: define('deliver') }),
    },
    resources: {
      Resources: {
        [RELAY_TABLE_ID]: relayTable(settings),
        ...queues(),
        ...fanOutQueues(settings),
        ...alarms(settings.alarms, deployed),
        ...Object.fromEntries(
          deployed.map((functionName) => [
            roleId(functionName),
            role({
              functionName,
              lambdaName: nameOf(functionName),
              stages: stageNames(settings.stage),
              streams,
              tables: sources.map(({ table }) => table),
              tableActions: tableActions(functionName, model),
              hasPublishedFields,
              hasFanOut,
            }),
          ]),
        ),
        ...clientStages(settings.stage, settings.webSocketLogs, settings.throttling),
        ...authorizerResources(settings.authorizer, settings.httpApi),
        ...managedTables(tables, model),
      },
      Outputs: endpointOutputs(settings.stage, settings.httpApi),
      extensions: {
        ...stageExtensions(settings.webSocketLogs, settings.throttling, {
          isOwn: settings.httpApi === undefined,
          metrics: settings.httpApiMetrics === true,
        }),
        ...authorizerExtensions(settings.authorizer),
      },
    },
  };
}

/** Rules for an API's default mode let nobody in until it is said which that is. */
function checkDefaultModes({ defaultAuthorization }: DeploymentSettings, { access }: Model): void {
  if (!access?.usesDefault || defaultAuthorization.length > 0) return;
  throw new TablecastError(
    'CONFIG_INVALID',
    'custom.tablecast.defaultAuthorization: expected the modes that what the schema leaves unmarked is for, such as ' +
      '[apiKey] (AppSync calls them the default authorization mode), got none',
  );
}

/** Name of the relay table: known before the deploy, so that it can be found by name. */
export function relayName({ service, stage }: Pick<DeploymentSettings, 'service' | 'stage'>): string {
  return `${service}-${stage}-tablecast-relay`;
}

/**
 * Every table of the schema with its setting; one that serverless.yml does not name is an existing one.
 * @throws TablecastError `CONFIG_INVALID` when a setting names a table that the schema does not have.
 */
export function tableSettings(
  settings: Pick<TablecastSettings, 'tables'>,
  model: Pick<Model, 'tables'>,
): ReadonlyMap<string, TableSetting> {
  for (const table of settings.tables.keys()) {
    if (model.tables.has(table)) continue;
    const known = [...model.tables.keys()].join(', ');
    throw new TablecastError(
      'CONFIG_INVALID',
      `custom.tablecast.tables.${table}: expected a table of the schema (${known}), got "${table}"`,
    );
  }
  return new Map(
    [...model.tables.keys()].map((table) => [
      table,
      settings.tables.get(table) ?? { kind: 'existing', name: table },
    ]),
  );
}

/** Existing tables whose stream ARN no setting tells: name in the schema → real name. */
export function tablesToLookUp(
  settings: Pick<TablecastSettings, 'tables'>,
  model: Pick<Model, 'tables'>,
): ReadonlyMap<string, string> {
  const tables = [...tableSettings(settings, model)];
  return new Map(
    tables.flatMap(([table, setting]) =>
      setting.kind === 'existing' && setting.stream === undefined ? [[table, setting.name]] : [],
    ),
  );
}

function streamOf(
  table: string,
  setting: TableSetting,
  found: ReadonlyMap<string, string> | undefined,
): Text {
  if (setting.kind === 'managed') return getAtt(managedTableId(table), 'StreamArn');
  const stream = setting.stream ?? found?.get(table);
  if (stream !== undefined) return stream;
  throw new TablecastError(
    'CONFIG_INVALID',
    `Table ${table}: expected the ARN of its stream in custom.tablecast.tables.${table}.streamArn, got nothing`,
  );
}

function managedTables(tables: ReadonlyMap<string, TableSetting>, model: Model): Resources {
  return Object.fromEntries(
    [...tables]
      .filter(([, { kind }]) => kind === 'managed')
      .map(([table, { name }]) => [managedTableId(table), managedTable(table, name, model)]),
  );
}

/** Connections and subscriptions: nothing in it is worth keeping when the stack goes. */
function relayTable(settings: DeploymentSettings): Resource {
  return {
    Type: 'AWS::DynamoDB::Table',
    Properties: { TableName: relayName(settings), ...relayTableDefinition },
  };
}

function lambdaName({ service, stage }: DeploymentSettings, functionName: FunctionName): string {
  const name = `${service}-${stage}-${functionName}`;
  if (name.length <= MAX_FUNCTION_NAME) return name;
  throw new TablecastError(
    'CONFIG_INVALID',
    `Function ${name}: expected a name of at most ${MAX_FUNCTION_NAME} characters, got ${name.length}; shorten service or stage`,
  );
}
