import type { ValueNode } from 'graphql';
import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { kindOf } from '../errors.ts';
import { MAX_DIGITS, normaliseDecimal } from '../filter/decimal.ts';
import type { FieldKind } from './model.ts';
import {
  isDate,
  isDateTime,
  isEmail,
  isIpAddress,
  isJson,
  isPhone,
  isTime,
  isUrl,
} from './scalar-formats.ts';

/**
 * Every scalar a schema may use and how its values compare; any other is an error at load.
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html
 */
export const KNOWN_SCALARS: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>([
  ['ID', 'ID'],
  ['String', 'String'],
  ['Int', 'Int'],
  ['Float', 'Float'],
  ['Boolean', 'Boolean'],
  ['Decimal', 'Decimal'],
  ['AWSJSON', 'JSON'],
  ['AWSDate', 'String'],
  ['AWSTime', 'String'],
  ['AWSDateTime', 'String'],
  ['AWSTimestamp', 'Int'],
  ['AWSEmail', 'String'],
  ['AWSURL', 'String'],
  ['AWSPhone', 'String'],
  ['AWSIPAddress', 'String'],
]);

/** True for the five of GraphQL and those of AppSync, and `Decimal`. */
export function isKnownScalar(name: string): boolean {
  return KNOWN_SCALARS.has(name);
}

/**
 * Definitions of the scalars that are not GraphQL's own, by name. What goes out is checked by type alone: values from
 * items are coerced already, those from resolvers are the author's own.
 */
export const CUSTOM_SCALARS: ReadonlyMap<string, GraphQLScalarType> = new Map(
  [
    decimalScalar(),
    timestampScalar(),
    jsonScalar(),
    textScalar('AWSDate', 'A date, YYYY-MM-DD, with an optional time zone offset.', isDate),
    textScalar('AWSTime', 'A time, hh:mm:ss.sss, with an optional time zone offset.', isTime),
    textScalar(
      'AWSDateTime',
      'A date and time, YYYY-MM-DDThh:mm:ss.sss, with a time zone offset.',
      isDateTime,
    ),
    textScalar('AWSEmail', 'An e-mail address, local-part@domain-part.', isEmail),
    textScalar('AWSURL', 'An absolute URL.', isUrl),
    textScalar('AWSPhone', 'A telephone number of 3 to 15 digits.', isPhone),
    textScalar('AWSIPAddress', 'An IPv4 or IPv6 address, with an optional CIDR prefix length.', isIpAddress),
  ].map((scalar) => [scalar.name, scalar]),
);

function textScalar(
  name: string,
  description: string,
  accepts: (text: string) => boolean,
): GraphQLScalarType {
  const serialize = (value: unknown): string => {
    if (typeof value === 'string') return value;
    throw new GraphQLError(`${name} expected text, got ${kindOf(value)}.`);
  };
  const parseValue = (value: unknown): string => {
    if (typeof value !== 'string') throw new GraphQLError(`${name} expected text, got ${kindOf(value)}.`);
    // The value stays out of the message: messages are logged, values are not.
    if (!accepts(value)) throw new GraphQLError(`${name} expected ${lowered(description)} got other text.`);
    return value;
  };
  return new GraphQLScalarType({
    name,
    description,
    serialize,
    parseValue,
    parseLiteral: (node) =>
      node.kind === Kind.STRING ? parseValue(node.value) : misplaced(name, 'text', node),
  });
}

/** Text goes out as it is, as the JSON it is taken to be; anything else a resolver returns is written as JSON. */
function jsonScalar(): GraphQLScalarType {
  const scalar = textScalar('AWSJSON', 'JSON text.', isJson);
  const serialize = (value: unknown): string => {
    const text: unknown = typeof value === 'string' ? value : JSON.stringify(value);
    if (typeof text === 'string') return text;
    throw new GraphQLError(`AWSJSON expected a value that JSON has, got ${kindOf(value)}.`);
  };
  return new GraphQLScalarType({ ...scalar.toConfig(), serialize });
}

function decimalScalar(): GraphQLScalarType {
  const expected = `Decimal expected a number of at most ${MAX_DIGITS} significant digits`;
  const parseText = (text: string): string => {
    const decimal = normaliseDecimal(text);
    if (decimal === undefined) throw new GraphQLError(`${expected} within DynamoDB's range, got another.`);
    return decimal;
  };
  const parseValue = (value: unknown): string => {
    if (typeof value === 'string') return parseText(value);
    if (Number.isSafeInteger(value)) return parseText(String(value));
    // A JSON number with a fraction was a double before it came here, and may have lost digits.
    const came = typeof value === 'number' ? 'a number that may have lost digits' : kindOf(value);
    throw new GraphQLError(`${expected} as text, got ${came}.`);
  };
  return new GraphQLScalarType({
    name: 'Decimal',
    description: `A number of up to ${MAX_DIGITS} significant digits, as text; none of them is lost.`,
    serialize: parseValue,
    parseValue,
    parseLiteral: (node) =>
      node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT
        ? parseText(node.value)
        : misplaced('Decimal', 'a number or text', node),
  });
}

function timestampScalar(): GraphQLScalarType {
  const parseValue = (value: unknown): number => {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw new GraphQLError(`AWSTimestamp expected a whole number of seconds, got ${kindOf(value)}.`);
  };
  return new GraphQLScalarType({
    name: 'AWSTimestamp',
    description: 'Seconds since 1970-01-01T00:00Z, a whole number of up to 53 bits.',
    serialize: parseValue,
    parseValue,
    parseLiteral: (node) =>
      node.kind === Kind.INT
        ? parseValue(Number(node.value))
        : misplaced('AWSTimestamp', 'a whole number', node),
  });
}

function misplaced(name: string, expected: string, node: ValueNode): never {
  throw new GraphQLError(`${name} expected ${expected}, got ${node.kind}.`, { nodes: node });
}

function lowered(description: string): string {
  return description.charAt(0).toLowerCase() + description.slice(1).replace(/\.$/, ',');
}
