import { TablecastError } from '../errors.ts';
import type { RelayContext } from './context.ts';
import { postWithRetries } from './deliver/post.ts';
import type { Connection } from './ports.ts';

/** The whole answer has a limit of its own (`settings.answerMs`). */
const UNBOUNDED = { signal: new AbortController().signal, isUp: () => false };

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
    const { kind } = await postWithRetries(context, target, bytes, connection.connectedAt, UNBOUNDED);
    if (kind === 'gone') return undefined;
    if (kind !== 'sent') {
      throw new TablecastError('TRANSPORT_UNAVAILABLE', `Reply: expected it to be taken, got ${kind}`);
    }
  }
  return last;
}
