import type { Image } from '../../change/change.ts';
import { freeName, typeNameOf } from './names.ts';
import { counted } from './object-types.ts';

/** What the texts of one key attribute start with: `USER#`, or a whole word such as `PROFILE`. */
export interface PrefixSummary {
  readonly attribute: string;
  /** Start → how many items. */
  readonly starts: Map<string, number>;
  /** Items whose key is neither. */
  others: number;
}

/** `USER#1` starts with `USER#`: a word that says what kind of item it is, and the mark that ends it. */
const PREFIX = /^[A-Za-z][A-Za-z0-9_.-]{0,30}[#|]/;

/** A key that is nothing but such a word. */
const WORD = /^[A-Z][A-Z0-9_]{1,30}$/;

/** More kinds than this are no kinds. */
const MAX_STARTS = 20;

export function createPrefixSummary(attribute: string): PrefixSummary {
  return { attribute, starts: new Map(), others: 0 };
}

/** Counts one item in. */
export function addKey(summary: PrefixSummary, item: Image): void {
  const key = item[summary.attribute];
  const text = key && 'S' in key ? key.S : '';
  const start = PREFIX.exec(text)?.[0] ?? WORD.exec(text)?.[0];
  const known = start === undefined ? undefined : summary.starts.get(start);
  if (start === undefined || (known === undefined && summary.starts.size >= MAX_STARTS)) summary.others++;
  else summary.starts.set(start, (known ?? 0) + 1);
}

/**
 * Lines that say how `where:` would tell the kinds of item of a single-table design apart; none when the keys do not
 * look like one. The sort key is preferred: items of several kinds often share a partition.
 */
export function singleTableLines(
  summaries: readonly PrefixSummary[],
  table: string,
  keys: readonly string[],
): readonly string[] {
  const split = summaries.toReversed().find(tellsKindsApart);
  if (!split) return [];
  const starts = [...split.starts].sort(([, one], [, other]) => other - one);
  const key = keys.map((name) => JSON.stringify(name)).join(', ');
  const names = new Set<string>();
  return [
    `The keys look like several kinds of item in one table, told apart by the start of ${split.attribute}:`,
    ...starts.map(([start, count]) => {
      const test = PREFIX.test(start) ? 'beginsWith' : 'equals';
      const where = `{attribute: ${JSON.stringify(split.attribute)}, ${test}: ${JSON.stringify(start)}}`;
      const name = freeName(kindName(start), names);
      names.add(name);
      const type = `type ${name} @table(name: ${JSON.stringify(table)}, key: [${key}], where: ${where})`;
      return `  ${type}   ${counted(count, 'item')}`;
    }),
    'Write one type for each, with the fields its items have, in place of the one below.',
  ];
}

/** `ORDER_ITEM#` → `OrderItem`, `orderItem#` → `OrderItem`. */
function kindName(start: string): string {
  return typeNameOf(start === start.toUpperCase() ? start.toLowerCase() : start);
}

function tellsKindsApart({ starts, others }: PrefixSummary): boolean {
  return starts.size > 1 && others === 0 && [...starts.keys()].some((start) => PREFIX.test(start));
}
