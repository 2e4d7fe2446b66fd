import type { Candidate, Clock, FoundCandidates, Lookup } from '../../relay/ports.ts';
import { candidateOf, type SubscriptionSlot } from './registry-slots.ts';

/** Active subscriptions by filter key. */
export interface CandidateBook {
  add(slot: SubscriptionSlot): void;
  remove(slot: SubscriptionSlot): void;
  /** As `Registry.candidates`, at once. The rows of a key are one part, and stay the same one until they change. */
  find(lookups: readonly Lookup[]): ReadonlyMap<string, FoundCandidates>;
}

/** What lies under one filter key. */
interface KeyRows {
  /** Slot → shard. */
  readonly slots: Map<SubscriptionSlot, number>;
  part?: KeptPart;
}

interface KeptPart {
  readonly rows: readonly Candidate[];
  /** Shards looked into. */
  readonly shards: number;
  /** Epoch seconds between which it stands: in `until` the first of its rows expires. */
  readonly from: number;
  readonly until: number;
}

/** Takes as long as keys are asked for, and rows added or removed under them since. */
export function createCandidateBook(clock: Clock): CandidateBook {
  const keys = new Map<string, KeyRows>();
  return {
    add(slot) {
      for (const { filterKey, shard } of slot.places) {
        const known = keys.get(filterKey) ?? { slots: new Map<SubscriptionSlot, number>() };
        known.slots.set(slot, shard);
        delete known.part;
        keys.set(filterKey, known);
      }
    },

    remove(slot) {
      for (const { filterKey } of slot.places) {
        const known = keys.get(filterKey);
        if (!known?.slots.delete(slot)) continue;
        delete known.part;
        if (known.slots.size === 0) keys.delete(filterKey);
      }
    },

    find(lookups) {
      const asked = new Map<string, number>();
      for (const { filterKey, shards } of lookups)
        asked.set(filterKey, Math.max(shards, asked.get(filterKey) ?? 0));
      const now = Math.floor(clock.now() / 1_000);
      const found = new Map<string, FoundCandidates>();
      for (const [filterKey, shards] of asked) {
        const known = keys.get(filterKey);
        const rows = known ? partOf(filterKey, known, shards, now) : [];
        found.set(filterKey, rows.length > 0 ? [rows] : []);
      }
      return found;
    },
  };
}

function partOf(filterKey: string, known: KeyRows, shards: number, now: number): readonly Candidate[] {
  const kept = known.part;
  if (kept && kept.shards === shards && kept.from <= now && now < kept.until) return kept.rows;
  const rows: Candidate[] = [];
  let until = Number.POSITIVE_INFINITY;
  for (const [{ subscription }, shard] of known.slots) {
    if (shard >= shards || subscription.expiresAt <= now) continue;
    rows.push(candidateOf(subscription, filterKey));
    until = Math.min(until, subscription.expiresAt);
  }
  known.part = { rows, shards, from: now, until };
  return rows;
}
