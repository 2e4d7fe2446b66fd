import type { Attribute } from '../change/change.ts';
import type { TableType } from '../schema/model.ts';
import { normaliseDecimal } from './decimal.ts';
import { allOf, atom, type Clause, fitsExpression, Placeholders } from './dynamodb-clause.ts';
import { clauseOf, entityClause } from './dynamodb-conditions.ts';
import type { Expression, Operator, Value } from './expression.ts';
import { comparisonOf } from './value.ts';

/**
 * How DynamoDB is asked for the items of a type that match a filter. Query when `KeyConditionExpression` is there, else
 * Scan. It finds every item that matches, and may find others: the predicate decides on each.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
 */
export interface DynamoDBExpression {
  readonly KeyConditionExpression?: string;
  readonly FilterExpression?: string;
  /** The greatest sort key that the key condition takes, where it says one: there is nothing behind an item with it. */
  readonly last?: { readonly attribute: string; readonly value: Attribute };
  /** Placeholder → attribute name; those in use, no others. */
  readonly names: ReadonlyMap<string, string>;
  /** Placeholder → operand. */
  readonly values: ReadonlyMap<string, Attribute>;
}

/** Key attributes of text fields → the type the table stores them as, where it is not S. */
export type KeyForm = ReadonlyMap<string, 'N' | 'B'>;

/** How a filter is put to DynamoDB. */
export interface DynamoDBExpressionOptions {
  /** Default: text is stored as S. */
  readonly keyForm?: KeyForm;
  /** False: a Scan, whatever the filter says. Default true. */
  readonly query?: boolean;
}

/** Longest values of key attributes, bytes. */
const MAX_PARTITION_KEY_BYTES = 2_048;
const MAX_SORT_KEY_BYTES = 1_024;

const SORT_KEY_OPERATORS: ReadonlySet<Operator> = new Set([
  'eq',
  'lt',
  'le',
  'gt',
  'ge',
  'between',
  'beginsWith',
]);
/** Those whose last operand is itself the greatest value that they take. */
const BOUNDED: ReadonlySet<Operator> = new Set(['eq', 'le', 'between']);
const SYMBOLS: ReadonlyMap<Operator, string> = new Map([
  ['eq', '='],
  ['lt', '<'],
  ['le', '<='],
  ['gt', '>'],
  ['ge', '>='],
]);

/** A condition that stands alone in the top-level AND, on a key attribute. */
interface KeyCondition {
  readonly operator: Operator;
  readonly operands: readonly Attribute[];
}

/**
 * Writes a filter for DynamoDB, the type's `where` included. An equality on the partition key anywhere in the top-level
 * AND makes a Query of it, one condition on the sort key beside it a part of the key condition. What does not fit
 * DynamoDB's limits (4 KB, 300 operators, 1 MB of operands) is left to the predicate.
 * @returns `undefined` when nothing can match
 */
export function dynamodbExpression(
  type: TableType,
  expression: Expression,
  options: DynamoDBExpressionOptions = {},
): DynamoDBExpression | undefined {
  const placeholders = new Placeholders();
  const keyCondition = options.query === false ? undefined : keyConditionOf(type, expression, options);
  const keyAttributes = keyAttributesOf(type);
  const KeyConditionExpression = keyCondition && keyText(keyCondition, keyAttributes, placeholders);
  const unsayable = new Set(keyCondition ? keyAttributes : []);

  const { where } = type;
  const entity = where && !unsayable.has(where.attribute) ? entityClause(where, placeholders) : true;
  const whole = allOf([entity, clauseOf(expression, { type, placeholders, unsayable })]);
  if (whole === false) return undefined;
  const fits = typeof whole === 'boolean' || fitsExpression(whole.text, placeholders);
  const FilterExpression = textOf(fits ? whole : entity);
  const used = new Set(`${KeyConditionExpression ?? ''} ${FilterExpression ?? ''}`.match(/[#:][nv]\d+/g));
  const last = keyCondition && lastOf(keyCondition, keyAttributes);
  return {
    ...(KeyConditionExpression !== undefined && { KeyConditionExpression }),
    ...(last && { last }),
    ...(FilterExpression !== undefined && { FilterExpression }),
    names: new Map([...placeholders.names].filter(([alias]) => used.has(alias))),
    values: new Map([...placeholders.values].filter(([alias]) => used.has(alias))),
  };
}

/** Stored names of the key fields. */
export function keyAttributesOf({ keys, fields }: TableType): readonly string[] {
  return keys.map((name) => fields.get(name)?.attribute ?? name);
}

function textOf(clause: Clause): string | undefined {
  return typeof clause === 'boolean' ? undefined : clause.text;
}

function keyConditionOf(
  type: TableType,
  expression: Expression,
  { keyForm = new Map() }: DynamoDBExpressionOptions,
): readonly [KeyCondition, KeyCondition?] | undefined {
  const [partitionKey, sortKey] = keyAttributesOf(type);
  const found = new Map<string, KeyCondition>();
  // The filter's own first: it is the narrower one where both fix the same attribute.
  const parts = [...conjuncts(expression), ...entityConditions(type)];
  for (const part of parts) {
    if (part.kind !== 'condition' || part.values.length === 0) continue;
    const field = type.fields.get(part.field);
    if (!field || found.has(field.attribute)) continue;
    const isPartitionKey = field.attribute === partitionKey;
    if (!isPartitionKey && field.attribute !== sortKey) continue;
    const single = part.operator === 'in' && part.values.length === 1 ? 'eq' : part.operator;
    const allowed = isPartitionKey ? single === 'eq' : SORT_KEY_OPERATORS.has(single);
    if (!allowed) continue;
    const storedAs = comparisonOf(field.kind) === 'number' ? undefined : keyForm.get(field.attribute);
    // Text is ordered otherwise than the numbers and bytes it may be stored as.
    if (storedAs && single !== 'eq') continue;
    const code = comparisonOf(field.kind) === 'number' ? 'N' : (storedAs ?? 'S');
    const maxBytes = isPartitionKey ? MAX_PARTITION_KEY_BYTES : MAX_SORT_KEY_BYTES;
    const operands = part.values.map((value) => keyOperand(value, code, maxBytes));
    const sayable = operands.filter((operand) => operand !== undefined);
    if (sayable.length === operands.length) {
      found.set(field.attribute, { operator: single, operands: sayable });
    }
  }
  const partition = partitionKey === undefined ? undefined : found.get(partitionKey);
  const sort = sortKey === undefined ? undefined : found.get(sortKey);
  if (!partition) return undefined;
  return sort ? [partition, sort] : [partition];
}

/** `where` as a condition, if its attribute is a key field: several types of one table are often told apart by keys. */
function entityConditions({ where, fields }: TableType): readonly Expression[] {
  const field = [...fields.values()].find(({ attribute }) => attribute === where?.attribute);
  if (!where || !field || comparisonOf(field.kind) !== 'text') return [];
  const isEquality = 'equals' in where;
  return [
    {
      kind: 'condition',
      field: field.name,
      fieldKind: field.kind,
      operator: isEquality ? 'eq' : 'beginsWith',
      values: [isEquality ? where.equals : where.beginsWith],
    },
  ];
}

/** What must hold all at once: the parts of an `and`, of those within it too; else the expression itself. */
export function conjuncts(expression: Expression): readonly Expression[] {
  return expression.kind === 'and' ? expression.of.flatMap(conjuncts) : [expression];
}

/** Text as a key of this type, as the API shows it; `undefined` for text that shows no such key. */
export function keyInForm(text: string, code: 'S' | 'N' | 'B'): Attribute | undefined {
  switch (code) {
    case 'S':
      return { S: text };
    case 'N':
      return normaliseDecimal(text) === text ? { N: text } : undefined;
    case 'B':
      return Buffer.from(text, 'base64').toString('base64') === text ? { B: text } : undefined;
    default:
      return code satisfies never;
  }
}

/** DynamoDB refuses an empty or too long value in a key condition. */
function keyOperand(value: Value, code: 'S' | 'N' | 'B', maxBytes: number): Attribute | undefined {
  if (typeof value !== 'string') return undefined;
  const bytes = Buffer.byteLength(value, code === 'B' ? 'base64' : 'utf8');
  return bytes > 0 && bytes <= maxBytes ? keyInForm(value, code) : undefined;
}

function keyText(
  [partition, sort]: readonly [KeyCondition, KeyCondition?],
  [partitionKey = '', sortKey = '']: readonly string[],
  placeholders: Placeholders,
): string | undefined {
  const clauses = [keyClause(placeholders.name(partitionKey), partition, placeholders)];
  if (sort) clauses.push(keyClause(placeholders.name(sortKey), sort, placeholders));
  return textOf(allOf(clauses));
}

function lastOf(
  [, sort]: readonly [KeyCondition, KeyCondition?],
  [, attribute]: readonly string[],
): DynamoDBExpression['last'] {
  const value = sort && BOUNDED.has(sort.operator) ? sort.operands.at(-1) : undefined;
  return attribute !== undefined && value ? { attribute, value } : undefined;
}

function keyClause(path: string, { operator, operands }: KeyCondition, placeholders: Placeholders): Clause {
  const [first, second] = operands.map((operand) => placeholders.value(operand));
  if (operator === 'between') return atom(`${path} BETWEEN ${first} AND ${second}`);
  if (operator === 'beginsWith') return atom(`begins_with(${path}, ${first})`);
  return atom(`${path} ${SYMBOLS.get(operator)} ${first}`);
}
