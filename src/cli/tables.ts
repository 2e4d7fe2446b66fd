import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { systemClock } from '../adapters/clock.ts';
import { streamProblem } from '../deploy/stream-arn.ts';
import { TablecastError } from '../errors.ts';
import type { TableWrite } from './batch-file.ts';
import { batchWrite } from './batch-write.ts';
import { createTable, dropTable, type TableRequests } from './create-tables.ts';
import type { Project } from './project.ts';
import { readWrites } from './seed.ts';
import { readTableFiles } from './table-files.ts';

/** Folder of a project whose files are loaded into tables that were just created. */
export const SAMPLES = 'samples';

export interface CreatedTables {
  /** The relay table was not there: no connection is known any more. */
  readonly relay: boolean;
  /** Names of the others that were created. */
  readonly tables: readonly string[];
}

/**
 * Creates what is missing of the project's tables, and loads the samples into those it created. They are the tables of
 * the template, and those that `tables/*.json` describes: locally, existing ones have to come from somewhere. What the
 * template and a file both make is made as the template says.
 * @throws TablecastError `CONFIG_INVALID` when a file of a table is wrong, `LOCAL_STACK` when DynamoDB refuses
 */
export async function createMissing(
  client: DynamoDBClient,
  project: Project,
  folder: string,
  warn: (text: string) => void,
): Promise<CreatedTables> {
  const create = (table: TableRequests) => createTable(client, table);
  const ofTemplate = new Set([project.relay, ...project.tables].map(({ name }) => name));
  const ofFiles = readTableFiles(folder).filter(({ name }) => !ofTemplate.has(name));
  const wanted = [...project.tables, ...ofFiles];
  const [relay, ...created] = await Promise.all([create(project.relay), ...wanted.map(create)]);
  const tables = wanted.filter((_, index) => created[index]).map(({ name }) => name);
  const samples = tables.length === 0 ? [] : samplesFor(new Set(tables), folder, warn);
  await batchWrite(samples, { client, clock: systemClock });
  return { relay: relay === true, tables };
}

/** Empties the relay table: the connections of an earlier run are gone, and nobody else uses it. */
export async function forgetConnections(client: DynamoDBClient, project: Project): Promise<void> {
  await dropTable(client, project.relay.name);
}

function samplesFor(
  tables: ReadonlySet<string>,
  folder: string,
  warn: (text: string) => void,
): readonly TableWrite[] {
  return sampleFiles(folder).flatMap((file) => {
    try {
      return readWrites(file).filter(({ table }) => tables.has(table));
    } catch (error) {
      if (!(error instanceof TablecastError)) throw error;
      // A folder of this name may hold other things as well.
      warn(`left out: ${error.message}`);
      return [];
    }
  });
}

function sampleFiles(folder: string): readonly string[] {
  try {
    const names = readdirSync(join(folder, SAMPLES)).filter((name) => name.endsWith('.json'));
    return names.sort().map((name) => join(folder, SAMPLES, name));
  } catch {
    // Samples are optional.
    return [];
  }
}

/** ARN of a table's stream as it is now, or why there is none to read. */
export type TableStream =
  | { readonly kind: 'on'; readonly arn: string }
  | { readonly kind: 'off'; readonly problem: string }
  | { readonly kind: 'no-table' };

export async function tableStream(
  client: DynamoDBClient,
  name: string,
  region: string,
): Promise<TableStream> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    const specification = Table?.StreamSpecification;
    const arn = specification?.StreamEnabled === true ? Table?.LatestStreamArn : undefined;
    const viewType = specification?.StreamViewType;
    const problem = streamProblem({
      name,
      region,
      ...(arn !== undefined && { streamArn: arn }),
      ...(viewType !== undefined && { viewType }),
    });
    if (problem !== undefined || arn === undefined)
      return { kind: 'off', problem: problem ?? `Table ${name}: no stream` };
    return { kind: 'on', arn };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return { kind: 'no-table' };
    throw error;
  }
}
