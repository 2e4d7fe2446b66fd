import type { Attribute } from '../change/change.ts';
import type { EntityCondition, TableType } from '../schema/model.ts';
import { normaliseDecimal } from './decimal.ts';
import { allOf, anyOf, atom, type Clause, negation, type Placeholders } from './dynamodb-clause.ts';
import type { Condition, Expression, Value } from './expression.ts';
import { type Comparison, comparisonOf } from './value.ts';

/** Most operands DynamoDB takes in one IN. */
const MAX_IN_OPERANDS = 100;

/** Attribute type → the type of sets of such. */
const SET_OF: ReadonlyMap<string | undefined, string> = new Map([
  ['S', 'SS'],
  ['N', 'NS'],
  ['B', 'BS'],
]);

const SYMBOLS = { lt: '<', le: '<=', gt: '>', ge: '>=' } as const;

/** What a filter is written for. */
export interface Writing {
  readonly type: TableType;
  readonly placeholders: Placeholders;
  /** Attributes no condition may name: those of the primary key, in the filter of a Query. */
  readonly unsayable: ReadonlySet<string>;
}

/**
 * An expression as DynamoDB says it. Every item that the predicate matches satisfies the clause; where DynamoDB cannot
 * say it exactly, other items satisfy it as well: the text that a number or binary attribute shows can be compared for
 * equality, and not ordered or searched. What rules are made of (`eq`, `in`, `hasElement`, `and`, `or`) it says exactly.
 * @param negated write its negation; each condition is widened for the side it stands on
 */
export function clauseOf(expression: Expression, writing: Writing, negated = false): Clause {
  switch (expression.kind) {
    case 'condition':
      return conditionClause(expression, writing, negated);
    case 'not':
      return clauseOf(expression.of, writing, !negated);
    case 'and':
    case 'or': {
      const parts = expression.of.map((part) => clauseOf(part, writing, negated));
      return (expression.kind === 'and') === negated ? anyOf(parts) : allOf(parts);
    }
    default:
      return expression satisfies never;
  }
}

/** Which items of a shared table are of the type: exactly what `isEntity` says of an image. */
export function entityClause(where: EntityCondition, placeholders: Placeholders): Clause {
  const path = placeholders.name(where.attribute);
  if ('equals' in where) return atom(`${path} = ${placeholders.value({ S: where.equals })}`);
  return atom(`begins_with(${path}, ${placeholders.value({ S: where.beginsWith })})`);
}

function conditionClause(condition: Condition, { type, placeholders, unsayable }: Writing, negated: boolean) {
  const field = type.fields.get(condition.field);
  if (!field || unsayable.has(field.attribute)) return true;
  const { operator, values } = condition;
  const comparison = comparisonOf(field.kind);
  const path = placeholders.name(field.attribute);
  const [first = null, second = null] = values;
  const written = new Conditions(path, comparison, placeholders);
  switch (operator) {
    case 'eq':
    case 'in':
      return written.equality(values, negated);
    case 'ne':
      return written.equality(values, !negated);
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return written.textual(first, negated, (value) => `${path} ${SYMBOLS[operator]} ${value()}`);
    case 'between':
      return written.textual(
        first,
        negated,
        (value) => `${path} BETWEEN ${value()} AND ${value(String(second))}`,
      );
    case 'beginsWith':
      return written.textual(first, negated, (value) => `begins_with(${path}, ${value()})`);
    case 'contains':
      return written.containing(first, negated);
    case 'notContains':
      return written.containing(first, !negated);
    case 'hasElement':
      return written.havingElement(values, negated);
    case 'attributeExists':
      return atom(`attribute_${(first === true) === negated ? 'not_exists' : 'exists'}(${path})`);
    default:
      return operator satisfies never;
  }
}

/** The conditions on one attribute. */
class Conditions {
  readonly #path: string;
  readonly #comparison: Comparison;
  readonly #placeholders: Placeholders;

  constructor(path: string, comparison: Comparison, placeholders: Placeholders) {
    this.#path = path;
    this.#comparison = comparison;
    this.#placeholders = placeholders;
  }

  equality(values: readonly Value[], negated: boolean): Clause {
    const operands = [...new Set(values)].flatMap((value) => attributesShownAs(this.#comparison, value));
    const equal = this.#equal(operands.map((operand) => this.#placeholders.value(operand)));
    const either = values.includes(null)
      ? anyOf([atom(`attribute_not_exists(${this.#path})`), equal])
      : equal;
    return negated ? negation(either) : either;
  }

  /** `contains` is asked of lists and sets alone: of a text it would be a part. */
  havingElement(values: readonly Value[], negated: boolean): Clause {
    const operands = [...new Set(values)].flatMap((value) => attributesShownAs(this.#comparison, value));
    const aliases = operands.map((operand) => this.#placeholders.value(operand));
    const types = new Set(operands.flatMap((operand) => SET_OF.get(Object.keys(operand)[0]) ?? []));
    const isList = anyOf(['L', ...types].map((code) => this.#isOfType(code)));
    const isElement = anyOf(aliases.map((alias) => atom(`contains(${this.#path}, ${alias})`)));
    const either = anyOf([this.#equal(aliases), allOf([isList, isElement])]);
    return negated ? negation(either) : either;
  }

  #equal(aliases: readonly string[]): Clause {
    const [first] = aliases;
    if (first !== undefined && aliases.length === 1) return atom(`${this.#path} = ${first}`);
    const lists: Clause[] = [];
    for (let from = 0; from < aliases.length; from += MAX_IN_OPERANDS) {
      const listed = aliases.slice(from, from + MAX_IN_OPERANDS);
      lists.push(atom(`${this.#path} IN (${listed.join(', ')})`));
    }
    return anyOf(lists);
  }

  /** A comparison by order or beginning with text or a number; any other attribute satisfies none. */
  textual(first: Value, negated: boolean, write: (value: (text?: string) => string) => string): Clause {
    if (typeof first !== 'string' || (this.#comparison !== 'text' && this.#comparison !== 'number')) {
      return negated;
    }
    const isText = this.#comparison === 'text';
    const said = atom(write((text = first) => this.#placeholders.value(isText ? { S: text } : { N: text })));
    if (negated) return negation(said);
    return isText ? anyOf([said, ...this.#shownAsText()]) : said;
  }

  containing(operand: Value, negated: boolean): Clause {
    const attributes = operand === null ? [] : attributesShownAs(this.#comparison, operand);
    const said = attributes.map((attribute) => this.#contains(attribute));
    if (this.#comparison !== 'text') return negated ? negation(anyOf(said)) : anyOf(said);
    // Of what contains it for certain there is the text alone: bytes that contain others need not look so in base64.
    return negated ? negation(anyOf(said.slice(0, 1))) : anyOf([...said, ...this.#shownAsText()]);
  }

  #contains(attribute: Attribute): Clause {
    return atom(`contains(${this.#path}, ${this.#placeholders.value(attribute)})`);
  }

  /** Attributes that the API shows as text and DynamoDB does not. */
  #shownAsText(): readonly Clause[] {
    return ['N', 'B'].map((code) => this.#isOfType(code));
  }

  #isOfType(code: string): Clause {
    return atom(`attribute_type(${this.#path}, ${this.#placeholders.value({ S: code })})`);
  }
}

/** The attributes that `attributeValue` shows as this value; the first is the usual one. */
export function attributesShownAs(comparison: Comparison, value: Value): readonly Attribute[] {
  if (value === null) return [{ NULL: true }];
  switch (comparison) {
    case 'text': {
      if (typeof value !== 'string') return [];
      const shown: Attribute[] = [{ S: value }];
      if (normaliseDecimal(value) === value) shown.push({ N: value });
      if (Buffer.from(value, 'base64').toString('base64') === value) shown.push({ B: value });
      return shown;
    }
    case 'number':
      return typeof value === 'string' ? [{ N: value }] : [];
    case 'boolean':
      return typeof value === 'boolean' ? [{ BOOL: value }] : [];
    case 'none':
      return [];
    default:
      return comparison satisfies never;
  }
}
