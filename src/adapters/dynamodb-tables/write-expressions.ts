import type { NativeAttributeValue } from '@aws-sdk/lib-dynamodb';
import type { Attribute, Image } from '../../change/change.ts';
import { allOf, atom, type Clause, Placeholders } from '../../filter/dynamodb-clause.ts';
import { entityClause } from '../../filter/dynamodb-conditions.ts';
import { keyAttributesOf } from '../../filter/dynamodb-expression.ts';
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

/** Condition of a delete: an item of this type has the key. */
export function itemExists(type: TableType) {
  const placeholders = new Placeholders();
  return { ...conditionInput(existence(type, placeholders)), ...placeholderInput(placeholders) };
}

/** An update of an item of this type that is there. */
export function updateOf(
  type: TableType,
  change: { readonly set: Image; readonly remove: readonly string[] },
) {
  const placeholders = new Placeholders();
  const condition = existence(type, placeholders);
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
    ...conditionInput(condition),
    ...placeholderInput(placeholders),
  };
}

function existence(type: TableType, placeholders: Placeholders): Clause {
  const exists = atom(`attribute_exists(${partitionKey(type, placeholders)})`);
  return allOf([exists, type.where ? entityClause(type.where, placeholders) : true]);
}

function partitionKey(type: TableType, placeholders: Placeholders): string {
  const [attribute = ''] = keyAttributesOf(type);
  return placeholders.name(attribute);
}

function conditionInput(clause: Clause) {
  return typeof clause === 'boolean' ? {} : { ConditionExpression: clause.text };
}
