import { afterUpdate } from '../../api/access/after-update.ts';
import type { Image } from '../../change/change.ts';
import { isEntity } from '../../change/entity.ts';
import { conjuncts } from '../../filter/dynamodb-expression.ts';
import type { Expression, Operator } from '../../filter/expression.ts';
import { attributeValue, comparisonOf } from '../../filter/value.ts';
import type { TableType } from '../../schema/model.ts';

/** Most partitions that one list reads one after the other; a filter that names more is answered by a Scan. */
const MAX_PARTITIONS = 5;

const EQUALITIES: ReadonlySet<Operator> = new Set(['eq', 'in']);

/** Items with one partition key. */
export interface Partition {
  /** The key as the API shows it. */
  readonly value: string;
  /** Holds for the same items of the partition as the whole filter: what that says of the key itself is decided. */
  readonly filter: Expression;
}

/**
 * The partitions in which all items are that match a filter, in a fixed order; `undefined` where it does not name a few
 * of them. Where several conditions fix the key, all must hold: what one may ask for by rules and what one asks for come
 * to no request at all where they are different partitions, so that nothing tells what there is in the other's.
 */
export function partitionsOf(type: TableType, filter: Expression): readonly Partition[] | undefined {
  const field = type.fields.get(type.keys[0]);
  const [first, ...others] = conjuncts(filter).flatMap((part) =>
    part.kind === 'condition' && part.field === field?.name && EQUALITIES.has(part.operator)
      ? [part.values]
      : [],
  );
  if (!field || !first) return undefined;
  const isNumber = comparisonOf(field.kind) === 'number';
  const keyOf = (value: string) => ({ [field.attribute]: isNumber ? { N: value } : { S: value } });
  const { where } = type;
  const values = [...new Set(first)]
    .filter((value) => typeof value === 'string')
    .filter((value) => others.every((each) => each.includes(value)))
    .filter((value) => where?.attribute !== field.attribute || isEntity(keyOf(value), where))
    .sort();
  if (values.length > MAX_PARTITIONS) return undefined;
  return values.map((value) => {
    const inPartition: Expression = {
      kind: 'condition',
      field: field.name,
      fieldKind: field.kind,
      operator: 'eq',
      values: [value],
    };
    const left = afterUpdate(filter, type, { set: keyOf(value), remove: [] });
    return { value, filter: { kind: 'and', of: [inPartition, left] } };
  });
}

/** The partition an item is in, as the API shows it. */
export function partitionOf(type: TableType, key: Image): unknown {
  const field = type.fields.get(type.keys[0]);
  const attribute = field && key[field.attribute];
  return attribute && attributeValue(comparisonOf(field.kind), attribute);
}
