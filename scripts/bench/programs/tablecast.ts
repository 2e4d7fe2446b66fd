import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { pino } from 'pino';
import { systemClock } from '../../../src/adapters/clock.ts';
import { withoutLogging } from '../../../src/adapters/dynamodb/document-client.ts';
import { createDynamoDBRegistry } from '../../../src/adapters/dynamodb/registry.ts';
import { createMemoryTables } from '../../../src/adapters/memory/tables.ts';
import { createApi } from '../../../src/api/api.ts';
import { createApiKeys } from '../../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../../src/auth/authenticator.ts';
import { createCounters } from '../../../src/observe/counters.ts';
import { DEFAULT_SETTINGS, type RelayContext } from '../../../src/relay/context.ts';
import { createDeliver } from '../../../src/relay/deliver/deliver.ts';
import type { Transport } from '../../../src/relay/ports.ts';
import { loadModel } from '../../../src/schema/load.ts';
import { tableName } from '../servers/table-names.ts';
import { CREDENTIALS, insertOf, REGION, SDL } from '../workload.ts';
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
    const context = contextOf(transport, logger, surroundings, client, tableName('tablecast', cell));
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

function contextOf(
  transport: Transport,
  logger: RelayContext['logger'],
  { concurrency }: Surroundings,
  client: DynamoDBDocumentClient,
  relayTable: string,
): RelayContext {
  const model = loadModel(SDL);
  return {
    model,
    registry: createDynamoDBRegistry({ client, tableName: relayTable, clock: systemClock, warm: WARM }),
    transport,
    clock: systemClock,
    metrics: createCounters(),
    logger,
    authenticator: createAuthenticator({ mode: 'off', apiKeys: createApiKeys([]), clock: systemClock }),
    api: createApi({
      model,
      tables: createMemoryTables(),
      publish: async () => ({ eventId: '', matched: 0, sent: 0 }),
      logger,
      clock: systemClock,
      pageSecret: 'page-secret-of-the-bench',
    }),
    hooks: {},
    settings: { ...DEFAULT_SETTINGS, maxConcurrentPosts: concurrency },
    random: Math.random,
  };
}
