import { randomUUID } from 'node:crypto';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { systemClock } from '../adapters/clock.ts';
import { createDynamoDBLeases } from '../adapters/dynamodb/leases.ts';
import { streamsApi } from '../adapters/dynamodb-streams/api.ts';
import { createWorker } from '../adapters/dynamodb-streams/worker.ts';
import type { DeliverPage, Worker } from '../adapters/dynamodb-streams/worker-port.ts';
import { type Composition, compose } from '../compose.ts';
import { readConfig } from '../config.ts';
import { batchResponse } from '../relay/deliver/batch-response.ts';
import { createDeliver } from '../relay/deliver/deliver.ts';
import { lostUnread, reportGap } from '../relay/gap.ts';
import { readWorkerConfig, type WorkerConfig } from '../worker-config.ts';
import { type WorkerClients, workerClients } from './worker-clients.ts';
import { loadProject } from './worker-project.ts';
import { runWorkers } from './worker-run.ts';
import { findTables, streamResolver, type WorkerTable } from './worker-tables.ts';

export interface WorkerOptions {
  /** The project: resolvers and the schema file are found from here. */
  readonly folder: string;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Reads the streams of the schema's tables and delivers their changes until the signal aborts, as one of any number of
 * workers with the same relay table. Everything else comes from the environment.
 * @throws TablecastError `CONFIG_INVALID` · `SCHEMA_INVALID` · `STREAM_UNUSABLE` · `WORKER_CUT` when it could not finish
 * in time what was under way
 */
export async function runWorker({ folder, signal }: WorkerOptions): Promise<void> {
  const settings = readWorkerConfig();
  const config = readConfig(undefined, 'worker');
  // Where to post is asked for at the first change otherwise, and that is late to be told that nobody said.
  config.connectionsEndpoint('stage');
  const parts = await loadProject(folder, settings.resolvers);
  const context = compose(config, parts);
  const clients = workerClients(config, settings.leaseMs);
  try {
    const tables = await findTables(clients.dynamodb, config, context.model);
    const workerId = randomUUID();
    sayStart(context, settings, workerId, tables);
    const parts: Parts = { context, settings, clients, workerId, deliver: deliverPage(context) };
    await runWorkers({
      ...settings,
      workers: tables.map((table) => tableWorker(table, parts)),
      workerId,
      clock: systemClock,
      logger: context.logger,
      metrics: context.metrics,
      signal,
    });
  } finally {
    clients.destroy();
  }
}

/** What the workers of all tables share. */
interface Parts {
  readonly context: Composition;
  readonly settings: WorkerConfig;
  readonly clients: WorkerClients;
  readonly workerId: string;
  readonly deliver: DeliverPage;
}

function tableWorker(table: WorkerTable, { context, settings, clients, workerId, deliver }: Parts): Worker {
  const { config, logger, metrics, random } = context;
  return createWorker({
    api: streamsApi(clients.streams),
    resolveStream: streamResolver(clients.dynamodb, table.name, config, (detail) =>
      logger.warn(
        { event: 'worker.stream_unusable', table: table.name, detail },
        'the stream cannot be read',
      ),
    ),
    leases: createDynamoDBLeases({
      client: DynamoDBDocumentClient.from(clients.dynamodb, {
        marshallOptions: { removeUndefinedValues: true },
      }),
      tableName: config.relayTable,
      clock: systemClock,
    }),
    deliver,
    clock: systemClock,
    logger,
    metrics,
    workerId,
    table: table.name,
    leaseMs: settings.leaseMs,
    pollIntervalMs: settings.pollIntervalMs,
    batchSize: settings.batchSize,
    creationGranularityMs: config.settings.streamGranularityMs,
    startAt: settings.startAt,
    staleAfterMs: settings.staleAfterMs,
    onGap: (gap) => reportGap(context, lostUnread(table.name, gap)),
    random,
  });
}

/** The pipeline of the function `stream`, in process. */
function deliverPage(context: Composition): DeliverPage {
  const deliver = createDeliver(context);
  return async (records, options) => batchResponse(await deliver(records, options));
}

function sayStart(
  { logger, config }: Composition,
  settings: WorkerConfig,
  workerId: string,
  tables: readonly WorkerTable[],
): void {
  const { leaseMs, pollIntervalMs, batchSize, graceMs, startAt } = settings;
  const { region, relayTable } = config;
  logger.info({ event: 'worker.start', workerId, region, relayTable });
  logger.info({ event: 'worker.settings', leaseMs, pollIntervalMs, batchSize, graceMs, startAt });
  logger.info({ event: 'worker.tables', tables: tables.map(({ name }) => name) });
  logger.info({ event: 'worker.streams', streams: tables.map(({ streamArn }) => streamArn) });
  logger.warn(
    { event: 'worker.readers' },
    'a DynamoDB stream takes two readers a shard, one in a global table, and all workers together are one of them: a third is throttled, and so are the others',
  );
}
