import { TablecastError } from '../../errors.ts';
import type { SweepContext } from '../context.ts';
import { endOperations, gatewayAnswers } from '../end.ts';
import { inLanes } from '../lanes.ts';
import type { Candidate } from '../ports.ts';
import { OVERDUE } from '../rollover.ts';
import type { ChainReport, SlowConnection, Stop } from './chain-report.ts';
import type { BoundedTime } from './time.ts';

/** A subscription whose stored document or filter the schema of today cannot serve. */
export interface Unusable {
  /** Place in the batch of the record it was found by. */
  readonly record: number;
  readonly candidate: Candidate;
  readonly message: string;
}

/** So much of the margin takes one client that hangs through everything: nothing is begun with less. */
const MARGIN_OF_ONE = 0.6;

/**
 * A record comes again for this long, in ms, for a client that can neither be told nor disconnected. Then the next
 * keep-alive is to close it, for others wait behind the record (C4).
 */
const HELD_MS = 60_000;

/**
 * After sending: what is gone is reaped once, who could not keep up or no longer fits is ended and told. What there is no
 * time for is found again: who is gone, or no longer fits, by a later change.
 * @returns the first record that somebody missed who could not be told: it is to come again
 */
export async function settle(
  context: SweepContext,
  report: ChainReport,
  unusable: readonly Unusable[],
  time: BoundedTime,
): Promise<Stop | undefined> {
  const { gone, slow } = report;
  let stop: Stop | undefined;
  const comesAgain = ({ undelivered }: SlowConnection, reason: string) => {
    const { record = 0 } = undelivered[0] ?? {};
    if (!stop || record < stop.record) stop = { record, reason };
  };
  const hasTime = () => !time.signal?.aborted && time.remainingMs() >= time.marginMs * MARGIN_OF_ONE;
  const work = [
    ...[...slow.values()].map((each) => async () => {
      if (!hasTime()) return comesAgain(each, 'deadline');
      try {
        await endSlow(context, each);
      } catch (error) {
        const isUntold = error instanceof TablecastError && error.code === 'TRANSPORT_UNAVAILABLE';
        if (isUntold && !(await leaveToKeepAlive(context, each)))
          comesAgain(each, 'a client could not be told');
        throw error;
      }
    }),
    ...(await tellable(context, report, distinctUnusable(unusable, gone, slow), hasTime)).map(
      ({ candidate, message }) =>
        async () => {
          if (!hasTime()) return;
          await endOperations(context, {
            target: candidate,
            dialect: candidate.dialect,
            clientIds: [candidate.clientId],
            code: 'SCHEMA_CHANGED',
            message: `Subscription ended: the schema has changed (${message}); subscribe again`,
          });
        },
    ),
    ...[...gone].map(([connectionId, rows]) => async () => {
      if (hasTime()) await context.registry.reap(connectionId, rows);
    }),
  ];
  context.metrics.count('connection.gone', gone.size);
  context.metrics.count('connection.slow', slow.size);
  // Rows that stay are found again at the next change, or expire. Under the same bound as sending: what is beyond the
  // transport's sockets would time out waiting for one.
  for (const err of await inLanes(work, context.settings.maxConcurrentPosts, (each) => each())) {
    context.logger.error({ event: 'settle.failed', err });
  }
  return stop;
}

function endSlow(context: SweepContext, { target, detail, undelivered }: SlowConnection): Promise<void> {
  return endOperations(context, {
    target,
    dialect: undelivered[0]?.candidate.dialect,
    clientIds: [...new Set(undelivered.map(({ candidate }) => candidate.clientId))],
    code: 'SLOW_CONSUMER',
    message: `Subscription ended: its connection did not take messages in time (${detail}); read again and subscribe again`,
  });
}

/** @returns false while its record is young enough to come again, and where the mark could not be kept */
async function leaveToKeepAlive(
  { clock, registry, settings, logger }: SweepContext,
  { target: { connectionId }, undelivered }: SlowConnection,
): Promise<boolean> {
  const { changedAt = 0 } = undelivered[0] ?? {};
  if (clock.now() - changedAt - settings.streamGranularityMs < HELD_MS) return false;
  try {
    await registry.noteExpiry(connectionId, OVERDUE);
  } catch {
    return false;
  }
  logger.warn({ event: 'connection.overdue', connectionId });
  return true;
}

/**
 * Those whose record is done with and who can be told now; the others are found again, by that record or by the next
 * change.
 */
async function tellable(
  context: SweepContext,
  { stop }: ChainReport,
  unusable: readonly Unusable[],
  hasTime: () => boolean,
): Promise<readonly Unusable[]> {
  const due = unusable.filter(({ record }) => !stop || record < stop.record);
  const [first] = due;
  if (!first || !hasTime()) return [];
  return (await gatewayAnswers(context, first.candidate.stage)) ? due : [];
}

/** Each subscription once, with the first record it was found by. */
function distinctUnusable(
  unusable: readonly Unusable[],
  gone: ReadonlyMap<string, unknown>,
  slow: ReadonlyMap<string, unknown>,
): Unusable[] {
  const distinct = new Map<string, Unusable>();
  for (const entry of unusable) {
    const { connectionId, clientId } = entry.candidate;
    if (gone.has(connectionId) || slow.has(connectionId)) continue;
    const key = JSON.stringify([connectionId, clientId]);
    const known = distinct.get(key);
    if (!known || entry.record < known.record) distinct.set(key, entry);
  }
  return [...distinct.values()];
}
