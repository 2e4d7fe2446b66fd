import { kindOf } from '../errors.ts';
import { isObject } from '../protocol/json-object.ts';
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts';
import type { FieldModel, SubscriptionField } from '../schema/model.ts';
import { type Condition, type Expression, MATCH_ALL, type Operator } from './expression.ts';
import { operatorsOf, readOperands } from './operators.ts';

/**
 * Of the limits of a deployment, those on filters. Filter inputs inside `filter` (elements of `and` and `or`, and each
 * `not`), those without conditions included, may be as many as conditions; `filter` itself is depth 1.
 */
export type FilterLimits = Pick<Limits, 'filterConditions' | 'filterDepth' | 'inValues'>;

/** The argument that takes a filter input; every other argument is an equality. */
const FILTER_ARGUMENT = 'filter';

/** A filter read, or one sentence that names the field and operator and says what was expected and what came. */
export type FilterReading =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly message: string };

/**
 * Arguments of a subscription field, as graphql-js coerced them (`getArgumentValues`), as one expression.
 * - An absent argument is no condition; an explicit null is `eq: null`. All arguments and `filter` are ANDed.
 * - `filter: null`, `{}` and `and: []` match everything, `in: []` and `or: []` nothing. A null where a filter input
 *   or a field's operators could be is no condition; as an element of `and` or `or` it is refused.
 * - Several fields, and several operators of one field, are ANDed.
 * Names that GraphQL validation would have refused are refused here too.
 * @param limits those of the deployment; the defaults without them
 */
export function readFilter(
  field: SubscriptionField,
  args: ReadonlyMap<string, unknown>,
  limits: FilterLimits = DEFAULT_LIMITS,
): FilterReading {
  const reader = new FilterReader(field, limits);
  const parts: Expression[] = [];
  for (const [name, value] of args) {
    if (value === undefined) continue;
    const part = name === FILTER_ARGUMENT ? reader.root(value) : reader.argument(name, value);
    if (!part.ok) return part;
    parts.push(part.expression);
  }
  return { ok: true, expression: all(parts) };
}

/** Counts what it has read, so that the limits hold for a subscription as a whole. */
class FilterReader {
  readonly #field: SubscriptionField;
  readonly #limits: FilterLimits;
  #conditions = 0;
  #nested = 0;

  constructor(field: SubscriptionField, limits: FilterLimits) {
    this.#field = field;
    this.#limits = limits;
  }

  argument(name: string, value: unknown): FilterReading {
    const model = this.#field.arguments.get(name);
    if (!model) return refuse(name, `expected an argument of ${this.#field.name}, came another`);
    return this.#condition(model, 'eq', value, name);
  }

  root(value: unknown): FilterReading {
    return value === null ? { ok: true, expression: MATCH_ALL } : this.#input(value, FILTER_ARGUMENT, 1);
  }

  #input(input: unknown, path: string, depth: number): FilterReading {
    const { filterDepth } = this.#limits;
    if (depth > filterDepth) {
      return refuse(path, `expected at most ${filterDepth} filters inside each other, came more`);
    }
    if (!isObject(input)) return refuse(path, `expected a filter input, came ${kindOf(input)}`);
    const parts: Expression[] = [];
    for (const [name, value] of Object.entries(input)) {
      if (value === null || value === undefined) continue;
      const part = this.#entry(name, value, `${path}.${name}`, depth);
      if (!part.ok) return part;
      parts.push(part.expression);
    }
    return { ok: true, expression: all(parts) };
  }

  #entry(name: string, value: unknown, path: string, depth: number): FilterReading {
    if (name === 'and' || name === 'or') return this.#group(name, value, path, depth);
    if (name === 'not') {
      const inner = this.#inner(value, path, depth);
      return inner.ok ? { ok: true, expression: { kind: 'not', of: inner.expression } } : inner;
    }
    const model = this.#field.type.fields.get(name);
    if (!model) return refuse(path, `expected a field of ${this.#field.type.name}, came another`);
    return this.#operators(model, value, path);
  }

  #group(kind: 'and' | 'or', value: unknown, path: string, depth: number): FilterReading {
    if (!Array.isArray(value)) return refuse(path, `expected a list of filter inputs, came ${kindOf(value)}`);
    const parts: Expression[] = [];
    for (const [index, element] of value.entries()) {
      const part = this.#inner(element, `${path}[${index}]`, depth);
      if (!part.ok) return part;
      parts.push(part.expression);
    }
    return { ok: true, expression: { kind, of: parts } };
  }

  #inner(value: unknown, path: string, depth: number): FilterReading {
    const { filterConditions } = this.#limits;
    if (++this.#nested > filterConditions) {
      return refuse(path, `expected at most ${filterConditions} nested filters, came more`);
    }
    return this.#input(value, path, depth + 1);
  }

  #operators(model: FieldModel, value: unknown, path: string): FilterReading {
    if (!isObject(value)) return refuse(path, `expected operators and their operands, came ${kindOf(value)}`);
    const allowed: ReadonlySet<string> = operatorsOf(model);
    const parts: Expression[] = [];
    for (const [name, operand] of Object.entries(value)) {
      if (operand === undefined) continue;
      const at = `${path}.${name}`;
      if (!isOperator(name, allowed)) {
        return refuse(at, `expected one of ${[...allowed].join(', ')}, came another operator`);
      }
      const part = this.#condition(model, name, operand, at);
      if (!part.ok) return part;
      parts.push(part.expression);
    }
    return { ok: true, expression: all(parts) };
  }

  #condition(model: FieldModel, operator: Operator, operand: unknown, path: string): FilterReading {
    if (!operatorsOf(model).has(operator)) {
      return refuse(path, `expected a field that can be compared by ${operator}, came a list`);
    }
    const { filterConditions, inValues } = this.#limits;
    if (++this.#conditions > filterConditions) {
      return refuse(path, `expected at most ${filterConditions} conditions, came more`);
    }
    const operands = readOperands(model, operator, operand, inValues);
    if (!operands.ok) return refuse(path, operands.message);
    const expression: Condition = {
      kind: 'condition',
      field: model.name,
      fieldKind: model.kind,
      operator,
      values: operands.values,
    };
    return { ok: true, expression };
  }
}

function all(parts: readonly Expression[]): Expression {
  const [only] = parts;
  return only && parts.length === 1 ? only : { kind: 'and', of: parts };
}

function isOperator(name: string, allowed: ReadonlySet<string>): name is Operator {
  return allowed.has(name);
}

/** Longest place named in a message; names come from the client. */
const MAX_PLACE_LENGTH = 200;

function refuse(path: string, message: string): { readonly ok: false; readonly message: string } {
  const place = path.length > MAX_PLACE_LENGTH ? `${path.slice(0, MAX_PLACE_LENGTH)}…` : path;
  return { ok: false, message: `${place}: ${message}` };
}
