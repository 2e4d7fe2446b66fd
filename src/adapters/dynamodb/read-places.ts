import type { Candidate } from '../../relay/ports.ts';
import { batchGet } from './batch.ts';
import { mapConcurrently } from './concurrency.ts';
import { isEnded, isLive, placePartition, type Row, textOf } from './rows.ts';
import { candidateOf, type FoundCandidate } from './subscription-rows.ts';
import { query, type RelayTable } from './table.ts';

/**
 * What stands at each place, live rows alone: one query a place, at most `concurrency` at once; then, only for filters too
 * long for their rows, those of their SUBs, 100 a request.
 * @param places as `placeOf` makes them, each once
 */
export async function readPlaces(
  table: RelayTable,
  places: readonly string[],
  concurrency: number,
): Promise<ReadonlyMap<string, readonly Candidate[]>> {
  const found = await mapConcurrently(places, concurrency, async (place) => {
    const rows = await query(table, placePartition(place));
    const now = table.clock.now();
    return rows.flatMap((row) => (isLive(row, now) && candidateOf(row)) || []);
  });
  const complete = await withFilters(table, found.flat());
  return new Map(
    places.map((place, nth) => [place, (found[nth] ?? []).flatMap((each) => complete(each) ?? [])]),
  );
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
