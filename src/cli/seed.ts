import { readFileSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import { systemClock } from '../adapters/clock.ts';
import { TablecastError } from '../errors.ts';
import { readBatchFile, type TableWrite } from './batch-file.ts';
import { batchWrite } from './batch-write.ts';
import { type DynamoDBPlace, dynamodbClient } from './clients.ts';

export interface SeedOptions extends DynamoDBPlace {
  readonly file: string;
  /** Where the outcome is told. */
  readonly out: NodeJS.WritableStream;
  /** Where the progress bar goes; without one there is none. */
  readonly progress?: NodeJS.WritableStream;
}

/**
 * Loads a file of `batch-write-item` requests into the tables it names.
 * @returns how many items were written
 * @throws TablecastError `CONFIG_INVALID` when the file is wrong, `LOCAL_STACK` when DynamoDB refuses
 */
export async function seed(options: SeedOptions): Promise<number> {
  const writes = readWrites(options.file);
  const client = dynamodbClient(options);
  const bar = options.progress && progressBar(options.progress);
  bar?.start(writes.length, 0);
  try {
    await batchWrite(writes, { client, clock: systemClock, onWritten: (count) => bar?.increment(count) });
  } catch (error) {
    if (options.endpoint !== undefined || !(error instanceof TablecastError)) throw error;
    const hint = 'that was AWS itself: for DynamoDB Local give --endpoint or set DYNAMODB_ENDPOINT';
    throw new TablecastError(error.code, `${error.message} (${hint})`, { cause: error });
  } finally {
    bar?.stop();
    client.destroy();
  }
  const where = options.endpoint ?? `AWS, region ${options.region}`;
  options.out.write(`${writes.length} items of ${tablesOf(writes)} written to ${where}\n`);
  return writes.length;
}

/** The requests of a file. */
export function readWrites(file: string): readonly TableWrite[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new TablecastError(
      'CONFIG_INVALID',
      `expected a file of items at ${file}, and it cannot be read: ${detail}`,
      {
        cause,
      },
    );
  }
  return readBatchFile(text, file);
}

function tablesOf(writes: readonly TableWrite[]): string {
  return [...new Set(writes.map(({ table }) => table))].join(', ') || 'no table';
}

function progressBar(stream: NodeJS.WritableStream): SingleBar {
  return new SingleBar({ stream, format: '{bar} {percentage}% {value}/{total} items, {eta_formatted} left' });
}
