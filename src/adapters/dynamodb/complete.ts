import { hash128 } from '../../filter/keys.ts';
import { isLive, secondsOf, subscriptionKey } from './rows.ts';
import { absentOrExpired, deletePlaces } from './subscription-rows.ts';
import { put, type RelayTable, remove, unavailable } from './table.ts';

/** A live one that keeps coming between is a client in a loop; it does not get more of our time than this. */
const MAX_TRIES = 20;

/**
 * Deletes the SUB row and what it names; if nothing live stands there, leaves a mark for the `subscribe` this
 * overtook, and starts over if that one came between the two looks.
 */
export async function complete(
  table: RelayTable,
  connectionId: string,
  clientId: string,
  tombstoneSeconds: number,
): Promise<void> {
  const key = subscriptionKey(connectionId, hash128(clientId));
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const removed = await remove(table, key, { text: 'attribute_exists(#nonce)' });
    if (removed.ok && removed.old) {
      await deletePlaces(table, connectionId, removed.old);
      if (isLive(removed.old, table.clock.now())) return;
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
