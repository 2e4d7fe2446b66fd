import { randomBytes } from 'node:crypto';
import type { Registry, StoreUpdate } from '../../relay/ports.ts';
import { connection } from './connections.ts';
import { isLive, numberOf, secondsOf, storeKey, textOf } from './rows.ts';
import { absentOrExpired } from './subscription-rows.ts';
import { get, put, type RelayTable, remove } from './table.ts';

type Entries = ReadonlyMap<string, unknown>;

/** What operations stored for a connection, one read; version 0 where no row lives. */
export async function readStore(table: RelayTable, connectionId: string): ReturnType<Registry['readStore']> {
  const row = await get(table, storeKey(connectionId));
  if (!isLive(row, table.clock.now())) return { version: 0, entries: new Map() };
  return { version: numberOf(row, 'version') ?? 0, entries: entriesOf(textOf(row, 'entries')) };
}

/**
 * Write, then check, as subscribing does: the row on condition of its version, then a look at META. A close that did
 * not see the row has left its mark before that look, and then this removes the row again; unless a later update took
 * its place, which looks for itself.
 */
export async function updateStore(
  table: RelayTable,
  connectionId: string,
  version: number,
  entries: Entries,
): Promise<StoreUpdate> {
  const standing = await connection(table, connectionId);
  if (!standing || standing.closed) return 'closed';
  const now = secondsOf(table.clock.now());
  const token = randomBytes(12).toString('base64url');
  const row = {
    ...storeKey(connectionId),
    version: version + 1,
    entries: entriesText(entries),
    token,
    expiresAt: standing.expiresAt,
  };
  const written = await put(
    table,
    row,
    version === 0
      ? absentOrExpired(now)
      : {
          text: '#version = :version AND #expiresAt > :now',
          values: { ':version': version, ':now': now },
        },
  );
  // Our own token stands there when the SDK repeated a put whose answer was lost.
  if (!written.ok && textOf(written.found ?? {}, 'token') !== token) return 'conflict';
  const after = await connection(table, connectionId);
  if (after && !after.closed) return 'written';
  await remove(table, row, { text: '#token = :token', values: { ':token': token } });
  return 'closed';
}

/** Pairs, because a name may be any text and `__proto__` is no key of an object that is written out. */
export function entriesText(entries: Entries): string {
  return JSON.stringify([...entries]);
}

function entriesOf(text: string | undefined): Entries {
  const pairs: unknown = text === undefined ? [] : JSON.parse(text);
  if (!Array.isArray(pairs)) return new Map();
  return new Map(pairs.filter((pair): pair is [string, unknown] => Array.isArray(pair) && pair.length === 2));
}
