import { existsSync, writeFileSync } from 'node:fs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SingleBar } from 'cli-progress';
import { TablecastError } from '../errors.ts';
import { isTypeName } from '../schema/sample/names.ts';
import {
  addToSample,
  createTableSample,
  type TableSample,
  tableTypeSdl,
} from '../schema/sample/table-type.ts';
import { type DynamoDBPlace, dynamodbClient } from './clients.ts';
import { failures } from './import-failures.ts';
import { type DescribedTable, describeTable, sampleItems } from './import-table.ts';

export interface ImportOptions extends DynamoDBPlace {
  /** Real table name. */
  readonly table: string;
  /** Most items to read. */
  readonly sample: number;
  /** Name of the type; made of the table's by default. */
  readonly typeName?: string;
  /** File to write the type to, which must not be there yet; by default it goes to `out`. */
  readonly file?: string;
  /** Gets the type, and nothing else. */
  readonly out: NodeJS.WritableStream;
  /** What there is to say beside it. */
  readonly err: NodeJS.WritableStream;
  /** Where the progress bar goes; without one there is none. */
  readonly progress?: NodeJS.WritableStream;
  /** Breaks it off: nothing is written then. */
  readonly signal: AbortSignal;
}

/** Items read unless told otherwise. */
export const DEFAULT_SAMPLE = 1_000;

/**
 * Writes the `type … @table` block for a table that is there: keys from DescribeTable, the other fields guessed from a
 * sample of its items. Needs `dynamodb:DescribeTable` and `dynamodb:Scan`.
 * @throws TablecastError `CONFIG_INVALID` for what the caller can put right (names, credentials, permissions),
 * `TABLE_UNAVAILABLE` when DynamoDB does not answer
 */
export async function importTable(options: ImportOptions): Promise<void> {
  checkOptions(options);
  const client = dynamodbClient(options);
  try {
    const described = await describeTable(client, options, failures(client, options));
    if (described.streamProblem !== undefined) options.err.write(`warning: ${described.streamProblem}\n`);
    const sample = createTableSample(described.keys);
    const whole = await readSample(sample, client, described, options);
    if (sample.items.count === 0) {
      options.err.write(`Table ${options.table} is empty: the type has the fields of its keys alone.\n`);
    }
    const { typeName } = options;
    write(tableTypeSdl(sample, { whole, ...(typeName !== undefined && { typeName }) }), options);
  } finally {
    client.destroy();
  }
}

/** Before anything is read: what would be refused in the end. */
function checkOptions({ table, typeName, file }: ImportOptions): void {
  if (!/^[a-zA-Z0-9_.-]{3,255}$/.test(table)) {
    throw new TablecastError(
      'CONFIG_INVALID',
      `expected the name of a table, 3 to 255 letters, digits, "_", "-" and ".", got ${JSON.stringify(table.slice(0, 80))}`,
    );
  }
  if (typeName !== undefined && !isTypeName(typeName)) {
    throw new TablecastError(
      'CONFIG_INVALID',
      `--type: expected the name of a type, letters, digits and "_", that GraphQL or Tablecast does not use itself, got ${JSON.stringify(typeName.slice(0, 80))}`,
    );
  }
  if (file !== undefined && existsSync(file)) throw alreadyThere(file);
}

async function readSample(
  sample: TableSample,
  client: DynamoDBClient,
  described: DescribedTable,
  options: ImportOptions,
): Promise<boolean> {
  const bar = options.progress && progressBar(options.progress);
  bar?.start(options.sample, 0);
  try {
    const read = await sampleItems(client, described, {
      ...options,
      failed: failures(client, options),
      onItem: (item) => addToSample(sample, item),
      onPage: (count) => bar?.increment(count),
    });
    if (read.unreadable > 0)
      options.err.write(`warning: ${read.unreadable} items could not be read and were left out\n`);
    return read.whole;
  } finally {
    bar?.stop();
  }
}

function write(sdl: string, { file, out, err }: ImportOptions): void {
  if (file === undefined) {
    out.write(sdl);
    return;
  }
  try {
    writeFileSync(file, sdl, { flag: 'wx' });
  } catch (cause) {
    if (existsSync(file)) throw alreadyThere(file);
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new TablecastError('CONFIG_INVALID', `expected to write ${file}, and it failed: ${detail}`, {
      cause,
    });
  }
  err.write(`written to ${file}\n`);
}

function alreadyThere(file: string): TablecastError {
  return new TablecastError(
    'CONFIG_INVALID',
    `--out: expected a file that is not there yet, got ${file}, which would be overwritten`,
  );
}

function progressBar(stream: NodeJS.WritableStream): SingleBar {
  return new SingleBar({
    stream,
    format: '{bar} {value}/{total} items',
    clearOnComplete: true,
    hideCursor: null,
  });
}
