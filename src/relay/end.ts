import type { Dialect } from '../protocol/dialect.ts';
import { type ReasonCode, wireError } from '../protocol/messages.ts';
import { codecOf } from '../protocol/negotiation.ts';
import type { RelayContext } from './context.ts';
import type { PostOutcome, Target } from './ports.ts';

/** Operations of one connection that the relay ends of its own accord. */
export interface Ending {
  readonly target: Target;
  readonly dialect: Dialect | undefined;
  readonly clientIds: readonly string[];
  readonly code: ReasonCode;
  /** Told to the client. */
  readonly message: string;
}

/**
 * Ends operations and tells the client why, in an `error` frame each (C5). Rows go first, so that nothing follows the
 * `error`. A client that cannot even be told is disconnected: it sees a closed socket rather than silence, and its
 * rows are removed.
 */
export async function endOperations(context: RelayContext, ending: Ending): Promise<void> {
  const { target, clientIds, code, message } = ending;
  const codec = codecOf(ending.dialect);
  context.metrics.count(`ended.${code}`, clientIds.length);
  context.logger.warn({
    event: 'subscriptions.ended',
    connectionId: target.connectionId,
    code,
    count: clientIds.length,
    message,
  });
  for (const clientId of clientIds) await context.registry.complete(target.connectionId, clientId);
  for (const clientId of clientIds) {
    const frame = Buffer.from(codec.error(clientId, [wireError(code, message)]), 'utf8');
    const outcome = await context.transport.post(target, frame);
    if (!isTold(outcome)) return abandon(context, target, outcome);
  }
}

function isTold(outcome: PostOutcome): boolean {
  return outcome.kind === 'sent';
}

async function abandon(context: RelayContext, target: Target, outcome: PostOutcome): Promise<void> {
  if (outcome.kind !== 'gone') await context.transport.disconnect(target);
  await context.registry.close(target.connectionId);
  context.logger.warn({
    event: 'connection.abandoned',
    connectionId: target.connectionId,
    outcome: outcome.kind,
  });
}
