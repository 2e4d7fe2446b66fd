import { close } from './close.ts';
import { ownPlaceKey } from './subscription-rows.ts';
import type { RelayTable } from './table.ts';

/**
 * Closes, and deletes with the rest the rows the connection was found by. The SUB rows name them, but for the ones of a
 * `subscribe` that died between its writes and its look, after a `complete` or `close` had passed.
 * @param rows `Candidate.row` of each; a text that is not that of a row of this connection is passed over
 * @returns How many subscriptions it ended.
 */
export function reap(
  table: RelayTable,
  connectionId: string,
  rows: readonly string[],
  connectionLifeSeconds: number,
): Promise<number> {
  const found = rows.flatMap((row) => ownPlaceKey(connectionId, row) ?? []);
  return close(table, connectionId, connectionLifeSeconds, found);
}
