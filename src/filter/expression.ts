import type { FieldKind } from '../schema/model.ts';

/**
 * An operand as the API sees it: text for ID, String, enum and the other text scalars; normalised decimal text
 * (no exponent where avoidable, no leading `+`, no trailing zeros: `-0` is `0`) for Int, Float and Decimal;
 * a boolean; `null`.
 */
export type Value = string | boolean | null;

/** What one condition compares by. */
export type Operator =
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'between'
  | 'in'
  | 'contains'
  | 'notContains'
  | 'beginsWith'
  | 'attributeExists'
  /**
   * Of rules alone, never a client's: the list or set has an element that equals one of the values, or the attribute is
   * no list and equals one of them. No part of a text counts, as it does for `contains`.
   */
  | 'hasElement';

/** One condition on one field: `values` holds 1 operand, 2 for `between`, any number for `in` and `hasElement`. */
export interface Condition {
  readonly kind: 'condition';
  /** API name of a top-level field. */
  readonly field: string;
  /** Taken along so that a stored filter still knows how its operands were read. */
  readonly fieldKind: FieldKind;
  readonly operator: Operator;
  readonly values: readonly Value[];
}

/**
 * Arguments and filter input as one expression. `and` of nothing is true, `or` of nothing is false.
 * Meaning is DynamoDB's (DESIGN §4), but that `eq: null` also matches a missing attribute.
 */
export type Expression =
  | Condition
  | { readonly kind: 'and'; readonly of: readonly Expression[] }
  | { readonly kind: 'or'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression };

/** The expression every item matches. */
export const MATCH_ALL: Expression = { kind: 'and', of: [] };

/** Field name → operand it must equal: what one alternative of the disjunctive form has in equalities. */
export type Equalities = ReadonlyMap<string, Value>;

/** Names of fields that some live subscription compares by equality, sorted, without repeats. `[]` is the empty shape. */
export type ShapeNames = readonly string[];
