import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { tableNameOfStream } from '../deploy/stream-arn.ts';
import { kindOf, TablecastError } from '../errors.ts';
import { isObject } from '../protocol/json-object.ts';
import { type TableRequests, tableRequests } from './create-tables.ts';

/** What `start` needs of a project's serverless.yml, all variables resolved. */
export interface Project {
  /** Name under which the gateway runs the stream handler. */
  readonly streamFunction: string;
  /** Schema file, relative to the project folder. */
  readonly schema: string;
  /** Environment of the stream handler, but for what is known only once deployed. */
  readonly environment: Readonly<Record<string, string>>;
  readonly relay: TableRequests;
  /** The other tables of the template: the managed ones, and those the project adds itself. */
  readonly tables: readonly TableRequests[];
  /** Real names of all tables whose streams the stream handler reads. */
  readonly streams: readonly string[];
  /** Whether a WebSocket has to name a page it comes from: there is a list of origins, and who names none is refused. */
  readonly asksOrigin: boolean;
}

/** Path of the Serverless Framework's own script, as the project has it installed. */
export function serverlessScript(folder: string): string {
  const from = [pathToFileURL(join(folder, 'package.json')).href, import.meta.url];
  for (const place of from) {
    try {
      return createRequire(place).resolve('serverless/bin/serverless.js');
    } catch {
      // Told below in one sentence wherever it is missing.
    }
  }
  throw new TablecastError(
    'LOCAL_STACK',
    'expected the package "serverless" (npm:osls@^4) to be installed in this folder, and it is not: npm install --save-dev serverless@npm:osls@^4 serverless-offline serverless-esbuild',
  );
}

/** Settings under which the framework says and sends nothing but what it was asked for. */
export const QUIET = { SLS_NOTIFICATIONS_MODE: 'off', SLS_TELEMETRY_DISABLED: '1', NO_COLOR: '1' } as const;

/** @throws TablecastError `CONFIG_INVALID` when the folder is no project; nothing shall be left in it then */
export function checkFolder(folder: string): void {
  if (existsSync(join(folder, 'serverless.yml'))) return;
  throw new TablecastError('CONFIG_INVALID', `expected a serverless.yml in ${folder}, and there is none`);
}

/**
 * Reads the project in `folder` by `serverless print`: what is created here is what would be deployed.
 * @throws TablecastError `CONFIG_INVALID` with the framework's own words when serverless.yml or the schema is wrong
 */
export async function readProject(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Project> {
  checkFolder(folder);
  const script = serverlessScript(folder);
  const result = await execa(process.execPath, [script, 'print', '--format', 'json'], {
    cwd: folder,
    env: { ...env, ...QUIET },
    stdin: 'ignore',
    reject: false,
    timeout: 60_000,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (result.exitCode !== 0) {
    throw new TablecastError('CONFIG_INVALID', printFailure(`${result.stdout}\n${result.stderr}`));
  }
  return projectOf(parse(result.stdout));
}

/** What stands before a message of serverless.cjs, once for each of the properties that ask it. */
const REJECTED =
  /^[ \t]*- Cannot resolve variable at "[^"]*": Cannot resolve "[^"]*" out of "[^"]*": Received rejection: /m;

/** What the framework puts before a list of such messages, when it has nothing else to say. */
const VARIABLES_FAILED = /^Cannot resolve \S+: Variables resolution errored with:$/;

/** The framework's message without its frame; what our own part of it said, said once. */
export function printFailure(output: string): string {
  const [before = '', ...rejections] = output.split(REJECTED).map(withoutFrame);
  const other = rejections.length === 0 ? before : before.replace(VARIABLES_FAILED, '');
  const said = new Set([other, ...rejections.map((text) => text.replace(/,$/, ''))]);
  said.delete('');
  return [...said].join('\n') || 'serverless print failed and said nothing';
}

function withoutFrame(output: string): string {
  return output
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !/^(Environment|Docs|Support|Bugs|Error):/.test(line))
    .join('\n');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.slice(Math.max(text.indexOf('{'), 0)));
  } catch (cause) {
    throw new TablecastError(
      'CONFIG_INVALID',
      'expected JSON of serverless print, and it printed something else',
      { cause },
    );
  }
}

/** Picks what `start` needs out of a resolved configuration. */
export function projectOf(configuration: unknown): Project {
  const root = fields(configuration, 'serverless.yml');
  const functions = Object.entries(fields(root['functions'], 'functions'));
  // A project may have functions of its own, which may read streams as well.
  const stream = functions.find(
    ([, definition]) => streamEvents(definition).length > 0 && hasRelayTable(definition),
  );
  if (!stream) {
    throw new TablecastError(
      'CONFIG_INVALID',
      'functions: expected one with a stream event and the relay table, and there is none',
    );
  }
  const definition = fields(stream[1], `functions.${stream[0]}`);
  const environment = fields(definition['environment'], `functions.${stream[0]}.environment`);
  const resources = fields(fields(root['resources'], 'resources')['Resources'], 'resources.Resources');
  const tables = Object.entries(resources).flatMap(([logicalId, resource]) => {
    const { Type, Properties } = fields(resource, `resources.Resources.${logicalId}`);
    if (Type !== 'AWS::DynamoDB::Table') return [];
    return [{ logicalId, table: tableRequests(logicalId, fields(Properties, `${logicalId}.Properties`)) }];
  });
  const relayId = fields(environment['TABLECAST_RELAY_TABLE'], 'TABLECAST_RELAY_TABLE')['Ref'];
  const relay = tables.find(({ logicalId }) => logicalId === relayId);
  if (!relay) {
    throw new TablecastError(
      'CONFIG_INVALID',
      'resources: expected the relay table, and it is not among them',
    );
  }
  const names = new Map(tables.map(({ logicalId, table }) => [logicalId, table.name]));
  return {
    streamFunction: textOf(definition['name'], `functions.${stream[0]}.name`),
    schema: textOf(environment['TABLECAST_SCHEMA'], 'TABLECAST_SCHEMA'),
    environment: Object.fromEntries(
      Object.entries(environment).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
    relay: relay.table,
    tables: tables.filter((entry) => entry !== relay).map(({ table }) => table),
    streams: streamEvents(stream[1]).map((arn) => streamTable(arn, names)),
    asksOrigin: functions.some(([, definition]) => asksOrigin(definition)),
  };
}

function hasRelayTable(definition: unknown): boolean {
  return isObject(definition) && isObject(definition['environment'])
    ? definition['environment']['TABLECAST_RELAY_TABLE'] !== undefined
    : false;
}

function asksOrigin(definition: unknown): boolean {
  const environment = isObject(definition) ? definition['environment'] : undefined;
  if (!isObject(environment) || environment['TABLECAST_ORIGINS'] === undefined) return false;
  return environment['TABLECAST_ORIGIN_MISSING'] !== 'allow';
}

/** ARNs of the streams a function reads. The framework takes many forms of events, of which ours is one. */
function streamEvents(definition: unknown): readonly unknown[] {
  const events = isObject(definition) ? definition['events'] : undefined;
  if (!Array.isArray(events)) return [];
  return events.flatMap((event: unknown) => {
    const stream = isObject(event) ? event['stream'] : undefined;
    return isObject(stream) ? [stream['arn']] : [];
  });
}

function streamTable(arn: unknown, names: ReadonlyMap<string, string>): string {
  if (typeof arn === 'string') {
    const name = tableNameOfStream(arn);
    if (name !== undefined) return name;
  } else {
    const attribute = fields(arn, 'stream.arn')['Fn::GetAtt'];
    const name = Array.isArray(attribute) ? names.get(String(attribute[0])) : undefined;
    if (name !== undefined) return name;
  }
  throw new TablecastError(
    'CONFIG_INVALID',
    `stream.arn: expected the stream of a table that is known before a deploy, got ${JSON.stringify(arn)}`,
  );
}

function fields(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw new TablecastError('CONFIG_INVALID', `${at}: expected an object, got ${kindOf(value)}`);
}

function textOf(value: unknown, at: string): string {
  if (typeof value === 'string') return value;
  throw new TablecastError('CONFIG_INVALID', `${at}: expected text, got ${kindOf(value)}`);
}
