import type { Candidate, LiveSubscription, Lookup, Shape } from '../../relay/ports.ts';
import { batchGet } from './batch.ts';
import { mapConcurrently } from './concurrency.ts';
import {
  connectionPartition,
  isEnded,
  isLive,
  numberOf,
  placeOf,
  placePartition,
  type Row,
  SUBSCRIPTION_PREFIX,
  shapesPartition,
  textOf,
} from './rows.ts';
import { shapeOf } from './shapes.ts';
import { candidateOf, type FoundCandidate } from './subscription-rows.ts';
import { query, type RelayTable } from './table.ts';

/** All shapes in use for a table's fields: one query. */
export async function shapes(table: RelayTable, tableName: string): Promise<readonly Shape[]> {
  const rows = await query(table, shapesPartition(tableName));
  return rows.flatMap((row): Shape[] => {
    const shape = isLive(row, table.clock.now()) && shapeOf(row);
    return shape ? [{ field: shape.field, names: shape.names, shards: shape.shards }] : [];
  });
}

/** One query per distinct filter key and shard; then, only for filters too long for their rows, those of their SUBs. */
export async function candidates(
  table: RelayTable,
  lookups: readonly Lookup[],
  concurrency: number,
): Promise<ReadonlyMap<string, readonly Candidate[]>> {
  const shards = new Map<string, number>();
  for (const lookup of lookups) {
    shards.set(lookup.filterKey, Math.max(lookup.shards, shards.get(lookup.filterKey) ?? 0));
  }
  const places = [...shards].flatMap(([filterKey, count]) =>
    Array.from({ length: count }, (_, shard) => ({ filterKey, shard })),
  );
  const found = await mapConcurrently(places, concurrency, async ({ filterKey, shard }) => {
    const rows = await query(table, placePartition(placeOf(filterKey, shard)));
    const live = rows.filter((row) => isLive(row, table.clock.now()));
    return { filterKey, found: live.flatMap((row) => candidateOf(row) ?? []) };
  });
  const complete = await withFilters(
    table,
    found.flatMap((each) => each.found),
  );
  const result = new Map<string, Candidate[]>([...shards.keys()].map((filterKey) => [filterKey, []]));
  for (const each of found) {
    const own = result.get(each.filterKey);
    // One by one: a partition may hold more rows than a call takes arguments.
    for (const one of each.found) {
      const candidate = complete(one);
      if (candidate) own?.push(candidate);
    }
  }
  return result;
}

/** Fetches the filters that rows do not hold. A SUB that is gone, marked or of another nonce has ended: no candidate. */
async function withFilters(
  table: RelayTable,
  found: readonly FoundCandidate[],
): Promise<(found: FoundCandidate) => Candidate | undefined> {
  const missing = found.filter(({ candidate }) => candidate.filter === undefined);
  const rows = await batchGet(
    table,
    missing.map(({ subscription }) => subscription),
  );
  const fetched = new Map<string, Row>(rows.map((row) => [JSON.stringify([row['pk'], row['sk']]), row]));
  return ({ candidate, subscription, nonce }) => {
    if (candidate.filter !== undefined) return { ...candidate, filter: candidate.filter };
    const row = fetched.get(JSON.stringify([subscription.pk, subscription.sk]));
    const filter = row && textOf(row, 'nonce') === nonce && !isEnded(row) ? textOf(row, 'filter') : undefined;
    return filter === undefined ? undefined : { ...candidate, filter };
  };
}

/** Subscriptions of one connection that nobody has ended, their credential expired or not: one query. */
export async function subscriptions(
  table: RelayTable,
  connectionId: string,
): Promise<readonly LiveSubscription[]> {
  const rows = await query(table, connectionPartition(connectionId), { prefix: SUBSCRIPTION_PREFIX });
  return rows.flatMap((row): LiveSubscription[] => {
    const clientId = textOf(row, 'clientId');
    const field = textOf(row, 'field');
    const tableName = textOf(row, 'table');
    const expiresAt = numberOf(row, 'servedUntil');
    if (!isLive(row, table.clock.now()) || isEnded(row) || expiresAt === undefined) return [];
    if (clientId === undefined || field === undefined || tableName === undefined) return [];
    return [{ clientId, field, table: tableName, expiresAt }];
  });
}
