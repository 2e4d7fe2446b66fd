import type { Revocation, Subscriber } from '../../relay/ports.ts';
import {
  COUNTED_PREFIX,
  identityPartition,
  isLive,
  numberOf,
  parsePlaceSort,
  REVOKED,
  type Row,
  revokedKey,
  textOf,
} from './rows.ts';
import { queryPages, type RelayTable, update } from './table.ts';

/**
 * The `REVOKED` row: each of its two times only ever grows, each by an update of its own, so that any number of these at
 * once, repeated or in any order, come to the same. It stands for none before the second, whatever was left of an old one.
 */
export async function revoke(
  table: RelayTable,
  identityHash: string,
  { revokedAt, until }: Revocation,
): Promise<void> {
  const key = revokedKey(identityHash);
  for (const [name, value] of [
    ['revokedAt', revokedAt],
    ['expiresAt', until],
  ] as const) {
    await update(
      table,
      key,
      { text: `SET #${name} = :value`, values: { ':value': value } },
      { text: `attribute_not_exists(#${name}) OR #${name} < :value` },
    );
  }
}

/** Whether a mark stands and concerns a credential: one that was issued by then, or does not say when. */
export function isRevoked(mark: Row | undefined, { issuedAt }: Subscriber, now: number): boolean {
  if (!isLive(mark, now)) return false;
  // A mark that cannot be read shuts out.
  const revokedAt = numberOf(mark, 'revokedAt') ?? Number.POSITIVE_INFINITY;
  return issuedAt === undefined || issuedAt <= revokedAt;
}

/** Connections of an identity, by its rows: its own, and those of subscriptions counted for it. */
export async function* connectionsOf(
  table: RelayTable,
  identityHash: string,
): AsyncGenerator<{ readonly connectionId: string }> {
  const told = new Set<string>();
  const attributes = ['sk', 'expiresAt'];
  for await (const page of queryPages(table, identityPartition(identityHash), { attributes })) {
    for (const row of page) {
      const connectionId = isLive(row, table.clock.now()) ? connectionOf(textOf(row, 'sk') ?? '') : undefined;
      if (connectionId === undefined || told.has(connectionId)) continue;
      told.add(connectionId);
      yield { connectionId };
    }
  }
}

/** Of a sort key under an identity; none of the mark. API Gateway's ids hold no `#`. */
function connectionOf(sk: string): string | undefined {
  if (sk === '' || sk === REVOKED) return undefined;
  if (!sk.startsWith(COUNTED_PREFIX)) return sk;
  return parsePlaceSort(sk.slice(COUNTED_PREFIX.length))?.connectionId ?? sk;
}
