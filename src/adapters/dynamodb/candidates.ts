import type { WarmConfig } from '../../config.ts';
import type { Candidate, FoundCandidates, Lookup, Metrics } from '../../relay/ports.ts';
import type { RegistryLimits } from '../memory/registry-limits.ts';
import { readPlaces } from './read-places.ts';
import { placeOf } from './rows.ts';
import type { ShapeGrowth } from './shape-growth.ts';
import { passUnavailable, type RelayTable } from './table.ts';
import { createVersion, extendVersion, type KeyVersion, readVersions } from './versions.ts';
import { sharingTexts, WarmSets } from './warm-sets.ts';

export interface CandidateReaderParts {
  readonly table: RelayTable;
  readonly limits: RegistryLimits;
  readonly growth: ShapeGrowth;
  /** Default: nothing is kept. */
  readonly warm?: WarmConfig;
  readonly metrics?: Pick<Metrics, 'count' | 'measure'>;
}

export type CandidateReader = (lookups: readonly Lookup[]) => Promise<ReadonlyMap<string, FoundCandidates>>;

/** What one batch wants of a key, and what it knows of it. */
interface Wanted {
  readonly filterKey: string;
  readonly lookup: Lookup;
  /** Of a key that was known to have one: read after the batch came in. */
  version?: KeyVersion;
  /** By shard. */
  readonly parts: Map<number, readonly Candidate[]>;
}

/**
 * `Registry.candidates`: one query a key and shard; of a key this process knows to have a version row (versions.ts), its
 * version first, all of them in one request by 100, and then only the shards whose rows it does not hold as of that
 * version. A key is first seen to be large by queries of all its shards: then its version row is made, the next batch
 * reads that and keeps what it loads, and the one after it reads the version alone.
 */
export function createCandidateReader(parts: CandidateReaderParts): CandidateReader {
  const { table, limits, growth, metrics } = parts;
  const { minRows, maxRows } = parts.warm ?? { minRows: 0, maxRows: 0 };
  const sets = new WarmSets({
    maxRows,
    maxAgeMs: limits.maxRememberedSeconds * 1_000,
    clock: table.clock,
  });

  const load = async (wanted: readonly Wanted[]) => {
    const missing = wanted.flatMap((each) =>
      range(each.lookup.shards).flatMap((shard) =>
        each.parts.has(shard) ? [] : [{ each, shard, place: placeOf(each.filterKey, shard) }],
      ),
    );
    const loaded = await readPlaces(
      table,
      missing.map(({ place }) => place),
      limits.concurrency,
    );
    for (const { each, shard, place } of missing) {
      const found = loaded.get(place) ?? [];
      each.parts.set(shard, each.version ? sharingTexts(found) : found);
    }
    return missing.length;
  };

  /** Of keys that have a version: what is held of them, then what is to be loaded, which is kept. */
  const warmUp = async (known: readonly Wanted[], inUse: ReadonlySet<string>) => {
    let hits = 0;
    for (const { version, lookup, parts: found } of known) {
      for (const shard of version ? range(lookup.shards) : []) {
        const held = version && sets.held(version, shard);
        if (held) found.set(shard, held);
      }
      hits += found.size;
    }
    const before = new Map(known.map((each) => [each.filterKey, new Set(each.parts.keys())]));
    const loads = await load(known);
    for (const { filterKey, version, parts: found } of known) {
      const fresh = new Map([...found].filter(([shard]) => !before.get(filterKey)?.has(shard)));
      if (!version || rowsIn(found) > maxRows) sets.forget(filterKey);
      else if (fresh.size > 0) sets.keep(version, fresh, inUse);
    }
    if (hits > 0) metrics?.count('warm.hit', hits);
    if (loads > 0) metrics?.count('warm.load', loads);
    if (known.length > 0) metrics?.measure('warm.rows', sets.rows);
  };

  /** What is better done before the next batch. Nothing of this one waits for it to succeed. */
  const tend = async ({ filterKey, version, lookup, parts: found }: Wanted) => {
    const rows = rowsIn(found);
    if (lookup.shape) await growth.consider(lookup.shape, rows, lookup.shards);
    if (minRows === 0 || rows < minRows || rows > maxRows) return;
    if (version) return extendVersion(table, version, limits.connectionLifeSeconds);
    await createVersion(table, filterKey, limits.connectionLifeSeconds);
    sets.learn(filterKey);
  };

  return async (lookups) => {
    const all = distinct(lookups);
    const inUse = new Set(all.map(({ filterKey }) => filterKey));
    const known: Wanted[] = [];
    const unknown: Wanted[] = [];
    for (const each of all) (sets.knows(each.filterKey) ? known : unknown).push(each);
    const [versions] = await Promise.all([
      readVersions(
        table,
        known.map(({ filterKey }) => filterKey),
      ),
      load(unknown),
    ]);
    for (const each of known) {
      const version = versions.get(each.filterKey);
      if (version) each.version = version;
    }
    await warmUp(known, inUse);
    await Promise.all(all.map((each) => tend(each).catch(passUnavailable)));
    return new Map(
      all.map(({ filterKey, parts: found }) => [
        filterKey,
        [...found.values()].filter((part) => part.length > 0),
      ]),
    );
  };
}

/** Each key once, with the most shards it was asked for in. */
function distinct(lookups: readonly Lookup[]): Wanted[] {
  const byKey = new Map<string, Lookup>();
  for (const lookup of lookups) {
    const known = byKey.get(lookup.filterKey);
    byKey.set(lookup.filterKey, { ...known, ...lookup, shards: Math.max(lookup.shards, known?.shards ?? 0) });
  }
  return [...byKey].map(([filterKey, lookup]) => ({ filterKey, lookup, parts: new Map() }));
}

const range = (count: number) => Array.from({ length: count }, (_, n) => n);

const rowsIn = (parts: ReadonlyMap<number, readonly Candidate[]>) =>
  [...parts.values()].reduce((sum, part) => sum + part.length, 0);
