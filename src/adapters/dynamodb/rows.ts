import { createHash } from 'node:crypto';
import type { Dialect } from '../../protocol/dialect.ts';

/** A row as the document client gives it. What is in it is checked where it is read. */
export type Row = Readonly<Record<string, unknown>>;

/** Primary key of a row of the relay table. */
export interface RowKey {
  readonly pk: string;
  readonly sk: string;
}

/** Every dialect a row may name; the compiler asks for new ones. */
const DIALECTS: ReadonlyMap<unknown, Dialect> = new Map(
  Object.values({
    'graphql-transport-ws': 'graphql-transport-ws',
    apollo: 'apollo',
    appsync: 'appsync',
  } satisfies { [D in Dialect]: D }).map((dialect) => [dialect, dialect]),
);

/** `LIVE` rows are spread over this many partitions. */
export const LIVE_PARTITIONS = 64;

/** Sort key prefix of subscriptions and tombstones. */
export const SUBSCRIPTION_PREFIX = 'SUB#';

/** Partition of everything that belongs to one connection. */
export const connectionPartition = (connectionId: string): string => `CONN#${connectionId}`;

/** Key of the connection itself. */
export const metaKey = (connectionId: string): RowKey => ({
  pk: connectionPartition(connectionId),
  sk: 'META',
});

/** What operations stored for a connection. */
export const storeKey = (connectionId: string): RowKey => ({
  pk: connectionPartition(connectionId),
  sk: 'CTX',
});

/** Key of the connection's lock, where it has one. */
export const lockKey = (connectionId: string): RowKey => ({
  pk: connectionPartition(connectionId),
  sk: 'LOCK',
});

/** @param h `hash128` of the client's id, which itself may be any text. */
export const subscriptionKey = (connectionId: string, h: string): RowKey => ({
  pk: connectionPartition(connectionId),
  sk: SUBSCRIPTION_PREFIX + h,
});

/** Key of a stored document. */
export const documentKey = (hash: string): RowKey => ({ pk: `DOC#${hash}`, sk: 'DOC' });

/** Partition of the shapes in use for the fields of one table. */
export const shapesPartition = (table: string): string => `SHAPES#${table}`;

/** Key of one shape: a field, and the names its subscriptions compare. */
export const shapeKey = (table: string, field: string, names: readonly string[]): RowKey => ({
  pk: shapesPartition(table),
  sk: `${field}#${names.join(',')}`,
});

/** Partition `n` of the rows that list live connections, from 0 up to `LIVE_PARTITIONS`. */
export const livePartition = (n: number): string => `LIVE#${n}`;

/** Key of the row that lists a connection as live. */
export const liveKey = (connectionId: string): RowKey => ({
  pk: livePartition(partitionOf(connectionId, LIVE_PARTITIONS)),
  sk: connectionId,
});

/** Partition of what one identity has: its connections, and the mark that it was revoked. */
export const identityPartition = (identityHash: string): string => `ID#${identityHash}`;

/** Key of the row that tells of an identity's connection. */
export const identityKey = (identityHash: string, connectionId: string): RowKey => ({
  pk: identityPartition(identityHash),
  sk: connectionId,
});

/** Sort key of the row that says an identity was revoked. */
export const REVOKED = 'REVOKED';

/** Key of the mark that an identity was revoked. */
export const revokedKey = (identityHash: string): RowKey => ({
  pk: identityPartition(identityHash),
  sk: REVOKED,
});

/** Sort key prefix of subscriptions that are counted for their identity. */
export const COUNTED_PREFIX = 'S#';

/** @param sort as {@link placeSort} makes it: of one subscription and of no other, ever. */
export const countedKey = (identityHash: string, sort: string): RowKey => ({
  pk: identityPartition(identityHash),
  sk: COUNTED_PREFIX + sort,
});

/** Where a row under a filter key stands: what a SUB row lists, so that it names every row it has. */
export const placeOf = (filterKey: string, shard: number): string => `${filterKey}#${shard}`;

/** Inverse of {@link placeOf}. */
export function parsePlace(
  place: string,
): { readonly filterKey: string; readonly shard: number } | undefined {
  const [, filterKey, shard] = /^(.+)#(\d+)$/s.exec(place) ?? [];
  return filterKey === undefined ? undefined : { filterKey, shard: Number(shard) };
}

/** What readers of a filter key with very many rows compare (versions.ts). */
export const versionKey = (filterKey: string): RowKey => ({ pk: `VERSION#${filterKey}`, sk: 'VERSION' });

/** What the partition of every filter key and shard begins with. */
export const PLACE_PREFIX = 'KEY#';

/** Partition of the candidates under one filter key and shard. */
export const placePartition = (place: string): string => PLACE_PREFIX + place;

/** The nonce tells apart two subscriptions that bore the same id one after the other. */
export const placeSort = (connectionId: string, h: string, nonce: string): string =>
  `${connectionId}#${h}#${nonce}`;

/** Inverse of {@link placeSort}. Read from the right: neither hash nor nonce can hold a `#`, whatever the id holds. */
export function parsePlaceSort(
  sk: string,
): { readonly connectionId: string; readonly h: string; readonly nonce: string } | undefined {
  const last = sk.lastIndexOf('#');
  const first = sk.lastIndexOf('#', last - 1);
  if (first < 0 || last <= first) return undefined;
  return { connectionId: sk.slice(0, first), h: sk.slice(first + 1, last), nonce: sk.slice(last + 1) };
}

/** Which of `count` partitions a connection's rows stand in: stable over processes and versions. */
export function partitionOf(connectionId: string, count: number): number {
  return createHash('sha256').update(connectionId).digest().readUInt32BE(0) % count;
}

/** Epoch seconds, rounded down: a row is live while its `expiresAt` is greater. */
export const secondsOf = (ms: number): number => Math.floor(ms / 1_000);

/** An attribute that is text; undefined where it is missing or anything else. */
export function textOf(row: Row, attribute: string): string | undefined {
  const value = row[attribute];
  return typeof value === 'string' ? value : undefined;
}

/** An attribute that is a number; undefined where it is missing or anything else. */
export function numberOf(row: Row, attribute: string): number | undefined {
  const value = row[attribute];
  return typeof value === 'number' ? value : undefined;
}

/** The texts of an attribute that is a list; none where it is missing or anything else. */
export function textsOf(row: Row, attribute: string): readonly string[] {
  const value = row[attribute];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** The dialect an attribute names; undefined where it names none that this release knows. */
export function dialectOf(row: Row, attribute: string): Dialect | undefined {
  return DIALECTS.get(row[attribute]);
}

/** True of a SUB row whose `complete` has begun: nothing is live under its id, though rows of it may be left. */
export const isEnded = (row: Row): boolean => textOf(row, 'ended') !== undefined;

/** False for a row that the time to live has yet to delete, and for none at all. */
export function isLive(row: Row | undefined, nowMs: number): row is Row {
  return row !== undefined && (numberOf(row, 'expiresAt') ?? 0) > secondsOf(nowMs);
}
