import { batchWrite } from './batch.ts';
import { close } from './close.ts';
import { ownPlaceKey } from './subscription-rows.ts';
import type { RelayTable } from './table.ts';

/**
 * Closes, then deletes the rows the connection was found by. Those are gone by then, but for the ones that no SUB row
 * named: of a `subscribe` that died between its writes and its look, after a `complete` or `close` had passed.
 * @param rows `Candidate.row` of each; a text that is not that of a row of this connection is passed over
 * @returns How many subscriptions it ended.
 */
export async function reap(
  table: RelayTable,
  connectionId: string,
  rows: readonly string[],
  connectionLifeSeconds: number,
): Promise<number> {
  const ended = await close(table, connectionId, connectionLifeSeconds);
  await batchWrite(table, { delete: rows.flatMap((row) => ownPlaceKey(connectionId, row) ?? []) });
  return ended;
}
