import type { Image } from '../../change/change.ts';
import { SchemaError } from '../../errors.ts';
import { loadModel } from '../load.ts';
import { addKey, createPrefixSummary, type PrefixSummary, singleTableLines } from './key-prefixes.ts';
import { fieldNames, typeNameOf } from './names.ts';
import { numberScalar } from './numbers.ts';
import {
  commentLine,
  counted,
  createObjectTypes,
  type FieldLine,
  printObjectType,
  sampledFields,
} from './object-types.ts';
import { addItem, createItemsSummary, type ItemsSummary } from './summary.ts';

/** An attribute whose data type the table fixes. */
export interface KeyAttribute {
  readonly attribute: string;
  readonly type: 'S' | 'N' | 'B';
}

/** What DescribeTable says of a table's attributes. */
export interface TableKeys {
  /** Real name. */
  readonly table: string;
  readonly partitionKey: KeyAttribute;
  readonly sortKey?: KeyAttribute;
  /** Keys of its indexes that are none of its own. */
  readonly indexKeys: readonly KeyAttribute[];
}

/** A table, and what was seen of its items so far. Bounded in size. */
export interface TableSample {
  readonly keys: TableKeys;
  readonly items: ItemsSummary;
  readonly prefixes: readonly PrefixSummary[];
}

/** A sample of no items yet. */
export function createTableSample(keys: TableKeys): TableSample {
  const prefixes = keysOf(keys).map(({ attribute }) => createPrefixSummary(attribute));
  return { keys, items: createItemsSummary(), prefixes };
}

/** Counts one item in; nothing of it is kept but its shape and the starts of its keys. */
export function addToSample(sample: TableSample, item: Image): void {
  addItem(sample.items, item);
  for (const prefix of sample.prefixes) addKey(prefix, item);
}

export interface TableTypeOptions {
  /** Default: made of the table's name. */
  readonly typeName?: string;
  /** True when the sample holds every item there is. */
  readonly whole: boolean;
}

/**
 * The `type … @table` block for a table, types for the maps inside its items after it. Key fields are exact; every
 * other type is a guess that all values of the sample fit, with a comment on what it was guessed from. What comes
 * out loads (`loadModel`).
 */
export function tableTypeSdl(sample: TableSample, options: TableTypeOptions): string {
  const sdl = printTable(sample, options, true);
  try {
    loadModel(sdl);
    return sdl;
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    // Names of nested types can meet generated ones in ways not foreseen; without nested types there are none.
    const flat = printTable(sample, options, false);
    loadModel(flat);
    return flat;
  }
}

function keysOf({ partitionKey, sortKey }: TableKeys): readonly KeyAttribute[] {
  return sortKey ? [partitionKey, sortKey] : [partitionKey];
}

function printTable(sample: TableSample, { typeName, whole }: TableTypeOptions, nested: boolean): string {
  const { keys, items } = sample;
  const name = typeName ?? typeNameOf(keys.table);
  const keyAttributes = keysOf(keys);
  const unseen = keys.indexKeys.filter(({ attribute }) => !items.members.has(attribute));
  const attributes = [...keyAttributes, ...unseen].map(({ attribute }) => attribute);
  const names = fieldNames(new Set([...attributes, ...items.members.keys()]), true);
  const types = createObjectTypes(name, nested);
  const others = new Map([...items.members].filter(([attribute]) => !isKey(attribute, keyAttributes)));
  const fields = [
    ...keyAttributes.map((key, index) => keyField(key, index === 0, names.nameOf(key.attribute), items)),
    ...sampledFields(name, { ...items, members: others }, names.nameOf, 'item', types),
    ...unseen.map((key) => indexKeyField(key, names.nameOf(key.attribute))),
  ];
  const table = `@table(name: ${JSON.stringify(keys.table)}${keyArgument(keyAttributes, names.nameOf)})`;
  const fieldKeys = keyAttributes.map(({ attribute }) => names.nameOf(attribute));
  const comments = [
    seenLine(sample, whole),
    ...(items.incomplete ? ['Attributes with very long names, or beyond the first 300, were left out.'] : []),
    ...singleTableLines(sample.prefixes, keys.table, fieldKeys),
  ];
  return `${[...comments.map(commentLine), printObjectType(name, table, fields), ...types.made.flatMap((made) => ['', made])].join('\n')}\n`;
}

function isKey(attribute: string, keys: readonly KeyAttribute[]): boolean {
  return keys.some((key) => key.attribute === attribute);
}

/** Only keys are non-null: of a single one, `@table` need not be told. */
function keyArgument(keys: readonly KeyAttribute[], nameOf: (attribute: string) => string): string {
  if (keys.length === 1) return '';
  return `, key: [${keys.map(({ attribute }) => JSON.stringify(nameOf(attribute))).join(', ')}]`;
}

function seenLine({ keys: { table }, items: { count } }: TableSample, whole: boolean): string {
  if (count === 0) return `Table ${table} was empty: these are its keys.`;
  const items = counted(count, 'item');
  return whole ? `Table ${table}, from all of its ${items}.` : `Table ${table}, from a sample of ${items}.`;
}

/** Named like an identifier: `id`, `userId`, `user_id`, `userID`. */
const IDENTIFIER = /^(?:id|Id|ID)$|[a-z0-9](?:Id|ID)$|[_-](?:id|Id|ID)$/;

function keyField(key: KeyAttribute, partition: boolean, name: string, items: ItemsSummary): FieldLine {
  const { attribute, type } = key;
  switch (type) {
    case 'S':
      return { name, attribute, type: partition && IDENTIFIER.test(attribute) ? 'ID!' : 'String!' };
    case 'B':
      return { name, attribute, type: 'String!', comment: 'stored as B: given as base64 text' };
    case 'N': {
      const seen = items.members.get(attribute);
      if (!seen) return { name, attribute, type: 'Decimal!', comment: 'N; Int! if whole, of 32 bits' };
      const { scalar, because } = numberScalar(seen.numbers);
      const comment = `guessed from ${counted(items.count, 'item')}: N, ${because}`;
      // A key must be written exactly as it is stored, which a double is not always.
      return { name, attribute, type: scalar === 'Int' ? 'Int!' : 'Decimal!', comment };
    }
    default:
      return type satisfies never;
  }
}

function indexKeyField({ attribute, type }: KeyAttribute, name: string): FieldLine {
  const scalar = type === 'N' ? 'Decimal' : 'String';
  return { name, attribute, type: scalar, comment: `key of an index, in no item that was read: ${type}` };
}
