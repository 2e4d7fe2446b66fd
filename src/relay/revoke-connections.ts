import { TablecastError } from '../errors.ts';
import type { SweepContext } from './context.ts';
import { endOperations, gatewayOnce } from './end.ts';
import { inLanes } from './lanes.ts';
import type { Connection, LiveConnection, LiveSubscription } from './ports.ts';
import { withRetries } from './retries.ts';

/** What a revocation came to, or in a dry run would come to. Each of these counts afresh when it is run again. */
export interface RevocationReport {
  /** Connections looked at. */
  connections: number;
  /** Operations ended. */
  operations: number;
  /** Of these, operations whose client could be neither told nor disconnected; nothing is delivered to it any more. */
  untold: number;
  /** Connections closed, their rows removed. */
  closed: number;
  /** Of these, those whose socket the gateway did not close: nothing can be started on it. */
  undisconnected: number;
  /** Connections that could not be worked on: another run finds them again. */
  failed: number;
  /** True when it was broken off: another run goes on with it. */
  stopped: boolean;
}

/** How a revocation goes about it. */
export interface RevocationOptions {
  /** Counts and ends nothing. Default false. */
  readonly dryRun?: boolean;
  /** Breaks it off between two connections. */
  readonly signal?: AbortSignal;
  /** Called after each connection. */
  readonly onProgress?: (report: Readonly<RevocationReport>) => void;
}

/** A connection and what of it is to end. */
export interface Revoked {
  readonly subscriptions: readonly LiveSubscription[];
  /** Whether the connection itself is closed when they have been. */
  readonly closes: boolean;
}

/** What there is to know of a connection before anything of it ends. */
export interface Standing {
  readonly connectionId: string;
  readonly stage: string;
  readonly dialect?: Connection['dialect'];
  readonly identityHash?: string;
}

/** Worked on at once: each asks the relay table twice and posts to one client. */
const CONNECTIONS_AT_ONCE = 16;

/**
 * Ends what `choose` picks of each connection. Clients are told first, each operation with `REVOKED`; a connection is
 * marked closed before it is disconnected, when none of its operations is left: a client that held some would take the
 * closed socket for a fault of the network and come back at once (rollover.ts). What is revoked is not served any more,
 * whether or not its client can be told. Can be run any number of times.
 * @throws TablecastError `TRANSPORT_UNAVAILABLE`, before anything of a connection has ended, when @connections does not
 * answer at all; else what the relay table failed with, once all others have been worked on
 */
export async function revokeOn(
  context: SweepContext,
  connections: AsyncIterable<{ readonly connectionId: string } | LiveConnection>,
  choose: (standing: Standing, subscriptions: readonly LiveSubscription[]) => Revoked,
  message: string,
  options: RevocationOptions = {},
): Promise<RevocationReport> {
  const { dryRun = false, signal, onProgress } = options;
  const report = newReport();
  const reach = createReach(context);
  const ids: ({ readonly connectionId: string } | LiveConnection)[] = [];
  for await (const connection of connections) {
    if (signal?.aborted) break;
    ids.push(connection);
  }
  const faults = await inLanes(ids, CONNECTIONS_AT_ONCE, async (found) => {
    if (signal?.aborted) return;
    try {
      const standing = await standingOf(context, found);
      if (!standing) return;
      const { subscriptions, closes } = choose(
        standing,
        await context.registry.subscriptions(standing.connectionId),
      );
      if (subscriptions.length === 0 && !closes) return;
      if (!dryRun) {
        await reach(standing.stage);
        report.untold += await endAll(context, standing, subscriptions, message);
        if (closes && !(await closeOne(context, standing))) report.undisconnected += 1;
      }
      report.operations += subscriptions.length;
      if (closes) report.closed += 1;
    } catch (error) {
      report.failed += 1;
      throw error;
    } finally {
      report.connections += 1;
      onProgress?.(report);
    }
  });
  report.stopped = signal?.aborted === true;
  if (!dryRun) context.logger.warn({ event: 'revocation', ...report });
  if (faults.length > 0) throw faults[0];
  return report;
}

const newReport = (): RevocationReport => ({
  connections: 0,
  operations: 0,
  untold: 0,
  closed: 0,
  undisconnected: 0,
  failed: 0,
  stopped: false,
});

async function standingOf(
  { registry }: SweepContext,
  found: { readonly connectionId: string } | LiveConnection,
): Promise<Standing | undefined> {
  if ('stage' in found) return found;
  const connection = await registry.connection(found.connectionId);
  if (!connection) return undefined;
  const { id: connectionId, stage, dialect, identity } = connection;
  return {
    connectionId,
    stage,
    ...(dialect && { dialect }),
    ...(identity && { identityHash: identity.hash }),
  };
}

/** Asks the gateway of each stage once whether it is at work: a wrong endpoint must not silence anybody. */
function createReach(context: SweepContext): (stage: string) => Promise<void> {
  const answers = gatewayOnce(context);
  return async (stage) => {
    if (await answers(stage)) return;
    throw new TablecastError(
      'TRANSPORT_UNAVAILABLE',
      `expected @connections of stage ${stage} to answer, got no answer or a refusal: nobody there was told, and nothing there has ended`,
    );
  };
}

/** How many could not be told. */
async function endAll(
  context: SweepContext,
  target: Standing,
  subscriptions: readonly LiveSubscription[],
  message: string,
): Promise<number> {
  const clientIds = subscriptions.map(({ clientId }) => clientId);
  if (clientIds.length === 0) return 0;
  try {
    await endOperations(context, {
      target,
      dialect: target.dialect,
      clientIds,
      code: 'REVOKED',
      message,
    });
    return 0;
  } catch (error) {
    if (!(error instanceof TablecastError) || error.code !== 'TRANSPORT_UNAVAILABLE') throw error;
    // Elsewhere these would stay, to be told later. What is revoked does not.
    const left = new Set(
      (await context.registry.subscriptions(target.connectionId)).map((each) => each.clientId),
    );
    const untold = clientIds.filter((clientId) => left.has(clientId));
    for (const clientId of untold) await context.registry.complete(target.connectionId, clientId);
    return untold.length;
  }
}

/** Whether the gateway closed the socket, or it was closed already. */
async function closeOne(context: SweepContext, target: Standing): Promise<boolean> {
  await context.registry.close(target.connectionId);
  const disconnect = () => context.transport.disconnect(target);
  const { kind } = await withRetries(context, disconnect, context.settings.failedAttempts);
  return kind === 'sent' || kind === 'gone';
}
