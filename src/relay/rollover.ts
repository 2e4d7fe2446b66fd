import { hash128 } from '../filter/keys.ts';
import type { Limits } from '../protocol/limits.ts';
import type { SweepContext } from './context.ts';
import { inLanes } from './lanes.ts';
import type { LiveConnection, PostOutcome } from './ports.ts';

/**
 * API Gateway cuts every connection at two hours, so that clients who connected together come back together: a deploy's
 * 10 000 in one second, where an account takes 500 new connections a second. Each connection therefore has a planned
 * end of its own, some time in the last half hour before; an operator may have them end earlier (`connectionSeconds`).
 *
 * Why a connection that still has subscriptions may be closed here, when elsewhere it may not: DeleteConnection closes
 * with 1000, to which graphql-ws reconnects at once and resubscribes, without pause or limit. As an answer to a client
 * that is *refused* that is a storm: the next connection is refused as well, a thousand a second. Here the next one is
 * let in, and its own planned end is more than an hour away: one reconnect, which the client makes by itself. The older
 * Apollo client (with `reconnect`), Amplify and gql in a reconnecting session do the same after their own pause.
 * aws-appsync-subscription-link tells its observers "Connection closed" and does not come back; it does so at two hours
 * all the same. Nothing is said first: no dialect has a frame for it, and a closed socket is what every one of these
 * clients listens for. What changes between the two connections is missed as at any reconnect: clients read again.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
/** Room for a run that is missed. */
const RESERVE_MS = 5 * 60_000;
/** Ends of connections that began together are spread over this part of the longest life. */
const SPREAD = 1 / 4;

/** Closed in a second, at most: a tenth of the new connections an account takes. */
const CLOSED_A_SECOND = 50;
/** Under way at once: each asks the gateway and then removes its rows. */
const CLOSED_AT_ONCE = 16;

/**
 * Noted (`Registry.noteExpiry`) of a connection that missed something and could be neither told nor disconnected: the
 * next run closes it before all others, so that its client reads again.
 */
export const OVERDUE = 0;

/**
 * Epoch ms, the same whenever it is asked, unless it is {@link OVERDUE}: by default at least 1 h 25 min and at most
 * 1 h 55 min after it connected, and always five minutes before the longest life is over.
 */
export function plannedEnd(
  { connectionId, connectedAt, operationExpiresAt }: LiveConnection,
  { connectionSeconds }: Pick<Limits, 'connectionSeconds'>,
): number {
  if (operationExpiresAt === OVERDUE) return OVERDUE;
  const fraction = Buffer.from(hash128(connectionId), 'base64url').readUInt32BE(0) / 2 ** 32;
  const longest = connectionSeconds * 1_000;
  return connectedAt + longest - RESERVE_MS - Math.floor(fraction * longest * SPREAD);
}

/** What became of connections that were to be closed. */
export interface Closed {
  closed: number;
  /** Had closed already. */
  gone: number;
  /** Throttled, failed, or not come to in time: the next run finds them again. */
  left: number;
}

/** Says no once no more is to be begun. */
export interface Going {
  goesOn(): boolean;
  /** The gateway forbids it (401, 403): all else would fail the same way. */
  forbidden(detail: string): void;
}

/**
 * Closes connections from the server's side, in the order given, 50 a second at most, and then removes their rows.
 * API Gateway's own `$disconnect` does that too, but is not certain to come.
 */
export async function closeInTurn(
  context: SweepContext,
  connections: readonly LiveConnection[],
  going: Going,
  fault: (connection: LiveConnection, error: unknown) => void,
): Promise<Closed> {
  const report: Closed = { closed: 0, gone: 0, left: 0 };
  const turn = paced(context, CLOSED_A_SECOND);
  await inLanes(connections, CLOSED_AT_ONCE, async (connection) => {
    if (going.goesOn()) await turn();
    if (!going.goesOn()) {
      report.left += 1;
      return;
    }
    try {
      report[await close(context, connection, going)] += 1;
    } catch (error) {
      report.left += 1;
      fault(connection, error);
    }
  });
  return report;
}

async function close(
  { transport, registry }: SweepContext,
  target: LiveConnection,
  going: Going,
): Promise<keyof Closed> {
  const outcome: PostOutcome = await transport.disconnect(target);
  switch (outcome.kind) {
    case 'sent':
      await registry.close(target.connectionId);
      return 'closed';
    case 'gone':
      await registry.close(target.connectionId);
      return 'gone';
    case 'forbidden':
      going.forbidden(outcome.detail);
      return 'left';
    default:
      return 'left';
  }
}

/** Resolves so many times a second at most, evenly; who asks first goes first. */
function paced({ clock }: SweepContext, aSecond: number): () => Promise<void> {
  let next = 0;
  return async () => {
    const now = clock.now();
    const at = Math.max(now, next);
    next = at + 1_000 / aSecond;
    if (at > now) await clock.sleep(at - now);
  };
}
