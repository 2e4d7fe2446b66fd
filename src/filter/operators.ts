import { kindOf } from '../errors.ts';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import type { FieldModel } from '../schema/model.ts';
import { compareCodePoints, hasLoneSurrogate } from './codepoint.ts';
import { compareDecimals, MAX_DIGITS, normaliseDecimal } from './decimal.ts';
import type { Operator, Value } from './expression.ts';
import { type Comparison, comparisonOf } from './value.ts';

/** Operators that a field's kind and being a list allow; the others could never have a meaning for it. */
const ALLOWED: { readonly [C in Comparison]: ReadonlySet<Operator> } = {
  text: new Set([
    'eq',
    'ne',
    'lt',
    'le',
    'gt',
    'ge',
    'between',
    'in',
    'contains',
    'notContains',
    'beginsWith',
    'attributeExists',
  ]),
  number: new Set([
    'eq',
    'ne',
    'lt',
    'le',
    'gt',
    'ge',
    'between',
    'in',
    'contains',
    'notContains',
    'attributeExists',
  ]),
  boolean: new Set(['eq', 'ne', 'in', 'attributeExists']),
  none: new Set(['eq', 'ne', 'attributeExists']),
};
const ALLOWED_ON_LIST: ReadonlySet<Operator> = new Set(['contains', 'notContains', 'attributeExists']);
const ALLOWED_ON_OBJECT_LIST: ReadonlySet<Operator> = new Set(['attributeExists']);

/** Operators a client can filter a field by. */
export function operatorsOf(field: Pick<FieldModel, 'kind' | 'list'>): ReadonlySet<Operator> {
  const comparison = comparisonOf(field.kind);
  if (!field.list) return ALLOWED[comparison];
  return comparison === 'none' ? ALLOWED_ON_OBJECT_LIST : ALLOWED_ON_LIST;
}

/** Whether a condition on a field can have an operator: one that clients can filter by, or that rules are made of. */
export function takesOperator(field: Pick<FieldModel, 'kind' | 'list'>, operator: Operator): boolean {
  // A field may be made a list, or no list any more, while subscriptions live: what they were let in by holds for both.
  if (operator === 'hasElement') return comparisonOf(field.kind) !== 'none';
  return operatorsOf(field).has(operator);
}

/** Operands of one condition, or what was expected and what came. */
export type Operands =
  | { readonly ok: true; readonly values: readonly Value[] }
  | { readonly ok: false; readonly message: string };

/**
 * Reads the raw operand of an operator (as graphql-js coerced it) into `Condition.values`.
 * A message never repeats the operand: it may end in a log, and values do not belong there.
 * @param inValues most values one `in` may list: `Limits.inValues`
 */
export function readOperands(
  field: FieldModel,
  operator: Operator,
  raw: unknown,
  inValues: number = DEFAULT_LIMITS.inValues,
): Operands {
  if (operator === 'attributeExists') {
    return typeof raw === 'boolean' ? { ok: true, values: [raw] } : expected('true or false', kindOf(raw));
  }
  const list = operator === 'in' || operator === 'between' ? raw : [raw];
  if (!Array.isArray(list)) return expected('a list', kindOf(raw));
  if (operator === 'in' && list.length > inValues) {
    return expected(`at most ${inValues} values`, String(list.length));
  }
  if (operator === 'between' && list.length !== 2) {
    return expected('a list of two values, the lower bound first', `${list.length}`);
  }
  const comparison = comparisonOf(field.kind);
  const values: Value[] = [];
  for (const item of list) {
    const value = readValue(comparison, item);
    if (value === undefined) return expected(VALUE_NAMES[comparison], describe(comparison, item));
    if (value === null && !takesNull(operator)) return expected(VALUE_NAMES[comparison], 'null');
    values.push(value);
  }
  if (operator === 'between' && !inOrder(comparison, values)) {
    return expected('a list of two values, the lower bound first', 'the higher one first');
  }
  return { ok: true, values };
}

/** Whether stored operands are what `readOperands`, or a rule, could have made for this operator and kind. */
export function operandsFit(comparison: Comparison, operator: Operator, values: readonly Value[]): boolean {
  if (operator === 'attributeExists') return values.length === 1 && typeof values[0] === 'boolean';
  const isAnyNumber = operator === 'in' || operator === 'hasElement';
  if (!isAnyNumber && values.length !== (operator === 'between' ? 2 : 1)) return false;
  if (operator === 'between' && !inOrder(comparison, values)) return false;
  return values.every((value) =>
    value === null ? takesNull(operator) : readValue(comparison, value) === value,
  );
}

/** Order of two operands or seen values of one comparison. */
export function compareValues(comparison: 'text' | 'number', a: string, b: string): number {
  return comparison === 'text' ? compareCodePoints(a, b) : compareDecimals(a, b);
}

const VALUE_NAMES: { readonly [C in Comparison]: string } = {
  text: 'text',
  number: `a number of at most ${MAX_DIGITS} significant digits, 1E-130 to 9.9E+125 either side of 0`,
  boolean: 'true or false',
  none: 'null, as JSON and object fields can only be tested for being there',
};

function readValue(comparison: Comparison, raw: unknown): Value | undefined {
  if (raw === null) return null;
  switch (comparison) {
    case 'text':
      if (typeof raw === 'string') return hasLoneSurrogate(raw) ? undefined : raw;
      // A custom scalar may be coerced to a number; stored as N it is seen as this text.
      return typeof raw === 'number' || typeof raw === 'bigint' ? normaliseDecimal(raw) : undefined;
    case 'number':
      if (typeof raw !== 'string' && typeof raw !== 'number' && typeof raw !== 'bigint') return undefined;
      return normaliseDecimal(raw);
    case 'boolean':
      return typeof raw === 'boolean' ? raw : undefined;
    case 'none':
      return undefined;
    default:
      return comparison satisfies never;
  }
}

/** `in` is equality with any of its values, so it takes null as equality does. */
function takesNull(operator: Operator): boolean {
  return operator === 'eq' || operator === 'ne' || operator === 'in';
}

/** DynamoDB refuses a BETWEEN whose lower bound is the higher one, and so do we. */
function inOrder(comparison: Comparison, [low, high]: readonly Value[]): boolean {
  if (typeof low !== 'string' || typeof high !== 'string') return false;
  return comparison !== 'boolean' && comparison !== 'none' && compareValues(comparison, low, high) <= 0;
}

function describe(comparison: Comparison, raw: unknown): string {
  if (comparison === 'number' && typeof raw === 'string') return 'text that is no such number';
  if (comparison === 'number' && typeof raw === 'number') return 'another number';
  if (comparison === 'text' && typeof raw === 'string') return 'text with half a surrogate pair';
  return kindOf(raw);
}

function expected(what: string, came: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message: `expected ${what}, came ${came}` };
}
