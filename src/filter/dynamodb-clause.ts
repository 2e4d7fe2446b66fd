import type { Attribute } from '../change/change.ts';

/** A condition in DynamoDB's expression language, or one that always or never holds. */
export type Clause = boolean | Text;

interface Text {
  readonly text: string;
  /** How tightly it holds together: what needs no parentheses under NOT, AND and OR. */
  readonly level: 'atom' | 'not' | 'and' | 'or';
}

/** Hands out placeholders, so that no name is a reserved word and no value is part of the text. */
export class Placeholders {
  /** Placeholder → attribute name. */
  readonly names = new Map<string, string>();
  /** Placeholder → operand. */
  readonly values = new Map<string, Attribute>();
  readonly #aliases = new Map<string, string>();

  /** The same placeholder each time for an attribute. */
  name(attribute: string): string {
    const known = this.#aliases.get(attribute);
    if (known !== undefined) return known;
    const alias = `#n${this.names.size}`;
    this.names.set(alias, attribute);
    this.#aliases.set(attribute, alias);
    return alias;
  }

  value(operand: Attribute): string {
    const alias = `:v${this.values.size}`;
    this.values.set(alias, operand);
    return alias;
  }
}

/** A comparison or a call of a function. */
export function atom(text: string): Clause {
  return { text, level: 'atom' };
}

/** All of them; `true` for none. Redundant parentheses are never written: DynamoDB refuses them. */
export function allOf(clauses: readonly Clause[]): Clause {
  return joined(clauses, 'and', ' AND ', true);
}

/** Any of them; `false` for none. */
export function anyOf(clauses: readonly Clause[]): Clause {
  return joined(clauses, 'or', ' OR ', false);
}

export function negation(clause: Clause): Clause {
  if (typeof clause === 'boolean') return !clause;
  return { text: `NOT ${clause.level === 'atom' ? clause.text : `(${clause.text})`}`, level: 'not' };
}

function joined(
  clauses: readonly Clause[],
  level: 'and' | 'or',
  separator: string,
  whenEmpty: boolean,
): Clause {
  const texts: Text[] = [];
  for (const clause of clauses) {
    if (clause === !whenEmpty) return clause;
    if (typeof clause !== 'boolean') texts.push(clause);
  }
  const [only] = texts;
  if (!only) return whenEmpty;
  if (texts.length === 1) return only;
  const parts = texts.map((part) =>
    part.level === 'and' || part.level === 'or' ? `(${part.text})` : part.text,
  );
  return { text: parts.join(separator), level };
}

/** Longest expression DynamoDB takes, bytes. */
const MAX_EXPRESSION_BYTES = 4_096;
/** Most operators and functions in one. */
const MAX_OPERATORS = 300;

/** Most operands of one, bytes: half of what DynamoDB takes, for the rest of the request. */
const MAX_OPERAND_BYTES = 1024 * 1024;

const OPERATORS = /<>|<=|>=|[=<>]|\b(?:AND|OR|NOT|IN|BETWEEN|begins_with|contains|attribute_\w+)\b/g;

/**
 * Whether DynamoDB takes an expression of this length, with this many operators and operands of this size.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
 */
export function fitsExpression(text: string, { values }: Placeholders): boolean {
  let operandBytes = 0;
  for (const operand of values.values()) {
    for (const value of Object.values(operand)) {
      if (typeof value === 'string') operandBytes += Buffer.byteLength(value);
    }
  }
  return (
    operandBytes <= MAX_OPERAND_BYTES &&
    Buffer.byteLength(text) <= MAX_EXPRESSION_BYTES &&
    (text.match(OPERATORS)?.length ?? 0) <= MAX_OPERATORS
  );
}
