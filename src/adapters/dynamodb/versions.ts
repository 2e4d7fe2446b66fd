import { randomBytes } from 'node:crypto';
import { batchGet } from './batch.ts';
import { mapConcurrently } from './concurrency.ts';
import { numberOf, parsePlace, type Row, secondsOf, textOf, versionKey } from './rows.ts';
import { put, type RelayTable, update } from './table.ts';

/**
 * Of a filter key with very many rows, what readers compare to know whether the rows they hold are all there are
 * (layout L3). Made by a reader; whoever adds or removes rows under the key adds 1 to the counter of the shard, after
 * the rows are durable and before anybody is told.
 *
 * Why a reader that finds `(nonce, counter)` as it was before it loaded a shard misses nobody who is active: a subscriber
 * looks for this row once its own rows are durable. It finds none: then the row was made later, and so was every load
 * that began with reading it. It finds one: then it counted before it was acknowledged. A row that went and came again
 * has another nonce. No clock decides.
 */
export interface KeyVersion {
  readonly filterKey: string;
  /** Random, of this row's making: its counters begin again from 0 when it is made anew. */
  readonly nonce: string;
  /** Epoch seconds from which the time to live may take it away. It counts for as long as it stands. */
  readonly expiresAt: number;
  /** How often rows of a shard were added or removed since it was made. */
  counter(shard: number): number;
}

/** Updates of different rows in flight at once. */
const UPDATES = 8;

/** The version rows there are of these keys, strongly consistent, 100 a request. */
export async function readVersions(
  table: RelayTable,
  filterKeys: Iterable<string>,
): Promise<ReadonlyMap<string, KeyVersion>> {
  return versionsIn(await batchGet(table, [...filterKeys].map(versionKey)));
}

/** By filter key; rows that are no version rows are passed over. */
export function versionsIn(rows: readonly Row[]): ReadonlyMap<string, KeyVersion> {
  const versions = rows.flatMap((row) => versionOf(row) ?? []);
  return new Map(versions.map((version) => [version.filterKey, version]));
}

/** Makes the version row of a key, if it has none. */
export async function createVersion(
  table: RelayTable,
  filterKey: string,
  connectionLifeSeconds: number,
): Promise<void> {
  const row = {
    ...versionKey(filterKey),
    filterKey,
    nonce: randomBytes(12).toString('base64url'),
    expiresAt: secondsOf(table.clock.now()) + 2 * connectionLifeSeconds,
  };
  await put(table, row, { text: 'attribute_not_exists(#pk)' });
}

/** Makes a version row that has less than one connection life left last for two, unless it is another by now. */
export async function extendVersion(
  table: RelayTable,
  { filterKey, nonce, expiresAt }: KeyVersion,
  connectionLifeSeconds: number,
): Promise<void> {
  const now = secondsOf(table.clock.now());
  if (expiresAt >= now + connectionLifeSeconds) return;
  await update(
    table,
    versionKey(filterKey),
    {
      text: 'SET #expiresAt = :until',
      values: { ':until': now + 2 * connectionLifeSeconds },
    },
    { text: '#nonce = :nonce AND #expiresAt < :until', values: { ':nonce': nonce } },
  );
}

/**
 * Tells readers that rows were added to, or removed from, places: one consistent BatchGetItem by 100 distinct filter keys,
 * then one UpdateItem for each that has a version row. Call it once the change is durable, and:
 * - of a subscription that is ended before its SUB row is removed. Its id can be had again from then on, and who still
 *   held its old rows would take them for those of the next subscription of the id (C1);
 * - always, whether warm sets are switched on here or not: readers are other processes.
 *
 * Can be done any number of times: a counter more costs a reader one query.
 * @param places as `placeOf` makes them, such as the `places` of a SUB row; a text that is none is passed over
 * @throws TablecastError `REGISTRY_UNAVAILABLE`
 */
export async function bumpVersions(table: RelayTable, places: readonly string[]): Promise<void> {
  const shards = shardsByKey(places);
  if (shards.size > 0) await bumpExisting(table, await readVersions(table, shards.keys()), places);
}

/**
 * As {@link bumpVersions}, of the version rows that were read after the change was durable.
 *
 * When very many count one key at once, more than the 1,000 writes a second that one row takes, not everybody's count
 * gets through, and not everybody's is needed: whoever holds rows of before any later count reads again.
 */
export async function bumpExisting(
  table: RelayTable,
  versions: ReadonlyMap<string, KeyVersion>,
  places: readonly string[],
): Promise<void> {
  const affected = [...shardsByKey(places)].flatMap(([filterKey, shards]) => {
    const version = versions.get(filterKey);
    return version ? [{ filterKey, shards, version }] : [];
  });
  await mapConcurrently(affected, UPDATES, async ({ filterKey, shards, version }) => {
    const sums = [...shards].map((shard) => {
      const counter = `#${counterName(shard)}`;
      return `${counter} = if_not_exists(${counter}, :none) + :one`;
    });
    // One that has gone meanwhile stays so: a row made by counting would have no nonce.
    const counted = update(
      table,
      versionKey(filterKey),
      { text: `SET ${sums.join(', ')}`, values: { ':none': 0, ':one': 1 } },
      { text: 'attribute_exists(#pk)' },
    );
    await counted.catch(async (fault: unknown) => {
      if (!(await isCountedSince(table, version, shards).catch(() => false))) throw fault;
    });
  });
}

/** True when somebody has counted each shard since `version` was read; of a row that has gone too: nobody can hold its rows. */
async function isCountedSince(
  table: RelayTable,
  version: KeyVersion,
  shards: ReadonlySet<number>,
): Promise<boolean> {
  const now = (await readVersions(table, [version.filterKey])).get(version.filterKey);
  if (now?.nonce !== version.nonce) return true;
  return [...shards].every((shard) => now.counter(shard) > version.counter(shard));
}

function versionOf(row: Row): KeyVersion | undefined {
  const filterKey = textOf(row, 'filterKey');
  const nonce = textOf(row, 'nonce');
  const expiresAt = numberOf(row, 'expiresAt');
  if (filterKey === undefined || nonce === undefined || expiresAt === undefined) return undefined;
  if (row['pk'] !== versionKey(filterKey).pk) return undefined;
  return { filterKey, nonce, expiresAt, counter: (shard) => numberOf(row, counterName(shard)) ?? 0 };
}

const counterName = (shard: number) => `s${shard}`;

function shardsByKey(places: readonly string[]): ReadonlyMap<string, ReadonlySet<number>> {
  const shards = new Map<string, Set<number>>();
  for (const text of places) {
    const place = parsePlace(text);
    if (place) shards.set(place.filterKey, (shards.get(place.filterKey) ?? new Set()).add(place.shard));
  }
  return shards;
}
