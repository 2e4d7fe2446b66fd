import {
  type GraphQLEnumType,
  GraphQLError,
  type GraphQLOutputType,
  isEnumType,
  isListType,
  isNonNullType,
  isScalarType,
} from 'graphql';
import { normaliseDecimal } from '../filter/decimal.ts';
import { attributeType } from './attribute-type.ts';
import type { Attribute } from './change.ts';
import { toJsonText } from './unmarshall.ts';

/** Turns a stored value that is there and not NULL into what graphql-js completes; throws GraphQLError on a misfit. */
type Coercion = (attribute: Attribute) => unknown;

/** Built once a type; a schema's types live as long as the schema. */
const coercions = new WeakMap<GraphQLOutputType, Coercion>();

/**
 * A stored attribute as the value of a field, by the field's GraphQL type (wrapped or not):
 *
 * | type | from | value |
 * |---|---|---|
 * | ID, String | S, N, B | text; every digit of N in canonical form; base64 of B |
 * | Int | N, whole, 32 bits | number |
 * | Float | N | the nearest double |
 * | Decimal | N | canonical decimal text |
 * | Boolean | BOOL | boolean |
 * | enum | S that is a value's name | the enum's internal value |
 * | AWSJSON | anything | JSON text with exact numbers (an S is a JSON string in it, quotes and all) |
 * | AWSTimestamp | N, whole | number |
 * | any other scalar | S | text |
 * | list | L, SS, NS, BS | list of its elements coerced |
 * | object, interface, union | M | the nested image |
 *
 * A missing attribute and NULL are null for every type.
 * @throws GraphQLError when the attribute does not fit: what was expected, and what came by its data type; the value
 * itself is never told
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html
 */
export function coerce(attribute: Attribute | undefined, type: GraphQLOutputType): unknown {
  if (attribute === undefined || 'NULL' in attribute) return null;
  let coercion = coercions.get(type);
  if (!coercion) {
    coercion = coercionOf(type);
    coercions.set(type, coercion);
  }
  return coercion(attribute);
}

function coercionOf(type: GraphQLOutputType): Coercion {
  if (isNonNullType(type)) return coercionOf(type.ofType);
  if (isListType(type)) return listOf(type.ofType);
  if (isScalarType(type)) return SCALARS.get(type.name) ?? textOf(type.name);
  if (isEnumType(type)) return enumOf(type);
  return (attribute) => ('M' in attribute ? attribute.M : misfit(type.name, 'M', attributeType(attribute)));
}

const SCALARS: ReadonlyMap<string, Coercion> = new Map<string, Coercion>([
  ['ID', (attribute) => toText('ID', attribute)],
  ['String', (attribute) => toText('String', attribute)],
  ['Int', toInt],
  ['Float', toFloat],
  ['Decimal', (attribute) => toDecimal('Decimal', 'N', attribute)],
  ['Boolean', toBoolean],
  ['AWSJSON', toJsonText],
  ['AWSTimestamp', toTimestamp],
]);

function toText(name: string, attribute: Attribute): string {
  if ('S' in attribute) return attribute.S;
  if ('B' in attribute) return attribute.B;
  return toDecimal(name, 'S, N or B', attribute);
}

function toInt(attribute: Attribute): number {
  const expected = 'N, a whole number of 32 bits';
  const text = toDecimal('Int', expected, attribute);
  const number = Number(text);
  // A fraction too fine for a double still has a point in its text.
  if (text.includes('.') || number !== (number | 0)) {
    return misfit('Int', expected, 'another N: declare the field Decimal, Float or String');
  }
  return number;
}

function toFloat(attribute: Attribute): number {
  // Always finite: DynamoDB numbers end at 9.99E+125, doubles at 1.79E+308.
  return Number(toDecimal('Float', 'N', attribute));
}

function toTimestamp(attribute: Attribute): number {
  const expected = 'N, a whole number of seconds';
  const text = toDecimal('AWSTimestamp', expected, attribute);
  const number = Number(text);
  const whole = !text.includes('.') && Number.isSafeInteger(number);
  return whole ? number : misfit('AWSTimestamp', expected, 'another N');
}

function toBoolean(attribute: Attribute): boolean {
  return 'BOOL' in attribute ? attribute.BOOL : misfit('Boolean', 'BOOL', attributeType(attribute));
}

function toDecimal(name: string, expected: string, attribute: Attribute): string {
  const text = 'N' in attribute ? normaliseDecimal(attribute.N) : undefined;
  return text ?? misfit(name, expected, attributeType(attribute));
}

function textOf(name: string): Coercion {
  return (attribute) => ('S' in attribute ? attribute.S : misfit(name, 'S', attributeType(attribute)));
}

function enumOf(type: GraphQLEnumType): Coercion {
  const expected = 'S, the name of one of its values';
  return (attribute) => {
    if (!('S' in attribute)) return misfit(type.name, expected, attributeType(attribute));
    const value = type.getValue(attribute.S);
    return value ? value.value : misfit(type.name, expected, 'another S');
  };
}

function listOf(elementType: GraphQLOutputType): Coercion {
  return (attribute) => {
    const elements = elementsOf(attribute);
    if (!elements) return misfit(`[${elementType}]`, 'L, SS, NS or BS', attributeType(attribute));
    return elements.map((element, index) => {
      try {
        return coerce(element, elementType);
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error;
        throw new GraphQLError(`Element ${index}: ${error.message}`);
      }
    });
  };
}

function elementsOf(attribute: Attribute): readonly Attribute[] | undefined {
  if ('L' in attribute) return attribute.L;
  if ('SS' in attribute) return attribute.SS.map((text) => ({ S: text }));
  if ('NS' in attribute) return attribute.NS.map((text) => ({ N: text }));
  return 'BS' in attribute ? attribute.BS.map((base64) => ({ B: base64 })) : undefined;
}

function misfit(type: string, expected: string, came: string): never {
  throw new GraphQLError(`Expected ${type} (${expected}), got ${came}.`);
}
