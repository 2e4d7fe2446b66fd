import { TablecastError } from '../errors.ts';
import type { Dialect } from '../protocol/dialect.ts';
import { type ReasonCode, wireError } from '../protocol/messages.ts';
import { codecOf } from '../protocol/negotiation.ts';
import type { SweepContext } from './context.ts';
import type { PostOutcome, Target } from './ports.ts';
import { withRetries } from './retries.ts';

/** Operations of one connection that the relay ends of its own accord. */
export interface Ending {
  readonly target: Target;
  readonly dialect: Dialect | undefined;
  readonly clientIds: readonly string[];
  readonly code: ReasonCode;
  /** Told to the client. */
  readonly message: string;
}

/** An id of the form API Gateway gives, that it never gave to anyone. */
const NOBODY = 'AAAAAAAAAAAAAAA=';
const EMPTY_FRAME = Buffer.from('{}', 'utf8');

/**
 * Whether the gateway is at work: asked for a connection that never was, it says so (410, 400). To be asked before
 * anything is ended: in an outage nobody could be told, and what failed then was not the clients' fault.
 */
export async function gatewayAnswers(context: SweepContext, stage: string): Promise<boolean> {
  const post = () => context.transport.post({ connectionId: NOBODY, stage }, EMPTY_FRAME);
  const { kind } = await withRetries(context, post, 1);
  return kind === 'gone' || kind === 'sent' || kind === 'tooLarge';
}

/** As {@link gatewayAnswers}, asked once a stage. */
export function gatewayOnce(context: SweepContext): (stage: string) => Promise<boolean> {
  const answers = new Map<string, Promise<boolean>>();
  return (stage) => {
    const asked = answers.get(stage) ?? gatewayAnswers(context, stage);
    answers.set(stage, asked);
    return asked;
  };
}

/**
 * Tells the client of operations that they are over and why, in an `error` frame each (C5), and removes the rows of each
 * once it is told; what was found before may still follow its `error`, and clients take no notice of it. A client that
 * cannot be told is disconnected: it sees a closed socket rather than silence, and its rows are removed. What can be ended
 * is, whatever becomes of the rest.
 * @throws TablecastError `REGISTRY_UNAVAILABLE`, when the rows of some may have stayed · `TRANSPORT_UNAVAILABLE`, when the
 * client could neither be told nor disconnected; what it was not told of then stays
 */
export async function endOperations(context: SweepContext, ending: Ending): Promise<void> {
  const { target, clientIds, code, message } = ending;
  const codec = codecOf(ending.dialect);
  const faults: unknown[] = [];
  for (const clientId of clientIds) {
    const frame = Buffer.from(codec.error(clientId, [wireError(code, message)]), 'utf8');
    // Told first: were its rows gone by then, and the gateway too, nothing would ever find it again to tell it.
    // One that hangs or fails has had its chances; a throttled account is no fault of its own.
    const outcome = await withRetries(context, () => context.transport.post(target, frame), 1);
    if (outcome.kind !== 'sent') {
      await abandon(context, target, outcome);
      break;
    }
    try {
      await context.registry.complete(target.connectionId, clientId);
    } catch (error) {
      faults.push(error);
    }
  }
  context.metrics.count(`ended.${code}`, clientIds.length);
  context.logger.warn({
    event: 'subscriptions.ended',
    connectionId: target.connectionId,
    code,
    count: clientIds.length,
    message,
  });
  if (faults.length > 0) throw faults[0];
}

async function abandon(context: SweepContext, target: Target, untold: PostOutcome): Promise<void> {
  const { connectionId } = target;
  // 410 as well is said of sockets that live: closed it is then for certain, and its client sees it.
  const disconnect = () => context.transport.disconnect(target);
  const closed = await withRetries(context, disconnect, context.settings.failedAttempts);
  if (closed.kind !== 'sent' && closed.kind !== 'gone') {
    throw new TablecastError(
      'TRANSPORT_UNAVAILABLE',
      `Connection ${connectionId}: expected to be told or disconnected, got ${untold.kind} and ${closed.kind}`,
    );
  }
  await context.registry.close(connectionId);
  context.logger.warn({ event: 'connection.abandoned', connectionId, outcome: untold.kind });
}
