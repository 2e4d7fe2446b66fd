import { kindOf } from '../errors.ts';
import type { RelayContext } from './context.ts';
import { endOperations } from './end.ts';

/** What the on-failure queue says of records that were given up: where they were, not what they held. */
export interface LostBatch {
  /** Stored table name, from the stream's ARN. */
  readonly table: string;
  readonly streamArn: string;
  readonly shardId: string;
  readonly startSequenceNumber: string;
  readonly endSequenceNumber: string;
  readonly batchSize: number;
}

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
    batchSize: Number(property(info, 'batchSize') ?? 0),
  };
}

/**
 * A batch was given up, so that subscribers of its table may have missed changes: counts it and ends their
 * operations, each with an `EVENTS_LOST` error, so that clients read again (C5).
 */
export async function reportGap(context: RelayContext, lost: LostBatch): Promise<void> {
  context.metrics.count('gap', Math.max(1, lost.batchSize));
  context.logger.error({ event: 'gap', ...lost });
  const name = context.settings.tableNames.get(lost.table) ?? lost.table;
  for await (const connection of context.registry.live()) {
    const subscriptions = await context.registry.subscriptions(connection.connectionId);
    const clientIds = subscriptions.filter(({ table }) => table === name).map(({ clientId }) => clientId);
    if (clientIds.length === 0) continue;
    await endOperations(context, {
      target: connection,
      dialect: connection.dialect,
      clientIds,
      code: 'EVENTS_LOST',
      message: `Subscription ended: changes of table ${name} were lost; read again and subscribe again`,
    });
  }
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
