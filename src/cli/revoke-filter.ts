import { kindOf } from '../errors.ts';
import { normaliseDecimal } from '../filter/decimal.ts';
import type { Equalities, Value } from '../filter/expression.ts';
import { isObject } from '../protocol/json-object.ts';

/** What `--filter` says: of a subscription field, a type or a table, those that compare these values by equality. */
export interface FilterText {
  readonly of: 'field' | 'type' | 'table';
  readonly name: string;
  readonly equalities: Equalities;
}

const PLACES: readonly FilterText['of'][] = ['field', 'type', 'table'];

/** @returns what it says, or in words what was expected and what came; values are not repeated */
export function readFilterText(text: string): FilterText | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'expected JSON, such as {"field":"onCreateMessage","where":{"recipientId":"2"}}.';
  }
  if (!isObject(json)) return `expected a JSON object, got ${kindOf(json)}.`;
  const members = new Map(Object.entries(json));
  const places = PLACES.filter((place) => members.has(place));
  const [of] = places;
  if (of === undefined || places.length > 1) return 'expected one of "field", "type" and "table".';
  const name = members.get(of);
  if (typeof name !== 'string' || name === '') return `expected "${of}" to be a name, got ${kindOf(name)}.`;
  const where = members.get('where') ?? {};
  if (!isObject(where)) return `expected "where" to be an object, got ${kindOf(where)}.`;
  const unknown = [...members.keys()].find((key) => key !== of && key !== 'where');
  if (unknown !== undefined) return `expected "${of}" and "where" alone, got ${JSON.stringify(unknown)} too.`;
  const equalities = new Map<string, Value>();
  for (const [field, given] of Object.entries(where)) {
    const value = operandOf(given);
    if (value === undefined) {
      return `expected "where" to give text, a number, true, false or null for ${JSON.stringify(field)}, got ${kindOf(given)}.`;
    }
    equalities.set(field, value);
  }
  return { of, name, equalities };
}

/** Numbers as filters have them, which is also what an ID of digits is. */
function operandOf(given: unknown): Value | undefined {
  if (given === null || typeof given === 'string' || typeof given === 'boolean') return given;
  return typeof given === 'number' ? normaliseDecimal(given) : undefined;
}
