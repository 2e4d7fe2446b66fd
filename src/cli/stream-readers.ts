import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { Logger } from 'pino';
import { systemClock } from '../adapters/clock.ts';
import { streamsApi } from '../adapters/dynamodb-streams/api.ts';
import type { Invoke } from '../adapters/dynamodb-streams/batch.ts';
import { createStreamReader, type StreamReader } from '../adapters/dynamodb-streams/reader.ts';
import { TablecastError } from '../errors.ts';
import { tableStream } from './tables.ts';

export interface StreamReadersOptions {
  /** Real table names. */
  readonly tables: readonly string[];
  readonly client: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
  readonly region: string;
  readonly endpoint: string;
  readonly invoke: Invoke;
  readonly logger: Logger;
  /** A table that was there is gone; told each time a reader looks for it. */
  readonly onTableMissing: (table: string) => void;
}

/** DynamoDB Local rounds a record's creation time down to the minute. */
export const LOCAL_STREAM_GRANULARITY_MS = 60_000;

/**
 * One reader a table. Resolves once all hold their places.
 * @throws TablecastError `STREAM_UNUSABLE` when a table is missing, its stream is off or of the wrong view type
 */
export async function startReaders(options: StreamReadersOptions): Promise<readonly StreamReader[]> {
  const { client, region, endpoint } = options;
  for (const table of options.tables) {
    const stream = await tableStream(client, table, region);
    if (stream.kind === 'off')
      throw new TablecastError('STREAM_UNUSABLE', `${stream.problem} --endpoint-url ${endpoint}`);
    if (stream.kind === 'no-table') {
      throw new TablecastError(
        'STREAM_UNUSABLE',
        `Table ${table}: expected it in the DynamoDB at ${endpoint}, found none; create it there with its stream on, describe it in tables/*.json, or set it to managed in serverless.yml`,
      );
    }
  }
  const readers = options.tables.map((table) => tableReader(table, options));
  try {
    await Promise.all(readers.map((reader) => reader.start()));
  } catch (error) {
    await Promise.all(readers.map((reader) => reader.stop(0)));
    throw error;
  }
  return readers;
}

function tableReader(table: string, options: StreamReadersOptions): StreamReader {
  const logger = options.logger.child({ table });
  let told: string | undefined;
  return createStreamReader({
    api: streamsApi(options.streams),
    invoke: options.invoke,
    logger,
    clock: systemClock,
    startAt: 'LATEST',
    creationGranularityMs: LOCAL_STREAM_GRANULARITY_MS,
    async resolveStream() {
      const stream = await tableStream(options.client, table, options.region);
      const problem = stream.kind === 'off' ? stream.problem : undefined;
      // It is asked for again and again.
      if (problem !== undefined && problem !== told)
        logger.warn({ event: 'reader.stream_unusable', detail: problem }, 'the stream cannot be read');
      told = problem;
      if (stream.kind === 'on') return stream.arn;
      if (stream.kind === 'no-table') options.onTableMissing(table);
      return undefined;
    },
  });
}
