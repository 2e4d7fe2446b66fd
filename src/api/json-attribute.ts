import { GraphQLError } from 'graphql';
import type { Attribute } from '../change/change.ts';
import { hasLoneSurrogate } from '../filter/codepoint.ts';
import { MAX_DIGITS, normaliseDecimal } from '../filter/decimal.ts';

/** Levels of arrays and objects; DynamoDB stores fewer, and deeper ones would overflow the stack of whoever reads them. */
const MAX_LEVELS = 32;

/** Strings and numbers of valid JSON text. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * JSON text as the attribute that `toJsonText` prints again: objects as M, arrays as L, numbers as N with every digit.
 * @throws GraphQLError for text that is no JSON, and for nesting, numbers and text that DynamoDB cannot store
 */
export function jsonAttribute(text: string): Attribute {
  return attributeOf(parsed(text), 0);
}

/**
 * The parsed text, in which each string and each name has a leading `s`, and each number is a string with a leading
 * `n`: `JSON.parse` would round it. So `s__proto__` is a name like any other, too.
 */
function parsed(text: string): unknown {
  try {
    JSON.parse(text);
  } catch {
    throw new GraphQLError('AWSJSON expected JSON text, got other text.');
  }
  const marked = text.replace(TOKENS, (token) =>
    token.startsWith('"') ? `"s${token.slice(1)}` : `"n${token}"`,
  );
  return JSON.parse(marked);
}

function attributeOf(value: unknown, level: number): Attribute {
  if (typeof value === 'string') {
    return value.startsWith('n') ? numberOf(value.slice(1)) : { S: storable(value.slice(1)) };
  }
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value !== 'object' || value === null) return { NULL: true };
  if (level === MAX_LEVELS) {
    throw new GraphQLError(`AWSJSON expected at most ${MAX_LEVELS} levels of arrays and objects, got more.`);
  }
  if (Array.isArray(value)) return { L: value.map((element) => attributeOf(element, level + 1)) };
  const map: Record<string, Attribute> = Object.create(null);
  for (const [name, member] of Object.entries(value))
    map[storable(name.slice(1))] = attributeOf(member, level + 1);
  return { M: map };
}

function numberOf(text: string): Attribute {
  const decimal = normaliseDecimal(text);
  if (decimal !== undefined) return { N: decimal };
  throw new GraphQLError(
    `AWSJSON expected numbers of at most ${MAX_DIGITS} significant digits within DynamoDB's range, got another.`,
  );
}

function storable(text: string): string {
  if (!hasLoneSurrogate(text)) return text;
  throw new GraphQLError('AWSJSON expected text in Unicode, got half a surrogate pair.');
}
