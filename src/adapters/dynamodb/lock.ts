import { randomBytes } from 'node:crypto';
import { connection } from './connections.ts';
import { lockKey, secondsOf, textOf } from './rows.ts';
import { put, type RelayTable, remove } from './table.ts';

/** The row outlives what it says by this much, so that clocks which differ do not see it expire by the second. */
const ROW_GRACE_SECONDS = 60;

/**
 * One attempt at the lock: its row, where none stands or one whose time is up to the millisecond; then a look at META,
 * so that a close which did not see the row leaves none behind.
 * @returns the token that gives it back; nothing while another holds it, and on a connection that is not open
 */
export async function lock(
  table: RelayTable,
  connectionId: string,
  holdMs: number,
): Promise<string | undefined> {
  const now = table.clock.now();
  const token = randomBytes(12).toString('base64url');
  const row = {
    ...lockKey(connectionId),
    token,
    heldUntil: now + holdMs,
    expiresAt: secondsOf(now + holdMs) + ROW_GRACE_SECONDS,
  };
  const written = await put(table, row, {
    text: 'attribute_not_exists(#pk) OR #heldUntil <= :now',
    values: { ':now': now },
  });
  // Our own token stands there when the SDK repeated a put whose answer was lost.
  if (!written.ok && textOf(written.found ?? {}, 'token') !== token) return undefined;
  try {
    const standing = await connection(table, connectionId);
    if (standing && !standing.closed) return token;
  } catch (fault) {
    await unlock(table, connectionId, token).catch(() => {});
    throw fault;
  }
  await unlock(table, connectionId, token);
  return undefined;
}

/** Removes the row if it is still that of `token`. */
export async function unlock(table: RelayTable, connectionId: string, token: string): Promise<void> {
  await remove(table, lockKey(connectionId), { text: '#token = :token', values: { ':token': token } });
}
