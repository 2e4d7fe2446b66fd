import type { RowKey } from './rows.ts';

/** What a close deletes. */
export interface ClosingRows {
  /** SUB rows, each with the rows under filter keys that it names, and it alone. */
  readonly subscriptions: readonly { readonly key: RowKey; readonly places: readonly RowKey[] }[];
  /** More rows under filter keys, whether or not a SUB row names them. */
  readonly places: readonly RowKey[];
  /** All else but the LIVE row. */
  readonly others: readonly RowKey[];
  /** Found by sweeps. */
  readonly live: RowKey;
}

/** Rows that may be deleted in any order, in batches of `size` from the first on; the next wave begins when all are gone. */
export type Wave = readonly RowKey[];

export interface ClosingOrder {
  /** After these no row under a filter key is left. */
  readonly places: readonly Wave[];
  readonly rest: readonly Wave[];
}

/**
 * As few batches as will do, so that whoever dies at any row, in the middle of a batch too, leaves no row under a filter
 * key that no SUB row names: a batch is not atomic and has no order, so a SUB row is never in one with a row it names,
 * nor in an earlier one. The LIVE row is in the very last batch, for while it stands the next sweep begins again.
 *
 * That is `⌈rows / size⌉` batches; one more where nothing but such rows could fill a batch up: two for a connection whose
 * rows would all fit into one.
 * @param size rows in a batch
 */
export function closingOrder(rows: ClosingRows, size: number): ClosingOrder {
  const { subscriptions, others, live } = rows;
  const places = distinct([...subscriptions.flatMap((each) => each.places), ...rows.places]);
  const whole = places.length - (places.length % size);
  const full = places.slice(0, whole);
  const last = places.slice(whole);
  // What stands in the last batch of places fills it up with others, then with SUB rows that name nothing in it.
  const inLast = new Set(last.map(textOf));
  const room = last.length > 0 ? size - last.length : 0;
  const free = subscriptions.filter((each) => !each.places.some((place) => inLast.has(textOf(place))));
  const early = [...others, ...free.map(({ key }) => key)].slice(0, room);
  const done = new Set(early.map(textOf));
  const left = [...subscriptions.map(({ key }) => key), ...others].filter((key) => !done.has(textOf(key)));
  const beforeLast = left.length - (left.length % size);
  return {
    places: [full, [...last, ...early]],
    rest: [left.slice(0, beforeLast), [...left.slice(beforeLast), live]],
  };
}

const textOf = ({ pk, sk }: RowKey) => JSON.stringify([pk, sk]);

function distinct(keys: readonly RowKey[]): RowKey[] {
  return [...new Map(keys.map((key) => [textOf(key), key])).values()];
}
