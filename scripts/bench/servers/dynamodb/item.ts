import { marshall } from '@aws-sdk/util-dynamodb';

/** An attribute value as the JSON protocol writes it; only the types that are stored here. */
export interface Attribute {
  readonly S?: string;
  readonly N?: string;
  readonly BOOL?: boolean;
  readonly NULL?: boolean;
  readonly M?: Readonly<Record<string, Attribute>>;
  readonly L?: readonly Attribute[];
}

export type Item = Readonly<Record<string, Attribute>>;

/** An item, with what is read off it for every request made only once. */
export interface StoredItem {
  readonly item: Item;
  /** JSON. */
  readonly text: string;
  readonly bytes: number;
  /** Value of the sort key. */
  readonly sort: string;
}

export function stored(row: Readonly<Record<string, unknown>>, sortKey: string): StoredItem {
  const text = JSON.stringify(marshall(row, { removeUndefinedValues: true }));
  const item: Item = JSON.parse(text);
  return { item, text, bytes: sizeOf(item), sort: item[sortKey]?.S ?? '' };
}

/**
 * Bytes of an item as DynamoDB counts them.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function sizeOf(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueSize(value);
  return bytes;
}

function valueSize({ S, N, M, L }: Attribute): number {
  if (S !== undefined) return Buffer.byteLength(S);
  // Two significant digits a byte, and one more.
  if (N !== undefined) return Math.ceil(N.replace(/^-?0*\.?0*|\.|0+$/g, '').length / 2) + 1;
  if (M !== undefined) return 3 + Object.keys(M).length + sizeOf(M);
  if (L !== undefined) return L.reduce((sum, each) => sum + 1 + valueSize(each), 3);
  return 1;
}
