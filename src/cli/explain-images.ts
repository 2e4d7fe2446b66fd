import type { Image } from '../change/change.ts';
import { readImage } from '../change/image.ts';
import { kindOf, TablecastError } from '../errors.ts';
import { isObject } from '../protocol/json-object.ts';
import { parseJsonFile } from './json-file.ts';

/** DynamoDB's names of its data types. */
const TYPES: ReadonlySet<string> = new Set(['S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'L', 'M']);

/**
 * An item from a file: DynamoDB JSON (`{"id": {"S": "a"}}`), the output of `aws dynamodb get-item` (`{"Item": …}`), or
 * plain JSON (`{"id": "a"}`), in which a number has at most 15 digits, there are no sets and no binary.
 * @throws TablecastError `CONFIG_INVALID` with file and place, or attribute
 */
export function imageOfFile(text: string, file: string): Image {
  const value = parseJsonFile(text, file);
  if (!isObject(value)) throw invalid(file, `expected an item, a JSON object, got ${kindOf(value)}`);
  const { Item: item, ...rest } = value;
  const fields = isObject(item) && isFromCommandLine(rest) ? item : value;
  const read = readImage(isDynamoDBJson(fields) ? fields : dynamoDBJson(fields, file));
  if (!read.ok) throw invalid(file, read.detail);
  return read.image;
}

/** What `get-item` may print beside the item. */
function isFromCommandLine(rest: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(rest).every((name) => name === 'ConsumedCapacity');
}

/** Whether every attribute is an object with a data type as its one name. */
function isDynamoDBJson(fields: Readonly<Record<string, unknown>>): boolean {
  return Object.values(fields).every((value) => {
    const names = isObject(value) ? Object.keys(value) : [];
    return names.length === 1 && names.every((name) => TYPES.has(name));
  });
}

function dynamoDBJson(fields: Readonly<Record<string, unknown>>, file: string): Record<string, unknown> {
  const made: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(fields)) made[name] = attributeOf(value, `${file}: ${name}`);
  return made;
}

function attributeOf(value: unknown, place: string): unknown {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'number') return { N: numberText(value, place) };
  if (Array.isArray(value)) return { L: value.map((each, at) => attributeOf(each, `${place}[${at}]`)) };
  return isObject(value) ? { M: dynamoDBJson(value, place) } : value;
}

/** JSON has lost what a number had beyond. */
const MOST_DIGITS = 15;

function numberText(value: number, place: string): string {
  const digits = String(value)
    .replace(/e.*$/, '')
    .replace(/[^0-9]/g, '')
    .replace(/^0+/, '');
  if (digits.length <= MOST_DIGITS) return String(value);
  throw invalid(
    place,
    `expected a number of at most ${MOST_DIGITS} digits, got more; write it as {"N": "…"}`,
  );
}

function invalid(place: string, message: string): TablecastError {
  return new TablecastError('CONFIG_INVALID', `${place}: ${message}`);
}
