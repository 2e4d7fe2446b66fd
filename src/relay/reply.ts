import { TablecastError } from '../errors.ts';
import type { RelayContext } from './context.ts';
import type { Connection } from './ports.ts';
import { withRetries } from './retries.ts';

/**
 * Sends the replies to one frame in order: all but the last are posted, the last is returned, to go back as the
 * integration's response, which arrives after anything posted.
 * @throws TablecastError `TRANSPORT_UNAVAILABLE` when one could not be posted; a client that has gone is no fault
 */
export async function inOrder(
  context: RelayContext,
  connection: Connection | undefined,
  replies: readonly (string | undefined)[],
): Promise<string | undefined> {
  const frames = replies.filter((frame) => frame !== undefined);
  const last = frames.at(-1);
  if (!connection) return last;
  const target = { connectionId: connection.id, stage: connection.stage };
  for (const frame of frames.slice(0, -1)) {
    const bytes = Buffer.from(frame, 'utf8');
    const post = () => context.transport.post(target, bytes);
    const { kind } = await withRetries(context, post, context.settings.failedAttempts);
    if (kind === 'gone') return undefined;
    if (kind !== 'sent') {
      throw new TablecastError('TRANSPORT_UNAVAILABLE', `Reply: expected it to be taken, got ${kind}`);
    }
  }
  return last;
}
