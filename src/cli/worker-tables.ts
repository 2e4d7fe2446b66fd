import {
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import type { ResolveStream } from '../adapters/dynamodb-streams/reader.ts';
import type { Config } from '../config.ts';
import { TablecastError } from '../errors.ts';
import type { Model } from '../schema/model.ts';
import { tableStream } from './tables.ts';

/** A table of the schema whose stream can be read. */
export interface WorkerTable {
  /** Its real name. */
  readonly name: string;
  readonly streamArn: string;
}

/**
 * Looks at every table of the schema and at the relay table, before anything is read.
 * @throws TablecastError `STREAM_UNUSABLE` with a line for each that cannot be used and, where one does, the command
 * that mends it
 */
export async function findTables(
  client: DynamoDBClient,
  config: Config,
  model: Pick<Model, 'tables'>,
): Promise<readonly WorkerTable[]> {
  const looks = await Promise.all([
    relayProblem(client, config),
    ...realNames(config, model).map((name) => findTable(client, name, config)),
  ]);
  const problems = looks.filter((look) => typeof look === 'string');
  if (problems.length > 0) throw new TablecastError('STREAM_UNUSABLE', problems.join('\n'));
  return looks.filter((look) => typeof look === 'object');
}

/**
 * Asks for a table's newest stream that can be read; undefined while it has none.
 * @param unusable told why, once for as long as the answer is the same: it is asked for again and again
 */
export function streamResolver(
  client: DynamoDBClient,
  table: string,
  config: Config,
  unusable: (problem: string) => void,
): ResolveStream {
  let told: string | undefined;
  return async () => {
    const stream = await tableStream(client, table, config.region);
    if (stream.kind === 'on') {
      told = undefined;
      return stream.arn;
    }
    const problem = stream.kind === 'off' ? stream.problem : `Table ${table}: found none`;
    if (problem !== told) unusable(problem);
    told = problem;
    return undefined;
  };
}

/** Real names of the schema's tables, by the setting that renames them. */
function realNames(config: Config, model: Pick<Model, 'tables'>): readonly string[] {
  const renamed = new Map([...config.settings.tableNames].map(([stored, name]) => [name, stored]));
  return [...model.tables.keys()].map((name) => renamed.get(name) ?? name);
}

async function findTable(
  client: DynamoDBClient,
  name: string,
  config: Config,
): Promise<WorkerTable | string> {
  try {
    const stream = await tableStream(client, name, config.region);
    if (stream.kind === 'on') return { name, streamArn: stream.arn };
    if (stream.kind === 'off') return `${stream.problem}${atEndpoint(config)}`;
  } catch (error) {
    return `Table ${name}: expected DynamoDB to describe it, got ${wordsOf(error)}`;
  }
  return `Table ${name}: expected it in ${placeOf(config)}, found none; a table whose real name is not the schema's is told by TABLECAST_TABLE_NAMES='{"REAL NAME":"NAME IN THE SCHEMA"}'`;
}

async function relayProblem(client: DynamoDBClient, config: Config): Promise<string | undefined> {
  const name = config.relayTable;
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    const keys = (Table?.KeySchema ?? []).map(({ AttributeName }) => AttributeName);
    // A table of the schema, say: every read would fail, and be tried again for ever.
    return keys.join() === 'pk,sk'
      ? undefined
      : `TABLECAST_RELAY_TABLE: expected the relay table of a deploy, whose keys are pk and sk, got ${name} with ${keys.join(' and ')}`;
  } catch (error) {
    return error instanceof ResourceNotFoundException
      ? `TABLECAST_RELAY_TABLE: expected the relay table of a deploy in ${placeOf(config)} (SERVICE-STAGE-tablecast-relay), found none called ${name}`
      : `Relay table ${name}: expected DynamoDB to describe it, got ${wordsOf(error)}`;
  }
}

function placeOf({ dynamodbEndpoint, region }: Config): string {
  return dynamodbEndpoint === undefined ? `the region ${region}` : `the DynamoDB at ${dynamodbEndpoint}`;
}

function atEndpoint({ dynamodbEndpoint }: Config): string {
  return dynamodbEndpoint === undefined ? '' : ` --endpoint-url ${dynamodbEndpoint}`;
}

/** An error of the SDK in one line: its name says more than its message, which a refused connection leaves empty. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return error.message === '' ? code : `${code}: ${error.message.split('\n', 1).join('')}`;
}
