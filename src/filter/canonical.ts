import type { FieldKind } from '../schema/model.ts';
import type { Condition, Expression, Operator, Value } from './expression.ts';
import { operandsFit } from './operators.ts';
import { comparisonOf } from './value.ts';

/**
 * Canonical text of a filter, as relay rows hold it: one digit of version, then JSON.
 * A condition is `[operator, kind, field, ...operands]`, a group `["&", ...]` or `["|", ...]`, a negation `["!", x]`.
 *
 * - Version 1: first.
 */
const VERSION = '1';

/** Filters are read at most 10 deep (`MAX_FILTER_DEPTH`); this leaves room for what is ANDed to them. */
const MAX_DEPTH = 40;

const OPERATOR_CODES: { readonly [O in Operator]: string } = {
  eq: '=',
  ne: '<>',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  between: '..',
  in: ':',
  contains: '~',
  notContains: '!~',
  beginsWith: '^',
  attributeExists: '?',
  // A release that does not know it reads no filter that has it, and so serves nobody by it.
  hasElement: '@',
};

const KIND_CODES: { readonly [K in FieldKind]: string } = {
  ID: 'I',
  String: 'S',
  Int: 'N',
  Float: 'F',
  Decimal: 'D',
  Boolean: 'B',
  Enum: 'E',
  JSON: 'J',
  Object: 'O',
};

const OPERATORS = inverse(OPERATOR_CODES);
const KINDS = inverse(KIND_CODES);

/**
 * Deterministic, compact text of an expression. Expressions that differ only in the order, repetition or nesting of
 * `and`, `or`, `in` and `hasElement` operands, in double negation, or in constants that decide nothing, have the same text.
 */
export function canonicalFilter(expression: Expression): string {
  return VERSION + encode(expression).text;
}

/** One node in normal form. `parts` are the texts of a group's operands: sorted, without repeats. */
interface Node {
  readonly kind: Expression['kind'];
  readonly text: string;
  readonly parts: readonly string[];
  /** What a negation negates. */
  readonly of?: Node;
}

const TRUE = group('and', []);
const FALSE = group('or', []);

function encode(expression: Expression): Node {
  switch (expression.kind) {
    case 'condition':
      return encodeCondition(expression);
    case 'and':
    case 'or':
      return encodeGroup(expression.kind, expression.of.map(encode));
    case 'not':
      return negate(encode(expression.of));
    default:
      return expression satisfies never;
  }
}

function encodeCondition(condition: Condition): Node {
  const { operator, values } = condition;
  if (operator !== 'in' && operator !== 'hasElement') return conditionNode(condition, operator, values);
  const distinct = [...new Set(values)].sort(byText);
  if (distinct.length === 0) return FALSE;
  return conditionNode(condition, operator === 'in' && distinct.length === 1 ? 'eq' : operator, distinct);
}

function conditionNode({ field, fieldKind }: Condition, operator: Operator, values: readonly Value[]): Node {
  const text = JSON.stringify([OPERATOR_CODES[operator], KIND_CODES[fieldKind], field, ...values]);
  return { kind: 'condition', text, parts: [] };
}

function encodeGroup(kind: 'and' | 'or', nodes: readonly Node[]): Node {
  const deciding = kind === 'and' ? FALSE : TRUE;
  const operands = new Map<string, Node>();
  for (const node of nodes) {
    if (node.text === deciding.text) return deciding;
    if (node.kind === kind) for (const part of node.parts) operands.set(part, node);
    else operands.set(node.text, node);
  }
  const parts = [...operands.keys()].sort();
  const [only] = operands.values();
  // A group in normal form has no operands or several, so a single one here was a node of its own.
  return only && parts.length === 1 ? only : group(kind, parts);
}

function group(kind: 'and' | 'or', parts: readonly string[]): Node {
  const text = `[${[JSON.stringify(kind === 'and' ? '&' : '|'), ...parts].join(',')}]`;
  return { kind, text, parts };
}

function negate(node: Node): Node {
  if (node.text === TRUE.text) return FALSE;
  if (node.text === FALSE.text) return TRUE;
  return node.of ?? { kind: 'not', text: `["!",${node.text}]`, parts: [], of: node };
}

function byText(a: Value, b: Value): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/**
 * The expression of a canonical text, or `undefined` for a text that no `canonicalFilter` of this version writes.
 * `canonicalFilter(parseCanonicalFilter(text)) === text`.
 */
export function parseCanonicalFilter(text: string): Expression | undefined {
  if (!text.startsWith(VERSION)) return undefined;
  try {
    return decode(JSON.parse(text.slice(VERSION.length)), 1);
  } catch {
    return undefined;
  }
}

function decode(node: unknown, depth: number): Expression | undefined {
  if (!Array.isArray(node) || depth > MAX_DEPTH) return undefined;
  const [code, ...rest]: unknown[] = node;
  if (code === '!') {
    const of = rest.length === 1 ? decode(rest[0], depth + 1) : undefined;
    return of && { kind: 'not', of };
  }
  if (code !== '&' && code !== '|') return decodeCondition(code, rest);
  const of: Expression[] = [];
  for (const part of rest) {
    const expression = decode(part, depth + 1);
    if (!expression) return undefined;
    of.push(expression);
  }
  return { kind: code === '&' ? 'and' : 'or', of };
}

function decodeCondition(code: unknown, [kindCode, field, ...operands]: unknown[]): Condition | undefined {
  const operator = OPERATORS.get(code);
  const fieldKind = KINDS.get(kindCode);
  if (!operator || !fieldKind || typeof field !== 'string') return undefined;
  if (!operands.every(isValue)) return undefined;
  if (!operandsFit(comparisonOf(fieldKind), operator, operands)) return undefined;
  return { kind: 'condition', field, fieldKind, operator, values: operands };
}

function isValue(operand: unknown): operand is Value {
  return operand === null || typeof operand === 'string' || typeof operand === 'boolean';
}

function inverse<Name extends string>(codes: { readonly [N in Name]: string }): ReadonlyMap<unknown, Name> {
  const names = Object.keys(codes) as Name[];
  return new Map(names.map((name) => [codes[name], name]));
}
