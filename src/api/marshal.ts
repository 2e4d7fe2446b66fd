import {
  type GraphQLEnumType,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLScalarType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
import type { Attribute } from '../change/change.ts';
import { kindOf } from '../errors.ts';
import { hasLoneSurrogate } from '../filter/codepoint.ts';
import { MAX_DIGITS, normaliseDecimal } from '../filter/decimal.ts';
import { jsonAttribute } from './json-attribute.ts';
import { storedFields } from './stored-fields.ts';

/**
 * A value of the API as the attribute it is stored as, by the field's GraphQL type: the inverse of `coerce`.
 *
 * | type | value | attribute |
 * |---|---|---|
 * | ID, String and text scalars | text | S |
 * | Int, Float, AWSTimestamp | number | N |
 * | Decimal | decimal text | N, every digit |
 * | Boolean | boolean | BOOL |
 * | enum | its internal value | S, its name |
 * | AWSJSON | JSON text | what it says: M, L, S, N, BOOL, NULL |
 * | list | list | L, null elements NULL |
 * | object | object | M by stored names, null members left out |
 *
 * Values may be the user's own, from a resolver, so that each is checked as GraphQL checks its inputs.
 * @returns `undefined` for null and undefined
 * @throws GraphQLError: what was expected and what came, never the value
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html
 */
export function marshal(value: unknown, type: GraphQLOutputType): Attribute | undefined {
  if (isNonNullType(type)) {
    return marshal(value, type.ofType) ?? misfit(`${type}`, 'a value', 'null');
  }
  if (value === null || value === undefined) return undefined;
  if (isListType(type)) return listOf(value, type.ofType);
  if (isScalarType(type)) return scalarOf(value, type);
  if (isEnumType(type)) return enumOf(value, type);
  if (isObjectType(type)) return mapOf(value, type);
  return misfit(`${type}`, 'a stored value', kindOf(value));
}

function listOf(value: unknown, elementType: GraphQLOutputType): Attribute {
  // As GraphQL does with inputs: one value is a list of one.
  const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
  return {
    L: elements.map((element, index) =>
      within(`Element ${index}`, () => marshal(element, elementType) ?? { NULL: true }),
    ),
  };
}

function mapOf(value: unknown, type: GraphQLObjectType): Attribute {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return misfit(type.name, 'an object', kindOf(value));
  }
  const fields = storedFields(type);
  const given = new Map<string, unknown>(Object.entries(value));
  const unknown = [...given.keys()].find((name) => !fields.has(name));
  if (unknown !== undefined) misfit(type.name, `one of ${[...fields.keys()].join(', ')}`, 'another field');
  const map: Record<string, Attribute> = Object.create(null);
  for (const [name, { field, attribute }] of fields) {
    const stored = within(name, () => marshal(given.get(name), field.type));
    if (stored) map[attribute] = stored;
  }
  return { M: map };
}

function enumOf(value: unknown, type: GraphQLEnumType): Attribute {
  const known = type.getValues().find((one) => one.value === value);
  return known ? { S: known.name } : misfit(type.name, 'one of its values', kindOf(value));
}

function scalarOf(value: unknown, type: GraphQLScalarType): Attribute {
  switch (type.name) {
    case 'AWSJSON':
      return typeof value === 'string' ? jsonAttribute(value) : misfit('AWSJSON', 'JSON text', kindOf(value));
    case 'Boolean':
      return typeof value === 'boolean' ? { BOOL: value } : misfit('Boolean', 'a boolean', kindOf(value));
    case 'Int':
      return typeof value === 'number' && value === (value | 0)
        ? { N: numberText(type, value) }
        : misfit('Int', 'a whole number of 32 bits', kindOf(value));
    case 'Float':
    case 'AWSTimestamp':
      return typeof value === 'number'
        ? { N: numberText(type, parsed(value, type)) }
        : misfit(type.name, 'a number', kindOf(value));
    case 'Decimal':
      return { N: numberText(type, parsed(value, type)) };
    case 'ID':
    case 'String':
      return { S: textOf(value, type) };
    default:
      return { S: textOf(parsed(value, type), type) };
  }
}

/** As the scalar itself reads it; our own scalars say what they expected without repeating the value. */
function parsed(value: unknown, type: GraphQLScalarType): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return misfit(type.name, 'a finite number', 'another');
  }
  return type.parseValue(value);
}

function numberText(type: GraphQLScalarType, value: unknown): string {
  const text = typeof value === 'number' || typeof value === 'string' ? normaliseDecimal(value) : undefined;
  return (
    text ??
    misfit(
      type.name,
      `a number of at most ${MAX_DIGITS} significant digits, 1E-130 to 9.9E+125 either side of 0`,
      'another',
    )
  );
}

function textOf(value: unknown, type: GraphQLScalarType): string {
  const text = type.name === 'ID' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string') return misfit(type.name, 'text', kindOf(value));
  return hasLoneSurrogate(text) ? misfit(type.name, 'text in Unicode', 'half a surrogate pair') : text;
}

/** Names the place in a message from within. */
function within<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw new GraphQLError(`${place}: ${error.message}`, { extensions: error.extensions });
  }
}

function misfit(type: string, expected: string, came: string): never {
  throw new GraphQLError(`Expected ${type} (${expected}), got ${came}.`);
}
