import { type StoredItem, stored } from './item.ts';

/** One table, or the one index of it that is asked. */
export interface Table {
  readonly hashKey: string;
  readonly sortKey: string;
  /** By the value of the hash key, ordered by the sort key. */
  readonly partitions: ReadonlyMap<string, readonly StoredItem[]>;
  /** Any operation that is not a plain read of the rows above. Without it there are only reads. */
  readonly write?: (operation: string, input: object) => Promise<string>;
}

export function tableOf(
  rows: readonly Readonly<Record<string, unknown>>[],
  { hashKey, sortKey }: { readonly hashKey: string; readonly sortKey: string },
): Map<string, StoredItem[]> {
  const partitions = new Map<string, StoredItem[]>();
  for (const row of rows) {
    const one = stored(row, sortKey);
    const hash = one.item[hashKey]?.S ?? '';
    const own = partitions.get(hash);
    if (own) own.push(one);
    else partitions.set(hash, [one]);
  }
  for (const own of partitions.values()) own.sort((a, b) => (a.sort < b.sort ? -1 : 1));
  return partitions;
}

/** What a program asks for that none measured here does: better an error than a figure of something else. */
export function refusal(expected: string): Error {
  return new Error(`the fake DynamoDB expected ${expected}`);
}
