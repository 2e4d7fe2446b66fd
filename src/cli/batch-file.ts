import type { AttributeValue, WriteRequest } from '@aws-sdk/client-dynamodb';
import { kindOf, TablecastError } from '../errors.ts';
import { parseJsonFile } from './json-file.ts';

/** One write of a batch-write-item file. */
export interface TableWrite {
  readonly table: string;
  readonly request: WriteRequest;
}

/**
 * Reads a file in the format of `aws dynamodb batch-write-item --request-items`, of any number of requests:
 * `{"Todos": [{"PutRequest": {"Item": {"id": {"S": "L5"}}}}, {"DeleteRequest": {"Key": {…}}}]}`.
 * @param file named in the messages
 * @throws TablecastError `CONFIG_INVALID` that says where in the file what was expected and what came
 * @see https://docs.aws.amazon.com/cli/latest/reference/dynamodb/batch-write-item.html
 */
export function readBatchFile(text: string, file: string): readonly TableWrite[] {
  const tables = objectAt(parseJsonFile(text, file), file, '', 'an object of table names');
  return Object.entries(tables).flatMap(([table, requests]) => {
    if (!Array.isArray(requests)) throw wrong(file, table, 'an array of requests', requests);
    return requests.map((request: unknown, index) => ({
      table,
      request: writeRequest(request, file, `${table}[${index}]`),
    }));
  });
}

function writeRequest(value: unknown, file: string, at: string): WriteRequest {
  const request = objectAt(value, file, at, 'an object with PutRequest or DeleteRequest');
  const names = Object.keys(request);
  if (names.length === 1 && names[0] === 'PutRequest') {
    return { PutRequest: { Item: inner(request['PutRequest'], 'Item', file, `${at}.PutRequest`) } };
  }
  if (names.length === 1 && names[0] === 'DeleteRequest') {
    return { DeleteRequest: { Key: inner(request['DeleteRequest'], 'Key', file, `${at}.DeleteRequest`) } };
  }
  throw wrong(file, at, 'either PutRequest or DeleteRequest', names.join(', ') || 'an empty object', true);
}

function inner(
  value: unknown,
  name: 'Item' | 'Key',
  file: string,
  at: string,
): Record<string, AttributeValue> {
  const given = objectAt(value, file, at, `an object with ${name}`);
  return attributes(given[name], file, `${at}.${name}`);
}

function attributes(value: unknown, file: string, at: string): Record<string, AttributeValue> {
  // Null prototype: an attribute may be called `__proto__`.
  const out: Record<string, AttributeValue> = Object.create(null);
  for (const [name, attribute] of Object.entries(objectAt(value, file, at, 'an object of attributes'))) {
    out[name] = attributeValue(attribute, file, `${at}.${name}`);
  }
  return out;
}

function attributeValue(value: unknown, file: string, at: string): AttributeValue {
  const given = Object.entries(objectAt(value, file, at, 'an attribute value such as {"S": "text"}'));
  const [type, content] = given[0] ?? [];
  if (given.length !== 1 || type === undefined) {
    const came = given.map(([name]) => name).join(', ') || 'an empty object';
    throw wrong(file, at, 'one attribute value such as {"S": "text"}', came, true);
  }
  const inside = `${at}.${type}`;
  switch (type) {
    case 'S':
      return { S: textAt(content, file, inside, 'text') };
    case 'N':
      return { N: textAt(content, file, inside, 'a number in quotes') };
    case 'B':
      return { B: bytesAt(content, file, inside) };
    case 'BOOL':
      if (typeof content !== 'boolean') throw wrong(file, inside, 'true or false', content);
      return { BOOL: content };
    case 'NULL':
      if (content !== true) throw wrong(file, inside, 'true', content);
      return { NULL: true };
    case 'SS':
      return {
        SS: listAt(content, file, inside).map((item, i) => textAt(item, file, `${inside}[${i}]`, 'text')),
      };
    case 'NS':
      return {
        NS: listAt(content, file, inside).map((item, i) =>
          textAt(item, file, `${inside}[${i}]`, 'a number in quotes'),
        ),
      };
    case 'BS':
      return { BS: listAt(content, file, inside).map((item, i) => bytesAt(item, file, `${inside}[${i}]`)) };
    case 'L':
      return {
        L: listAt(content, file, inside).map((item, i) => attributeValue(item, file, `${inside}[${i}]`)),
      };
    case 'M':
      return { M: attributes(content, file, inside) };
    default:
      throw wrong(file, at, 'one of S, N, B, BOOL, NULL, SS, NS, BS, L, M', JSON.stringify(type), true);
  }
}

function textAt(value: unknown, file: string, at: string, expected: string): string {
  if (typeof value !== 'string') throw wrong(file, at, expected, value);
  return value;
}

function bytesAt(value: unknown, file: string, at: string): Uint8Array {
  const text = textAt(value, file, at, 'base64 text');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw wrong(file, at, 'base64 text', 'other text', true);
  }
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

function listAt(value: unknown, file: string, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(file, at, 'an array', value);
  return value;
}

function objectAt(value: unknown, file: string, at: string, expected: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(file, at, expected, value);
  return Object.fromEntries(Object.entries(value));
}

function wrong(file: string, at: string, expected: string, came: unknown, described = false): TablecastError {
  const got = described ? String(came) : kindOf(came);
  return new TablecastError(
    'CONFIG_INVALID',
    `${file}${at === '' ? '' : ` at ${at}`}: expected ${expected}, got ${got}`,
  );
}
