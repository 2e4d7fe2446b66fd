import { randomBytes } from 'node:crypto';
import { hash128 } from '../../filter/keys.ts';
import { type Row, type RowKey, secondsOf, subscriptionKey, textOf, textsOf } from './rows.ts';
import { absentOrExpired, deletePlaces } from './subscription-rows.ts';
import { get, put, type RelayTable, remove, unavailable, update } from './table.ts';
import { bumpVersions } from './versions.ts';

/** A live one that keeps coming between is a client in a loop; it does not get more of our time than this. */
const MAX_TRIES = 20;

/**
 * Marks the SUB row as ended, deletes the rows it names, then the SUB row itself; if nothing live stands there, leaves
 * a tombstone for the `subscribe` this overtook, and starts over if that one came between the two looks.
 *
 * DESIGN §4 once had the SUB row go first. Whoever died after that left rows which nobody named any more, and which a
 * change found for as long as the connection lived. In this order the row that names them goes last, so that whoever
 * comes next to the id or the connection (`complete`, `subscribe`, `close`) finishes what was begun. The mark costs no
 * request more: it takes the place of the read that told which rows there are.
 */
export async function complete(
  table: RelayTable,
  connectionId: string,
  clientId: string,
  tombstoneSeconds: number,
): Promise<void> {
  const key = subscriptionKey(connectionId, hash128(clientId));
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { row, isOurs } = await markEnded(table, key);
    if (row) await finishEnded(table, connectionId, { ...row, ...key });
    if (isOurs) return;
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

interface Marked {
  /** The SUB row that stands marked now, whoever did it. */
  readonly row?: Row;
  /** One `complete` ends one subscription: the one that was first to mark it. */
  readonly isOurs: boolean;
}

/** The first mark stays, so that an update which the SDK repeated, its answer lost, still knows it for its own. */
async function markEnded(table: RelayTable, key: RowKey): Promise<Marked> {
  const token = randomBytes(12).toString('base64url');
  try {
    const marked = await update(
      table,
      key,
      { text: 'SET #ended = if_not_exists(#ended, :token)', values: { ':token': token } },
      {
        text: 'attribute_exists(#nonce) AND #expiresAt > :now',
        values: { ':now': secondsOf(table.clock.now()) },
      },
    );
    if (!marked.ok || !marked.old) return { isOurs: false };
    const before = textOf(marked.old, 'ended');
    return { row: marked.old, isOurs: before === undefined || before === token };
  } catch (fault) {
    const row = await get(table, key).catch(() => undefined);
    if (row && textOf(row, 'ended') === token) return { row, isOurs: true };
    throw fault;
  }
}

/**
 * What is left to do for a SUB row once it is marked: the rows it names, the word to who holds them in memory, then
 * itself, unless another subscription has taken its place. Can be done any number of times, by any number at once.
 */
export async function finishEnded(table: RelayTable, connectionId: string, row: Row & RowKey): Promise<void> {
  await deletePlaces(table, connectionId, row);
  await bumpVersions(table, textsOf(row, 'places'));
  await remove(table, row, { text: '#nonce = :nonce', values: { ':nonce': textOf(row, 'nonce') ?? '' } });
}
