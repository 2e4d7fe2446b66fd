import type { Attribute, Image } from '../../change/change.ts';
import { type Expression, MATCH_ALL } from '../../filter/expression.ts';
import { compilePredicate } from '../../filter/predicate.ts';
import type { TableType } from '../../schema/model.ts';

const MATCH_NONE: Expression = { kind: 'or', of: [] };

/**
 * What must hold for an item as it is, so that an expression holds for it once it is updated: conditions on attributes
 * that the update touches are decided here, those on others are left.
 * @returns `MATCH_ALL` where nothing is left to ask; an expression that `isNever` where the result cannot satisfy it
 */
export function afterUpdate(
  expression: Expression,
  type: TableType,
  change: { readonly set: Image; readonly remove: readonly string[] },
): Expression {
  switch (expression.kind) {
    case 'condition': {
      const attribute = type.fields.get(expression.field)?.attribute ?? expression.field;
      const isSet = Object.hasOwn(change.set, attribute);
      if (!isSet && !change.remove.includes(attribute)) return expression;
      const compiled = compilePredicate(expression, type);
      return compiled.ok && compiled.test(only(change.set, attribute)) ? MATCH_ALL : MATCH_NONE;
    }
    case 'not': {
      const inner = afterUpdate(expression.of, type, change);
      if (isAlways(inner)) return MATCH_NONE;
      return isNever(inner) ? MATCH_ALL : { kind: 'not', of: inner };
    }
    case 'and':
    case 'or': {
      const isAnd = expression.kind === 'and';
      const parts = expression.of.map((part) => afterUpdate(part, type, change));
      if (parts.some(isAnd ? isNever : isAlways)) return isAnd ? MATCH_NONE : MATCH_ALL;
      const left = parts.filter((part) => !(isAnd ? isAlways(part) : isNever(part)));
      const [first] = left;
      return first && left.length === 1 ? first : { kind: expression.kind, of: left };
    }
    default:
      return expression satisfies never;
  }
}

/** True of an `or` of nothing. */
export function isNever(expression: Expression): boolean {
  return expression.kind === 'or' && expression.of.length === 0;
}

/** True of an `and` of nothing. */
export function isAlways(expression: Expression): boolean {
  return expression.kind === 'and' && expression.of.length === 0;
}

function only(set: Image, attribute: string): Image {
  const image: Record<string, Attribute> = Object.create(null);
  const value = set[attribute];
  if (value) image[attribute] = value;
  return image;
}
