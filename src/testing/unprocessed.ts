import type { SeededRandom } from './random.ts';
import { fieldOf } from './sdk-middleware.ts';

/** A batch cut in two: what is sent, and what comes back as unprocessed. */
export interface CutBatch {
  readonly input: object;
  /** Adds what was left out to the answer, beside what DynamoDB itself left. */
  complete(output: object): object;
}

type Parts = readonly (readonly [table: string, entry: unknown])[];

/**
 * Leaves out some of a batch's items, as DynamoDB does when a table's throughput is used up half-way.
 * @returns `undefined` for a batch of one, which DynamoDB throttles as a whole, and for what is no batch.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
export function cutBatch(operation: string, input: object, random: SeededRandom): CutBatch | undefined {
  const requests = fieldOf(input, 'RequestItems');
  if (typeof requests !== 'object' || requests === null) return undefined;
  if (operation === 'BatchWriteItem') return cutWrites(input, requests, random);
  if (operation === 'BatchGetItem') return cutKeys(input, requests, random);
  return undefined;
}

function cutWrites(input: object, requests: object, random: SeededRandom): CutBatch | undefined {
  const parts: Parts = Object.entries(requests).flatMap(([table, writes]) =>
    listOf(writes).map((write) => [table, write] as const),
  );
  const cut = cutParts(parts, random);
  if (!cut) return undefined;
  return {
    input: { ...input, RequestItems: byTable(cut.kept) },
    complete: (output) => {
      const own = Object.entries(fieldOf(output, 'UnprocessedItems') ?? {}).flatMap(([table, writes]) =>
        listOf(writes).map((write) => [table, write] as const),
      );
      return { ...output, UnprocessedItems: byTable([...cut.left, ...own]) };
    },
  };
}

function cutKeys(input: object, requests: object, random: SeededRandom): CutBatch | undefined {
  const keysOf = (tables: object): Parts =>
    Object.entries(tables).flatMap(([table, wanted]) =>
      listOf(fieldOf(wanted, 'Keys')).map((key) => [table, key] as const),
    );
  /** Projection and consistency of each table, with other keys. */
  const withKeys = (parts: Parts) =>
    Object.fromEntries(
      Object.entries(byTable(parts)).map(([table, Keys]) => [
        table,
        { ...Object(fieldOf(requests, table)), Keys },
      ]),
    );
  const cut = cutParts(keysOf(requests), random);
  if (!cut) return undefined;
  return {
    input: { ...input, RequestItems: withKeys(cut.kept) },
    complete: (output) => ({
      ...output,
      UnprocessedKeys: withKeys([...cut.left, ...keysOf(fieldOf(output, 'UnprocessedKeys') ?? {})]),
    }),
  };
}

/** Keeps at least one part and leaves at least one. */
function cutParts(
  parts: Parts,
  random: SeededRandom,
): { readonly kept: Parts; readonly left: Parts } | undefined {
  if (parts.length < 2) return undefined;
  const sure = random.integer(parts.length);
  const spared = (sure + 1 + random.integer(parts.length - 1)) % parts.length;
  const leave = parts.map((_, place) => place === sure || (place !== spared && random.chance(0.5)));
  return { kept: parts.filter((_, place) => !leave[place]), left: parts.filter((_, place) => leave[place]) };
}

function byTable(parts: Parts): object {
  const tables = new Map<string, unknown[]>();
  for (const [table, entry] of parts) tables.set(table, [...(tables.get(table) ?? []), entry]);
  return Object.fromEntries(tables);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
