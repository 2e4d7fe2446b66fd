import { batchWrite, WRITE_ITEMS } from './batch.ts';
import { closingOrder, type Wave } from './close-order.ts';
import { mapConcurrently } from './concurrency.ts';
import {
  connectionPartition,
  identityKey,
  isEnded,
  liveKey,
  metaKey,
  PLACE_PREFIX,
  type Row,
  type RowKey,
  secondsOf,
  textOf,
} from './rows.ts';
import { placeKeys } from './subscription-rows.ts';
import { passUnavailable, query, type RelayTable, update } from './table.ts';
import { bumpVersions } from './versions.ts';

/**
 * Closed mark first, so that every `subscribe` that this does not see sees the mark; then the rows each SUB names,
 * then the SUBs and the rest, LIVE in the last batch (close-order.ts). A close that broke off is found by the next
 * sweep while LIVE stands, and by `reap` while a row under a filter key does; it can be run again, and finds all it
 * left. The mark itself stays until its time to live.
 * @param found more rows under filter keys to delete, whether or not a SUB row names them
 * @returns How many subscriptions it ended: one that a `complete` had marked but not finished is not among them.
 */
export async function close(
  table: RelayTable,
  connectionId: string,
  connectionLifeSeconds: number,
  found: readonly RowKey[] = [],
): Promise<number> {
  const meta = metaKey(connectionId);
  const marked = await update(table, meta, {
    text: 'SET #closed = :true, #expiresAt = if_not_exists(#expiresAt, :expiresAt)',
    values: { ':true': true, ':expiresAt': secondsOf(table.clock.now()) + connectionLifeSeconds },
  });
  const identityHash = marked.ok && marked.old ? textOf(marked.old, 'identityHash') : undefined;
  const rows = await query(table, connectionPartition(connectionId), {
    attributes: ['pk', 'sk', 'nonce', 'places', 'ended', 'identityHash', 'counted'],
  });
  const own = rows.flatMap((row) => {
    const key = keyOf(row);
    return key && key.sk !== meta.sk ? [{ key, places: placeKeys(connectionId, row) }] : [];
  });
  const subscriptions = own.filter(({ places }) => places.length > 0);
  const others = own.filter(({ places }) => places.length === 0).map(({ key }) => key);
  if (identityHash !== undefined) others.push(identityKey(identityHash, connectionId));
  const live = liveKey(connectionId);
  const order = closingOrder({ subscriptions, places: found, others, live }, WRITE_ITEMS);
  await deleteWaves(table, order.places);
  const named = [...found, ...subscriptions.flatMap((each) => each.places)];
  const places = named.flatMap(({ pk }) =>
    pk.startsWith(PLACE_PREFIX) ? [pk.slice(PLACE_PREFIX.length)] : [],
  );
  // Beside the rest: no id of a closed connection is ever had again, so nobody is mistaken for another meanwhile. Nor does
  // it matter where counting fails, as it may when all clients of one key go at once: who still holds the rows is told by
  // the gateway that it is gone, and reaps it.
  const count = () => bumpVersions(table, places).catch(passUnavailable);
  await mapConcurrently([count, () => deleteWaves(table, order.rest)], 2, (work) => work());
  return rows.filter((row) => textOf(row, 'nonce') !== undefined && !isEnded(row)).length;
}

async function deleteWaves(table: RelayTable, waves: readonly Wave[]): Promise<void> {
  for (const wave of waves) await batchWrite(table, { delete: wave });
}

function keyOf({ pk, sk }: Row): RowKey | undefined {
  return typeof pk === 'string' && typeof sk === 'string' ? { pk, sk } : undefined;
}
