import type { Candidate } from '../ports.ts';

/**
 * One entry a subscription, in the order in which they first came. Several filter keys may find the same one, and rows of
 * one that has ended may be left beside those of its successor.
 */
export class BySubscription<T> {
  readonly #entries: T[] = [];
  /** Connection id → client id → place. */
  readonly #places = new Map<string, Map<string, number>>();

  /**
   * Puts an entry in the place of one of the same subscription, if there is one.
   * @returns whether it is the first
   */
  set({ connectionId, clientId }: Pick<Candidate, 'connectionId' | 'clientId'>, entry: T): boolean {
    const own = this.#places.get(connectionId) ?? new Map<string, number>();
    const place = own.get(clientId) ?? this.#entries.length;
    const isFirst = place === this.#entries.length;
    if (isFirst) own.set(clientId, place);
    if (own.size === 1) this.#places.set(connectionId, own);
    this.#entries[place] = entry;
    return isFirst;
  }

  values(): readonly T[] {
    return this.#entries;
  }
}
