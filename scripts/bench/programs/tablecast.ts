import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { pino } from 'pino';
import { systemClock } from '../../../src/adapters/clock.ts';
import { withoutLogging } from '../../../src/adapters/dynamodb/document-client.ts';
import { createDynamoDBRegistry } from '../../../src/adapters/dynamodb/registry.ts';
import { createDeliver } from '../../../src/relay/deliver/deliver.ts';
import { relayContext } from '../relay-context.ts';
import { tableName } from '../servers/table-names.ts';
import { CREDENTIALS, insertOf, REGION } from '../workload.ts';
import type { CreateProgram, Surroundings } from './program.ts';
import { createTransport, type TransportKind } from './transports.ts';

/** As the function keeps them by default (`TABLECAST_WARM_ROWS`, `TABLECAST_WARM_MAX_ROWS`). */
const WARM = { minRows: 1_000, maxRows: 100_000 } as const;

/** As functions and worker post by default. */
export const createTablecast: CreateProgram = (surroundings) => createPipeline(surroundings, 'lean');

/** With the setting that posts through Node's own https. */
export const createTablecastOnHttps: CreateProgram = (surroundings) => createPipeline(surroundings, 'https');

/** With the setting that goes back to the AWS SDK's own client. */
export const createTablecastOnSdk: CreateProgram = (surroundings) => createPipeline(surroundings, 'sdk');

/** Stream records in: decoded, matched by the rows in the relay table, rendered, posted. Everything is on. */
function createPipeline(surroundings: Surroundings, kind: TransportKind): ReturnType<CreateProgram> {
  const client = DynamoDBDocumentClient.from(
    withoutLogging(
      new DynamoDBClient({
        region: REGION,
        credentials: CREDENTIALS,
        endpoint: surroundings.dynamodb,
        maxAttempts: 4,
        requestHandler: { httpAgent: { keepAlive: true, maxSockets: 64 } },
      }),
    ),
    { marshallOptions: { removeUndefinedValues: true } },
  );
  const transport = createTransport(kind, surroundings);
  return async (cell) => {
    let renderings = 0;
    // The batch line is where the pipeline itself tells how often it rendered; formed as it is in production, and kept.
    const logger = pino(
      { level: 'info' },
      {
        write(line: string) {
          const { event, renderings: rendered }: { event?: string; renderings?: number } = JSON.parse(line);
          if (event === 'stream.batch') renderings += rendered ?? 0;
        },
      },
    );
    const context = relayContext({
      registry: createDynamoDBRegistry({
        client,
        tableName: tableName('tablecast', cell),
        clock: systemClock,
        warm: WARM,
      }),
      transport,
      logger,
      settings: { maxConcurrentPosts: surroundings.concurrency },
    });
    const deliver = createDeliver(context);
    return {
      async deliver(events) {
        const now = Date.now();
        const records = events.map((todo) => insertOf(todo, now));
        const { failedFrom } = await deliver(records, { remainingMs: () => 120_000 });
        if (failedFrom) throw new Error(`expected the batch to be delivered, got ${failedFrom.reason}`);
      },
      renderings: () => renderings,
    };
  };
}
