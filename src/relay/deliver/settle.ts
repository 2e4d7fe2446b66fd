import type { RelayContext } from '../context.ts';
import { endOperations, gatewayAnswers } from '../end.ts';
import { inLanes } from '../lanes.ts';
import type { Candidate } from '../ports.ts';
import type { ChainReport } from './chains.ts';

/** A subscription whose stored document or filter the schema of today cannot serve. */
export interface Unusable {
  readonly candidate: Candidate;
  readonly message: string;
}

/** After sending: what is gone is reaped once, who could not keep up or no longer fits is ended and told. */
export async function settle(
  context: RelayContext,
  report: ChainReport,
  unusable: readonly Unusable[],
): Promise<void> {
  const { gone, slow } = report;
  const work = [
    ...[...slow.values()].map(({ target, detail, undelivered }) => () => {
      return endOperations(context, {
        target,
        dialect: undelivered[0]?.candidate.dialect,
        clientIds: [...new Set(undelivered.map(({ candidate }) => candidate.clientId))],
        code: 'SLOW_CONSUMER',
        message: `Subscription ended: its connection did not take messages in time (${detail}); read again and subscribe again`,
      });
    }),
    ...(await tellable(context, report, distinctUnusable(unusable, gone, slow))).map(
      ({ candidate, message }) =>
        () =>
          endOperations(context, {
            target: candidate,
            dialect: candidate.dialect,
            clientIds: [candidate.clientId],
            code: 'SCHEMA_CHANGED',
            message: `Subscription ended: the schema has changed (${message}); subscribe again`,
          }),
    ),
    ...[...gone].map((connectionId) => async () => {
      await context.registry.close(connectionId);
    }),
  ];
  context.metrics.count('connection.gone', gone.size);
  context.metrics.count('connection.slow', slow.size);
  // The records are done whatever comes of this: rows that stay are found again at the next change, or expire. Under
  // the same bound as sending: what is beyond the transport's sockets would time out waiting for one.
  for (const err of await inLanes(work, context.settings.maxConcurrentPosts, (each) => each())) {
    context.logger.error({ event: 'settle.failed', err });
  }
}

/** Those that can be told now; with a gateway that fails all stay, and are found again at the next change. */
async function tellable(
  context: RelayContext,
  { stop }: ChainReport,
  unusable: readonly Unusable[],
): Promise<readonly Unusable[]> {
  const [first] = unusable;
  if (!first || stop) return [];
  return (await gatewayAnswers(context, first.candidate.stage)) ? unusable : [];
}

function distinctUnusable(
  unusable: readonly Unusable[],
  gone: ReadonlySet<string>,
  slow: ReadonlyMap<string, unknown>,
): Unusable[] {
  const distinct = new Map<string, Unusable>();
  for (const entry of unusable) {
    const { connectionId, clientId } = entry.candidate;
    if (!gone.has(connectionId) && !slow.has(connectionId))
      distinct.set(JSON.stringify([connectionId, clientId]), entry);
  }
  return [...distinct.values()];
}
