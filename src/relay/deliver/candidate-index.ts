import type { Image } from '../../change/change.ts';
import { parseCanonicalFilter } from '../../filter/canonical.ts';
import { MATCH_ALL } from '../../filter/expression.ts';
import { createFilterFinder, type FilterFinder } from '../../filter/finder.ts';
import { predicateFor } from '../../filter/memo.ts';
import type { Compiled } from '../../filter/predicate.ts';
import type { TableType } from '../../schema/model.ts';
import type { Candidate } from '../ports.ts';

/** Parts of fewer rows are looked through one by one: that takes less than an index does. */
export const MIN_INDEXED_ROWS = 32;

/** Distinct filters from which on they are found by what they demand, rather than tried one by one … */
const MIN_FOUND_FILTERS = 32;

/** … once all were tried this often: from then on, reading what they demand pays for itself. */
export const TRIALS_BEFORE_FINDER = 8;

/** The candidates of a part that have one filter. */
export class FilterGroup {
  readonly filter: string;
  /** Their places in the part, ascending. */
  readonly rows: number[] = [];
  readonly #type: TableType;
  #predicate: Compiled | undefined;

  constructor(filter: string, type: TableType) {
    this.filter = filter;
    this.#type = type;
  }

  /** Kept here: the memo of the process may not hold as many as a large part has. */
  get predicate(): Compiled {
    this.#predicate ??= predicateFor(this.filter, this.#type);
    return this.#predicate;
  }
}

/**
 * The distinct filters of a part of candidates, with those that have them: each is tried once a change, however many
 * have it, and of very many that differ only those that an image may meet (C10). It leaves out none but those whose
 * filter does not hold; the whole predicate decides.
 */
export class CandidateIndex {
  readonly type: TableType;
  /** Places of candidates whose filter could not be read: each is a case of its own. */
  readonly unread: readonly number[];
  readonly #groups: readonly FilterGroup[];
  #trials = 0;
  #finder: FilterFinder | undefined;

  constructor(part: readonly Candidate[], type: TableType) {
    this.type = type;
    const groups = new Map<string, FilterGroup>();
    const unread: number[] = [];
    for (const [row, candidate] of part.entries()) {
      const filter = filterOf(candidate);
      if (filter === undefined) {
        unread.push(row);
        continue;
      }
      const group = groups.get(filter) ?? new FilterGroup(filter, type);
      if (group.rows.push(row) === 1) groups.set(filter, group);
    }
    this.#groups = [...groups.values()];
    this.unread = unread;
  }

  /** The groups whose filters may hold for any of the images, and those whose filters do not fit the type. */
  groupsFor(images: readonly Image[]): readonly FilterGroup[] {
    const finder = this.#finderByNow();
    if (!finder) return this.#groups;
    const places = new Set<number>();
    for (const image of images) finder.addFound(image, places);
    return [...finder.always, ...places].flatMap((place) => this.#groups[place] ?? []);
  }

  #finderByNow(): FilterFinder | undefined {
    if (this.#finder || this.#groups.length < MIN_FOUND_FILTERS) return this.#finder;
    this.#trials += 1;
    if (this.#trials > TRIALS_BEFORE_FINDER)
      this.#finder = createFilterFinder(this.#groups.map(expressionOf), this.type);
    return this.#finder;
  }
}

/** Of one that does not fit, what lets every change find it, to be told so. */
function expressionOf({ filter, predicate }: FilterGroup) {
  return (predicate.ok ? parseCanonicalFilter(filter) : undefined) ?? MATCH_ALL;
}

function filterOf(candidate: Candidate): string | undefined {
  try {
    return candidate.filter;
  } catch {
    return undefined;
  }
}

/** Lives as long as the part does: what a registry keeps from call to call, keeps its index. */
const indexes = new WeakMap<readonly Candidate[], CandidateIndex>();

/** The index of a part, made when it is first asked for. */
export function indexOf(part: readonly Candidate[], type: TableType): CandidateIndex {
  const known = indexes.get(part);
  if (known?.type === type) return known;
  const index = new CandidateIndex(part, type);
  indexes.set(part, index);
  return index;
}
