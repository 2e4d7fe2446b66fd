import type { Attribute, Image } from '../change/change.ts';
import type { FieldModel, TableType } from '../schema/model.ts';
import type { Condition, Expression, Value } from './expression.ts';
import { compareValues, operandsFit, takesOperator } from './operators.ts';
import {
  attributeOf,
  attributeValue,
  type Comparison,
  comparisonOf,
  elementsOf,
  elementValues,
} from './value.ts';

/** Whether an item as it was or is matches. Never throws. */
export type Predicate = (image: Image) => boolean;

/** A predicate, or why the filter no longer fits the type. */
export type Compiled =
  | { readonly ok: true; readonly test: Predicate }
  | { readonly ok: false; readonly message: string };

/** Test of one attribute of an image; `undefined` when the image has none of that name. */
type AttributeTest = (attribute: Attribute | undefined) => boolean;

/**
 * Compiles an expression against a table type; all work that does not need an image is done here, once.
 *
 * Meaning is that of DynamoDB's FilterExpression: `ne`, `notContains` and `not` are true for a missing or wrong-typed
 * attribute, every other comparison is false; text compares by code point, numbers as exact decimals; `contains` is a
 * substring of text or an element of a set or list; `between` includes both bounds. `hasElement`, which DynamoDB has not
 * as one function, compares whole elements, and what is no list as a whole. One difference: `eq: null` matches
 * a missing attribute as well as NULL, and `ne: null` is its complement. Values are seen as the API sees them
 * (`attributeValue`).
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
export function compilePredicate(expression: Expression, type: TableType): Compiled {
  switch (expression.kind) {
    case 'condition':
      return compileCondition(expression, type);
    case 'and':
    case 'or':
      return compileGroup(expression.kind, expression.of, type);
    case 'not': {
      const inner = compilePredicate(expression.of, type);
      return inner.ok ? { ok: true, test: (image) => !inner.test(image) } : inner;
    }
    default:
      return expression satisfies never;
  }
}

function compileGroup(kind: 'and' | 'or', of: readonly Expression[], type: TableType): Compiled {
  const tests: Predicate[] = [];
  for (const part of of) {
    const compiled = compilePredicate(part, type);
    if (!compiled.ok) return compiled;
    tests.push(compiled.test);
  }
  if (kind === 'and') return { ok: true, test: (image) => tests.every((test) => test(image)) };
  return { ok: true, test: (image) => tests.some((test) => test(image)) };
}

function compileCondition(condition: Condition, type: TableType): Compiled {
  const { field: name, fieldKind, operator, values } = condition;
  const field = type.fields.get(name);
  if (!field) return misfit(type, name, 'expected a field, came none of that name');
  const comparison = comparisonOf(field.kind);
  if (comparisonOf(fieldKind) !== comparison) {
    return misfit(type, name, `expected ${fieldKind} as when the filter was read, came ${field.kind}`);
  }
  if (!takesOperator(field, operator)) {
    return misfit(type, name, `expected a field that takes ${operator}, came ${typeText(field)}`);
  }
  if (!operandsFit(comparison, operator, values)) {
    return misfit(type, name, `expected operands of ${operator} for ${field.kind}, came others`);
  }
  const { attribute } = field;
  const test = attributeTest(comparison, condition);
  return { ok: true, test: (image) => test(attributeOf(image, attribute)) };
}

function attributeTest(comparison: Comparison, { operator, values }: Condition): AttributeTest {
  const [first = null, second = null] = values;
  switch (operator) {
    case 'eq':
      return equalTo(comparison, first);
    case 'ne':
      return not(equalTo(comparison, first));
    case 'in':
      return oneOf(comparison, values);
    case 'lt':
      return ordered(comparison, first, (order) => order < 0);
    case 'le':
      return ordered(comparison, first, (order) => order <= 0);
    case 'gt':
      return ordered(comparison, first, (order) => order > 0);
    case 'ge':
      return ordered(comparison, first, (order) => order >= 0);
    case 'between': {
      const low = ordered(comparison, first, (order) => order >= 0);
      const high = ordered(comparison, second, (order) => order <= 0);
      return (attribute) => low(attribute) && high(attribute);
    }
    case 'contains':
      return containing(comparison, first);
    case 'notContains':
      return not(containing(comparison, first));
    case 'beginsWith':
      return beginningWith(comparison, first);
    case 'hasElement':
      return havingElement(comparison, values);
    case 'attributeExists':
      return first === true ? (attribute) => attribute !== undefined : (attribute) => attribute === undefined;
    default:
      return operator satisfies never;
  }
}

function not(test: AttributeTest): AttributeTest {
  return (attribute) => !test(attribute);
}

function equalTo(comparison: Comparison, operand: Value): AttributeTest {
  return (attribute) => seen(comparison, attribute) === operand;
}

function oneOf(comparison: Comparison, values: readonly Value[]): AttributeTest {
  const operands: ReadonlySet<Value | undefined> = new Set(values);
  return (attribute) => operands.has(seen(comparison, attribute));
}

/**
 * What equality compares with: the one difference from DynamoDB is that a missing attribute is null. `undefined` for a
 * wrong-typed one, which equals nothing.
 */
export function seen(comparison: Comparison, attribute: Attribute | undefined): Value | undefined {
  return attribute === undefined ? null : attributeValue(comparison, attribute);
}

function ordered(comparison: Comparison, operand: Value, holds: (order: number) => boolean): AttributeTest {
  if (typeof operand !== 'string' || (comparison !== 'text' && comparison !== 'number')) return () => false;
  return (attribute) => {
    const value = attribute && attributeValue(comparison, attribute);
    return typeof value === 'string' && holds(compareValues(comparison, value, operand));
  };
}

function beginningWith(comparison: Comparison, operand: Value): AttributeTest {
  if (typeof operand !== 'string' || comparison !== 'text') return () => false;
  return (attribute) => {
    const value = attribute && attributeValue(comparison, attribute);
    return typeof value === 'string' && value.startsWith(operand);
  };
}

function containing(comparison: Comparison, operand: Value): AttributeTest {
  return (attribute) => {
    if (attribute === undefined) return false;
    const elements = elementsOf(attribute);
    if (elements) return elements.some((element) => attributeValue(comparison, element) === operand);
    const value = comparison === 'text' ? attributeValue(comparison, attribute) : undefined;
    return typeof value === 'string' && typeof operand === 'string' && value.includes(operand);
  };
}

function havingElement(comparison: Comparison, values: readonly Value[]): AttributeTest {
  const operands: ReadonlySet<Value> = new Set(values);
  return (attribute) =>
    attribute !== undefined && elementValues(comparison, attribute).some((value) => operands.has(value));
}

function typeText({ kind, list }: FieldModel): string {
  return list ? `[${kind}]` : kind;
}

function misfit(type: TableType, name: string, message: string): Compiled {
  return { ok: false, message: `${type.name}.${name}: ${message}` };
}
