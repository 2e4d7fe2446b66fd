import { TablecastError } from '../../errors.ts';
import type { SweepContext } from '../context.ts';
import { endOperations, gatewayAnswers } from '../end.ts';
import { inLanes } from '../lanes.ts';
import { decodeMessage, type HandedRow } from './message.ts';
import type { FanOutStore } from './ports.ts';

/** Connections told at once: each costs a post and a few writes for every operation of it. */
const CONNECTIONS_AT_ONCE = 32;

/**
 * A message of the queue was given up: those whose frames it held are told that changes were lost, by the end of these
 * operations with `EVENTS_LOST` (C5), and small batches of its tables no longer wait for it. Operations that are over by
 * now are left alone. One that cannot be read is counted and logged.
 * @throws TablecastError `TRANSPORT_UNAVAILABLE` or `REGISTRY_UNAVAILABLE`, when somebody may not have been told: the
 * message is to come again
 */
export async function reportLostFrames(
  context: SweepContext,
  store: Pick<FanOutStore, 'remove'>,
  body: string,
): Promise<void> {
  const { clock, logger, metrics } = context;
  const message = decodeMessage(body);
  if (typeof message === 'string') {
    logger.error({ event: 'fan-out.lost-unreadable', reason: message });
    metrics.count('gap');
    return;
  }
  const { token, changes, ways } = message;
  const rows = message.rows.filter(({ expiresAt }) => expiresAt * 1_000 > clock.now());
  logger.error({
    event: 'fan-out.lost',
    tables: token.tables,
    changes: changes.length,
    frames: rows.length,
    firstEventId: changes[0]?.eventId,
    lastEventId: changes.at(-1)?.eventId,
  });
  const [first] = ways;
  if (rows.length > 0 && first && !(await gatewayAnswers(context, first.stage))) {
    throw new TablecastError(
      'TRANSPORT_UNAVAILABLE',
      'expected @connections to answer, got none; nobody was told',
    );
  }
  const byConnection = new Map<string, HandedRow[]>();
  for (const row of rows) {
    byConnection.set(row.connectionId, [...(byConnection.get(row.connectionId) ?? []), row]);
  }
  const faults = await inLanes(byConnection, CONNECTIONS_AT_ONCE, async ([connectionId, own]) => {
    const way = ways[own[0]?.way ?? 0];
    if (!way) return;
    await endOperations(context, {
      target: { connectionId, stage: way.stage },
      dialect: way.dialect,
      clientIds: [...new Set(own.map(({ clientId }) => clientId))],
      code: 'EVENTS_LOST',
      message: `Subscription ended: changes of table ${token.tables.join(', ')} were lost; read again and subscribe again`,
    });
  });
  if (faults.length > 0) throw faults[0];
  await store.remove([token]);
  // Once everyone was told: a message that comes again is the same gap.
  metrics.count('gap');
  metrics.count('gap.records', changes.length);
}
