import type { Candidate, Clock } from '../../relay/ports.ts';
import { secondsOf } from './rows.ts';
import type { KeyVersion } from './versions.ts';

export interface WarmSetsOptions {
  /** Rows kept at most, of all keys. A key without rows counts as one, so that no more keys than this are known. */
  readonly maxRows: number;
  /** A shard that was loaded longer ago is not used. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
}

/** The rows of one shard, and what its version was before they were read. */
interface HeldShard {
  readonly nonce: string;
  readonly counter: number;
  /** Epoch ms. */
  readonly loadedAt: number;
  part: readonly Candidate[];
  /** Epoch seconds at which the first of the part is no longer served. */
  firstEnd: number;
  /** Epoch seconds as of which the part is without what has expired. */
  judgedAt: number;
}

interface WarmKey {
  /** By shard. Empty while all that is known is that the key has a version row. */
  readonly shards: Map<number, HeldShard>;
}

/**
 * Filter keys this process knows to have a version row, with the rows it holds of them. Whether those may be used, the
 * version tells: it must be read after the batch came in for which they are to be used, and before the rows it goes with.
 */
export class WarmSets {
  readonly #options: WarmSetsOptions;
  /** The least recently used first. */
  readonly #keys = new Map<string, WarmKey>();
  #weight = 0;

  constructor(options: WarmSetsOptions) {
    this.#options = options;
  }

  /** Rows kept, of all keys. */
  get rows(): number {
    return this.#weight - this.#keys.size;
  }

  /** True of a key whose version is to be read. It counts as used now. */
  knows(filterKey: string): boolean {
    const key = this.#keys.get(filterKey);
    if (!key) return false;
    this.#keys.delete(filterKey);
    this.#keys.set(filterKey, key);
    return true;
  }

  /** The key has a version row; nothing of it is held as yet. */
  learn(filterKey: string): void {
    if (this.#keys.has(filterKey)) return;
    this.#put(filterKey, { shards: new Map() });
    this.#makeRoom(new Set([filterKey]));
  }

  forget(filterKey: string): void {
    const key = this.#keys.get(filterKey);
    if (!key) return;
    this.#keys.delete(filterKey);
    this.#weight -= weightOf(key);
  }

  /**
   * The rows of a shard, if they are those of this version: without what has expired since. The same array as before,
   * unless something has.
   */
  held(version: KeyVersion, shard: number): readonly Candidate[] | undefined {
    const { clock, maxAgeMs } = this.#options;
    const held = this.#keys.get(version.filterKey)?.shards.get(shard);
    if (held?.nonce !== version.nonce || held.counter !== version.counter(shard)) return undefined;
    if (clock.now() - held.loadedAt >= maxAgeMs) return undefined;
    const now = secondsOf(clock.now());
    // The clock was put back: what was left out as expired may be served again.
    if (now < held.judgedAt) return undefined;
    held.judgedAt = now;
    if (held.firstEnd <= now) {
      const part = held.part.filter(({ expiresAt }) => expiresAt > now);
      this.#weight -= held.part.length - part.length;
      held.part = part;
      held.firstEnd = firstEndOf(part);
    }
    return held.part;
  }

  /**
   * Keeps rows that were read after `version` was. Keys that are not `inUse` make room; where those are not enough, nothing
   * of this key is kept, so that two large ones that are needed together do not drive each other out in turn.
   */
  keep(
    version: KeyVersion,
    parts: ReadonlyMap<number, readonly Candidate[]>,
    inUse: ReadonlySet<string>,
  ): void {
    const { filterKey, nonce } = version;
    const { shards } = this.#keys.get(filterKey) ?? { shards: new Map<number, HeldShard>() };
    this.forget(filterKey);
    const loadedAt = this.#options.clock.now();
    for (const [shard, part] of parts) {
      const counter = version.counter(shard);
      const before = shards.get(shard);
      // Another batch may have read a later version meanwhile, and what goes with it.
      if (before?.nonce === nonce && before.counter > counter) continue;
      const judgedAt = secondsOf(loadedAt);
      shards.set(shard, { nonce, counter, loadedAt, part, firstEnd: firstEndOf(part), judgedAt });
    }
    this.#put(filterKey, { shards });
    if (this.#makeRoom(inUse)) return;
    this.forget(filterKey);
    this.#put(filterKey, { shards: new Map() });
  }

  #put(filterKey: string, key: WarmKey): void {
    this.#keys.set(filterKey, key);
    this.#weight += weightOf(key);
  }

  /** Drops keys that are not in use, those first that were not for longest, until the rest is no more than allowed. */
  #makeRoom(inUse: ReadonlySet<string>): boolean {
    for (const filterKey of this.#keys.keys()) {
      if (this.#weight <= this.#options.maxRows) break;
      if (!inUse.has(filterKey)) this.forget(filterKey);
    }
    return this.#weight <= this.#options.maxRows;
  }
}

/**
 * The same candidates, with one text for all that say the same: the documents, filters and names of very many rows are
 * few, but each row was read with texts of its own.
 */
export function sharingTexts(part: readonly Candidate[]): readonly Candidate[] {
  const texts = new Map<string, string>();
  const shared = (text: string) => {
    const first = texts.get(text);
    if (first === undefined) texts.set(text, text);
    return first ?? text;
  };
  return part.map((candidate) => ({
    ...candidate,
    field: shared(candidate.field),
    documentHash: shared(candidate.documentHash),
    renderingKey: shared(candidate.renderingKey),
    filter: shared(candidate.filter),
    stage: shared(candidate.stage),
  }));
}

const rowsOf = ({ shards }: WarmKey) => [...shards.values()].reduce((sum, { part }) => sum + part.length, 0);

const weightOf = (key: WarmKey) => 1 + rowsOf(key);

const firstEndOf = (part: readonly Candidate[]) =>
  part.reduce((first, { expiresAt }) => Math.min(first, expiresAt), Number.POSITIVE_INFINITY);
