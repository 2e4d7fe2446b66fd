import { kindOf, TablecastError } from '../errors.ts';
import { CONNECTION_LIFE_SECONDS, type SweepContext } from './context.ts';
import { endOperations, gatewayAnswers } from './end.ts';
import { inLanes } from './lanes.ts';
import type { LiveConnection } from './ports.ts';

/** What the on-failure queue says of records that were given up: where they were, not what they held. */
export interface LostBatch {
  /** Stored table name, from the stream's ARN. */
  readonly table: string;
  readonly streamArn: string;
  readonly shardId: string;
  readonly startSequenceNumber: string;
  readonly endSequenceNumber: string;
  readonly batchSize: number;
  /** Epoch ms at which the last of the records came into the stream, where the message says so. */
  readonly lastArrival?: number;
}

/**
 * What a reader knows of records that left the stream before it came to them: where they were. Neither their numbers nor
 * their age are known, so that every subscriber of the table is told.
 * @param table stored table name
 */
export function lostUnread(
  table: string,
  { streamArn, shardId = '' }: { readonly streamArn: string; readonly shardId?: string },
): LostBatch {
  return { table, streamArn, shardId, startSequenceNumber: '', endSequenceNumber: '', batchSize: 0 };
}

/** Connections looked at at once: each costs a query. */
const CONNECTIONS_AT_ONCE = 32;

/**
 * Reads the body of one message of the on-failure queue.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 * @returns the batch, or in words what was expected and what came
 */
export function readLostBatch(body: string): LostBatch | string {
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    return 'on-failure message: expected JSON, got something else';
  }
  const info = property(message, 'DDBStreamBatchInfo');
  const streamArn = property(info, 'streamArn');
  if (typeof streamArn !== 'string') {
    return `on-failure message: expected DDBStreamBatchInfo.streamArn, got ${kindOf(streamArn)}`;
  }
  const table = /:table\/([^/]+)\/stream\//.exec(streamArn)?.[1];
  if (!table) return 'on-failure message: expected a stream ARN with a table name';
  return {
    table,
    streamArn,
    shardId: text(property(info, 'shardId')),
    startSequenceNumber: text(property(info, 'startSequenceNumber')),
    endSequenceNumber: text(property(info, 'endSequenceNumber')),
    batchSize: count(property(info, 'batchSize')),
    ...arrival(property(info, 'approximateArrivalOfLastRecord')),
  };
}

/**
 * A batch was given up, so that subscribers of its table may have missed changes: counts it and ends their
 * operations, each with an `EVENTS_LOST` error, so that clients read again (C5). Who connected after the records came
 * has missed nothing; when that is everyone who can be connected, it is no gap.
 * @throws TablecastError `TRANSPORT_UNAVAILABLE` or `REGISTRY_UNAVAILABLE`, when somebody may not have been told: the
 * message is to come again
 */
export async function reportGap(context: SweepContext, lost: LostBatch): Promise<void> {
  const { clock, logger, metrics, registry, settings } = context;
  const latest =
    (lost.lastArrival ?? Number.POSITIVE_INFINITY) + settings.streamGranularityMs + settings.clockSkewMs;
  if (latest + CONNECTION_LIFE_SECONDS * 1000 < clock.now()) {
    metrics.count('record.outdated', Math.max(1, lost.batchSize));
    return;
  }
  logger.error({ event: 'gap', ...lost });
  const table = settings.tableNames.get(lost.table) ?? lost.table;
  const connections: LiveConnection[] = [];
  for await (const connection of registry.live()) connections.push(connection);
  const [first] = connections;
  if (first && !(await gatewayAnswers(context, first.stage))) {
    throw new TablecastError(
      'TRANSPORT_UNAVAILABLE',
      'expected @connections to answer, got none; nobody was told',
    );
  }
  const faults = await inLanes(connections, CONNECTIONS_AT_ONCE, (connection) =>
    tell(context, connection, table, latest),
  );
  if (faults.length > 0) throw faults[0];
  // Once everyone was told: a message that comes again is the same gap.
  metrics.count('gap');
  metrics.count('gap.records', Math.max(1, lost.batchSize));
}

async function tell(
  context: SweepContext,
  connection: LiveConnection,
  table: string,
  latest: number,
): Promise<void> {
  const { connectionId, dialect } = connection;
  // Who connected after the records came has missed nothing.
  if (connection.connectedAt > latest) return;
  const subscriptions = await context.registry.subscriptions(connectionId);
  const clientIds = subscriptions.filter((each) => each.table === table).map(({ clientId }) => clientId);
  if (clientIds.length === 0) return;
  await endOperations(context, {
    target: connection,
    dialect,
    clientIds,
    code: 'EVENTS_LOST',
    message: `Subscription ended: changes of table ${table} were lost; read again and subscribe again`,
  });
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

function arrival(value: unknown): { readonly lastArrival?: number } {
  const lastArrival = Date.parse(text(value));
  return Number.isNaN(lastArrival) ? {} : { lastArrival };
}
