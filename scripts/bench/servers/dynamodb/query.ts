import type { Attribute, Item, StoredItem } from './item.ts';
import { refusal, type Table } from './table.ts';

/** What of `Query` the programs measured here use. */
export interface QueryInput {
  readonly TableName: string;
  readonly IndexName?: string;
  readonly KeyConditionExpression: string;
  readonly FilterExpression?: string;
  readonly ProjectionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues: Readonly<Record<string, Attribute>>;
  readonly ExclusiveStartKey?: Item;
  readonly ConsistentRead?: boolean;
  readonly Limit?: number;
}

export interface Page {
  readonly text: string;
  readonly units: number;
}

/** Most that one page reads, before any filter. */
const PAGE_BYTES = 1024 * 1024;
const KEYS = /^(#?\w+) = (:\w+)(?: AND begins_with\((#?\w+), (:\w+)\))?$/;
const FILTER_CLAUSE = /^\(#filter\.(#\w+) = (:\w+) OR attribute_not_exists\(#filter\.\1\)\)$/;

/** One page: at most 1 MB or `Limit` items are read, then filtered; units are of what was read. */
export function query(table: Table, input: QueryInput): Page {
  const textOf = projectionOf(input);
  const { rows, prefix } = partition(table, input);
  const passes = filterOf(input);
  const limit = input.Limit ?? Number.POSITIVE_INFINITY;
  const start = input.ExclusiveStartKey?.[table.sortKey]?.S;
  let at = start === undefined ? 0 : firstAfter(rows, start);
  let bytes = 0;
  let scanned = 0;
  const texts: string[] = [];
  let last: StoredItem | undefined;
  for (; at < rows.length && scanned < limit && bytes < PAGE_BYTES; at += 1) {
    const row = rows[at];
    if (!row?.sort.startsWith(prefix)) continue;
    scanned += 1;
    bytes += row.bytes;
    last = row;
    if (passes(row.item)) texts.push(textOf(row));
  }
  const more = last && at < rows.length ? `,"LastEvaluatedKey":${keyText(table, last.item)}` : '';
  return {
    text: `{"Count":${texts.length},"ScannedCount":${scanned},"Items":[${texts.join(',')}]${more}}`,
    units: readUnits(bytes, input.ConsistentRead === true),
  };
}

/** Rounded up to 4 KB; half of it when the read may be stale. One that finds nothing counts as one. */
export function readUnits(bytes: number, isConsistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / 4_096)) * (isConsistent ? 1 : 0.5);
}

function partition(table: Table, input: QueryInput): { rows: readonly StoredItem[]; prefix: string } {
  const { KeyConditionExpression, ExpressionAttributeValues: values } = input;
  const [, hash = '', value = '', sort, prefix] = KEYS.exec(KeyConditionExpression) ?? [];
  if (nameOf(input, hash) !== table.hashKey || (sort && nameOf(input, sort) !== table.sortKey))
    throw refusal(`a key condition on ${table.hashKey}`);
  return {
    rows: table.partitions.get(values[value]?.S ?? '') ?? [],
    prefix: (prefix && values[prefix]?.S) || '',
  };
}

const nameOf = (input: QueryInput, token: string): string | undefined =>
  token.startsWith('#') ? input.ExpressionAttributeNames?.[token] : token;

/** The one kind of filter among them: graphql-lambda-subscriptions asks for equality, or absence, in the map `filter`. */
function filterOf(input: QueryInput): (item: Item) => boolean {
  const { FilterExpression, ExpressionAttributeValues: values } = input;
  if (FilterExpression === undefined) return () => true;
  const wanted = FilterExpression.split(' AND ').map((clause) => {
    const [, name, value] = FILTER_CLAUSE.exec(clause) ?? [];
    if (name === undefined || value === undefined) throw refusal('equality or absence in a filter');
    return { name: nameOf(input, name) ?? '', text: JSON.stringify(values[value]) };
  });
  return ({ filter }) =>
    wanted.every(({ name, text }) => {
      const own = filter?.M?.[name];
      return own === undefined || JSON.stringify(own) === text;
    });
}

/** Top-level attributes only, which is all that is asked for. */
function projectionOf(input: QueryInput): (row: StoredItem) => string {
  if (input.ProjectionExpression === undefined) return ({ text }) => text;
  const names = input.ProjectionExpression.split(',').map((token) => nameOf(input, token.trim()) ?? '');
  return ({ item }) =>
    JSON.stringify(
      Object.fromEntries(names.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]]))),
    );
}

function keyText({ hashKey, sortKey }: Table, item: Item): string {
  return JSON.stringify({ [hashKey]: item[hashKey], [sortKey]: item[sortKey] });
}

function firstAfter(rows: readonly StoredItem[], sort: string): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.sort ?? '') <= sort) low = middle + 1;
    else high = middle;
  }
  return low;
}
