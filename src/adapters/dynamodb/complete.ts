import { hash128 } from '../../filter/keys.ts';
import { isLive, type Row, type RowKey, secondsOf, subscriptionKey, textOf } from './rows.ts';
import { absentOrExpired, deletePlaces } from './subscription-rows.ts';
import { put, query, type RelayTable, remove, unavailable, type Written } from './table.ts';

/** A live one that keeps coming between is a client in a loop; it does not get more of our time than this. */
const MAX_TRIES = 20;

/**
 * Deletes the SUB row and what it names; if nothing live stands there, leaves a mark for the `subscribe` this
 * overtook, and starts over if that one came between the two looks.
 *
 * The SUB row is read before it is deleted: a delete whose answer is lost tells nobody which rows it named, and those
 * would then be found, under an id the client may use again, until they expire.
 */
export async function complete(
  table: RelayTable,
  connectionId: string,
  clientId: string,
  tombstoneSeconds: number,
): Promise<void> {
  const key = subscriptionKey(connectionId, hash128(clientId));
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const standing = await subscriptionAt(table, key);
    if (standing) {
      const removed = await removeNamed(table, connectionId, key, standing);
      if (removed.ok && isLive(standing.row, table.clock.now())) return;
    }
    const now = secondsOf(table.clock.now());
    const tombstone = { ...key, tombstone: true, expiresAt: now + tombstoneSeconds };
    const written = await put(table, tombstone, absentOrExpired(now));
    if (written.ok) {
      if (written.old) await deletePlaces(table, connectionId, written.old);
      return;
    }
    if (written.found?.['tombstone'] === true) return;
  }
  throw unavailable(table, 'complete', `a new subscription of the same id each of ${MAX_TRIES} times`);
}

interface Standing {
  readonly row: Row;
  readonly nonce: string;
}

/** The SUB row under a key, if it is one and no mark. Its key is no prefix of another: `h` has one length. */
async function subscriptionAt(table: RelayTable, key: RowKey): Promise<Standing | undefined> {
  const [row] = await query(table, key.pk, { prefix: key.sk });
  const nonce = row && textOf(row, 'nonce');
  return row && nonce !== undefined ? { row, nonce } : undefined;
}

async function removeNamed(
  table: RelayTable,
  connectionId: string,
  key: RowKey,
  { row, nonce }: Standing,
): Promise<Written> {
  const remaining = async () => (await subscriptionAt(table, key))?.nonce;
  try {
    const removed = await remove(table, key, { text: '#nonce = :nonce', values: { ':nonce': nonce } });
    // Not removed by this request, it was by its first try or by another: its rows are to go all the same.
    await deletePlaces(table, connectionId, row);
    return removed;
  } catch (fault) {
    if ((await remaining().catch(() => nonce)) !== nonce) {
      await deletePlaces(table, connectionId, row).catch(() => {});
    }
    throw fault;
  }
}
