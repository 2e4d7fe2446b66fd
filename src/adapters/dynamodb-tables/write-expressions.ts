import type { NativeAttributeValue } from '@aws-sdk/lib-dynamodb';
import type { Attribute, Image } from '../../change/change.ts';
import { allOf, atom, type Clause, fitsExpression, Placeholders } from '../../filter/dynamodb-clause.ts';
import { clauseOf, entityClause } from '../../filter/dynamodb-conditions.ts';
import { keyAttributesOf } from '../../filter/dynamodb-expression.ts';
import type { Expression, Operator } from '../../filter/expression.ts';
import type { TableType } from '../../schema/model.ts';
import { toNative } from './native.ts';

/** Placeholders as a request carries them. */
export interface PlaceholderInput {
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, NativeAttributeValue>;
}

/** A part is left out when it is empty: DynamoDB refuses an empty one. */
export function placeholderInput({
  names,
  values,
}: {
  readonly names: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, Attribute>;
}): PlaceholderInput {
  return {
    ...(names.size > 0 && { ExpressionAttributeNames: Object.fromEntries(names) }),
    ...(values.size > 0 && {
      ExpressionAttributeValues: Object.fromEntries(
        [...values].map(([alias, attribute]) => [alias, toNative(attribute)]),
      ),
    }),
  };
}

/** Condition of a create: no item has this key, of whatever type. */
export function itemMissing(type: TableType) {
  const placeholders = new Placeholders();
  const condition = atom(`attribute_not_exists(${partitionKey(type, placeholders)})`);
  return { ...conditionInput(condition), ...placeholderInput(placeholders) };
}

/** Condition of a delete: an item of this type has the key, and the condition holds for it. */
export function itemExists(type: TableType, condition: Expression | undefined) {
  const placeholders = new Placeholders();
  return { ...conditionInput(existence(type, placeholders, condition)), ...placeholderInput(placeholders) };
}

/** An update of an item of this type that is there, and for which the condition holds. */
export function updateOf(
  type: TableType,
  change: { readonly set: Image; readonly remove: readonly string[] },
  condition: Expression | undefined,
) {
  const placeholders = new Placeholders();
  const existing = existence(type, placeholders, condition);
  const set = Object.entries(change.set).map(
    ([name, attribute]) => `${placeholders.name(name)} = ${placeholders.value(attribute)}`,
  );
  const remove = change.remove.map((name) => placeholders.name(name));
  const clauses = [
    ...(set.length > 0 ? [`SET ${set.join(', ')}`] : []),
    ...(remove.length > 0 ? [`REMOVE ${remove.join(', ')}`] : []),
  ];
  return {
    ...(clauses.length > 0 && { UpdateExpression: clauses.join(' ') }),
    ...conditionInput(existing),
    ...placeholderInput(placeholders),
  };
}

/**
 * Whether a condition can be asked of DynamoDB as a part of a write: `never` when no item satisfies it, `too-long` when
 * it is beyond what DynamoDB takes, and nothing may be written.
 * @throws TypeError for one that DynamoDB might take for wider than it is
 */
export function sayable(type: TableType, condition: Expression): 'yes' | 'never' | 'too-long' {
  const placeholders = new Placeholders();
  const clause = existence(type, placeholders, condition);
  if (clause === false) return 'never';
  return clause === true || fitsExpression(clause.text, placeholders) ? 'yes' : 'too-long';
}

function existence(type: TableType, placeholders: Placeholders, condition: Expression | undefined): Clause {
  const exists = atom(`attribute_exists(${partitionKey(type, placeholders)})`);
  const entity = type.where ? entityClause(type.where, placeholders) : true;
  if (!condition) return allOf([exists, entity]);
  refuseWide(type, condition);
  return allOf([exists, entity, clauseOf(condition, { type, placeholders, unsayable: new Set() })]);
}

const EXACT: ReadonlySet<Operator> = new Set(['eq', 'in', 'hasElement']);

/** A filter that says too much is put right by the predicate afterwards; a condition of a write is not. */
function refuseWide(type: TableType, condition: Expression): void {
  if (condition.kind === 'and' || condition.kind === 'or') {
    for (const part of condition.of) refuseWide(type, part);
    return;
  }
  const isExact =
    condition.kind === 'condition' &&
    EXACT.has(condition.operator) &&
    type.fields.has(condition.field) &&
    !condition.values.includes(null);
  if (!isExact) {
    throw new TypeError(`${type.name}: expected a condition of equalities with values, got another`);
  }
}

function partitionKey(type: TableType, placeholders: Placeholders): string {
  const [attribute = ''] = keyAttributesOf(type);
  return placeholders.name(attribute);
}

function conditionInput(clause: Clause) {
  return typeof clause === 'boolean' ? {} : { ConditionExpression: clause.text };
}
