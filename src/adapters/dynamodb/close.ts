import { batchWrite } from './batch.ts';
import {
  connectionPartition,
  identityKey,
  isEnded,
  liveKey,
  metaKey,
  type RowKey,
  secondsOf,
  textOf,
} from './rows.ts';
import { placeKeys } from './subscription-rows.ts';
import { query, type RelayTable, update } from './table.ts';

/**
 * Closed mark first, so that every `subscribe` that this does not see sees the mark; then the rows each SUB names,
 * then the SUBs and the rest, LIVE last. In that order a close that broke off is found by the next sweep, can be run
 * again, and finds all it left. The mark
 * itself stays until its time to live.
 * @returns How many subscriptions it ended: one that a `complete` had marked but not finished is not among them.
 */
export async function close(
  table: RelayTable,
  connectionId: string,
  connectionLifeSeconds: number,
): Promise<number> {
  const meta = metaKey(connectionId);
  const marked = await update(table, meta, {
    text: 'SET #closed = :true, #expiresAt = if_not_exists(#expiresAt, :expiresAt)',
    values: { ':true': true, ':expiresAt': secondsOf(table.clock.now()) + connectionLifeSeconds },
  });
  const identityHash = marked.ok && marked.old ? textOf(marked.old, 'identityHash') : undefined;
  const rows = await query(table, connectionPartition(connectionId), {
    attributes: ['pk', 'sk', 'nonce', 'places', 'ended', 'expiresAt'],
  });
  const places = rows.flatMap((row) => placeKeys(connectionId, row));
  await batchWrite(table, { delete: places });
  const own = rows.flatMap(({ pk, sk }): RowKey[] =>
    typeof pk === 'string' && typeof sk === 'string' && sk !== meta.sk ? [{ pk, sk }] : [],
  );
  const identity = identityHash === undefined ? [] : [identityKey(identityHash, connectionId)];
  await batchWrite(table, { delete: [...own, ...identity] });
  await batchWrite(table, { delete: [liveKey(connectionId)] });
  return rows.filter((row) => textOf(row, 'nonce') !== undefined && !isEnded(row)).length;
}
