import { codecOf } from '../protocol/negotiation.ts';
import type { SweepContext } from './context.ts';
import { endOperations, gatewayOnce } from './end.ts';
import type { LiveConnection } from './ports.ts';
import type { Going } from './rollover.ts';

/** What one run came to, in connections but for `ended`. */
export interface KeepAliveReport {
  /** Come to. */
  seen: number;
  /** Sent a sign of life. */
  sent: number;
  /** Initialised, in a dialect that has no sign of life, or none yet. */
  silent: number;
  /** Operations ended because their credential has expired. */
  ended: number;
  /** Closed because their planned end has come (src/relay/rollover.ts). */
  rolledOver: number;
  /** Closed because `connection_init` never came, or was never accepted. */
  uninitialised: number;
  /** Found closed: their rows are removed. */
  gone: number;
  /** Nothing could be done for them this time: 429, 5xx, a fault of the relay table, or not enough time to close them. */
  left: number;
  /** Why the run did not come to all: its time was up, or the gateway forbids posting (401, 403). */
  stopped?: 'time' | 'forbidden';
}

/** API Gateway gives 410 for a connection that is still being made: one this young is not taken to be gone. */
const GONE_GRACE_MS = 10_000;

/** One run: what it has come to, and what it does about one connection. */
export interface KeepAliveRun extends Going {
  readonly report: KeepAliveReport;
  /** The connection if it may be spoken to; `late` if its init is overdue; nothing while it may yet come. */
  initialised(connection: LiveConnection): Promise<LiveConnection | 'late' | undefined>;
  /** Ends what its expired credential no longer carries. @returns whether there is anything to keep it alive for */
  hasOperationsLeft(connection: LiveConnection): Promise<boolean>;
  sendSign(connection: LiveConnection): Promise<void>;
  isGone(connectionId: string): boolean;
  failed(connection: LiveConnection, error: unknown): void;
}

/** One pass, with a report of nothing yet. */
export function createRun(context: SweepContext, remainingMs: () => number): KeepAliveRun {
  const { clock, logger, registry, settings, transport } = context;
  const report: KeepAliveReport = {
    seen: 0,
    sent: 0,
    silent: 0,
    ended: 0,
    rolledOver: 0,
    uninitialised: 0,
    gone: 0,
    left: 0,
  };
  // A function with a short time-out still does something before each end.
  const margin = Math.min(settings.deadlineMarginMs, remainingMs() / 2);
  const gone = new Set<string>();
  let isFaultLogged = false;

  /** Asked once a stage and run, and only when somebody is to be told: an outage is not the clients' fault. */
  const gatewayOf = gatewayOnce(context);
  const reap = async (connectionId: string) => {
    gone.add(connectionId);
    report.gone += 1;
    await registry.close(connectionId);
  };

  const forbidden = (detail: string) => {
    if (report.stopped === 'forbidden') return;
    report.stopped = 'forbidden';
    logger.error({ event: 'keepalive.forbidden', detail });
  };

  return {
    report,
    forbidden,
    isGone: (connectionId) => gone.has(connectionId),

    goesOn() {
      if (!report.stopped && remainingMs() < margin) report.stopped = 'time';
      return !report.stopped;
    },

    failed({ connectionId }, err) {
      report.left += 1;
      // One cause has many victims: the first tells it, the count how many.
      if (!isFaultLogged) logger.warn({ event: 'keepalive.failed', connectionId, err });
      isFaultLogged = true;
    },

    async initialised(connection) {
      if (connection.initialised) return connection;
      const { connectionId, connectedAt } = connection;
      // Closing one that is late is graphql-transport-ws's 4408 as far as API Gateway lets us, and safe in every dialect:
      // it holds no subscription, so that nothing is cut short and no client resubscribes.
      if (clock.now() - connectedAt <= settings.limits.initSeconds * 1_000) return undefined;
      // META decides: the mark on its LIVE row may be on its way, or have been lost with an invocation.
      const standing = await registry.connection(connectionId);
      if (!standing || standing.closed) {
        await reap(connectionId);
        return undefined;
      }
      if (!standing.initialised) return 'late';
      const { dialect } = standing;
      return { ...connection, initialised: true, ...(dialect && { dialect }) };
    },

    async hasOperationsLeft(connection) {
      const { connectionId, credentialExpiresAt, operationExpiresAt, dialect, stage } = connection;
      const now = Math.floor(clock.now() / 1_000);
      const isOver = (end: number | undefined) => end !== undefined && end <= now;
      if (!isOver(credentialExpiresAt) && !isOver(operationExpiresAt)) return true;
      const operations = await registry.subscriptions(connectionId);
      const expired = operations.filter(({ expiresAt }) => expiresAt <= now);
      // With a credential that is good its client may start others at any time.
      const isLeft = expired.length < operations.length || !isOver(credentialExpiresAt);
      if (expired.length === 0) return isLeft;
      if (!(await gatewayOf(stage))) {
        report.left += 1;
        return false;
      }
      await endOperations(context, {
        target: connection,
        dialect,
        clientIds: expired.map(({ clientId }) => clientId),
        code: 'TOKEN_EXPIRED',
        message: 'Token expired: connect with a fresh one and subscribe again',
      });
      report.ended += expired.length;
      return isLeft;
    },

    async sendSign(connection) {
      const frame = codecOf(connection.dialect).keepAlive();
      if (frame === undefined) {
        report.silent += 1;
        return;
      }
      const outcome = await transport.post(connection, Buffer.from(frame, 'utf8'));
      switch (outcome.kind) {
        case 'sent':
          report.sent += 1;
          return;
        case 'gone':
          if (clock.now() - connection.connectedAt < GONE_GRACE_MS) report.left += 1;
          else await reap(connection.connectionId);
          return;
        case 'forbidden':
          report.left += 1;
          return forbidden(outcome.detail);
        default:
          report.left += 1;
      }
    },
  };
}
