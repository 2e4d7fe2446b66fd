import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CreateTableInput, StreamSpecification } from '@aws-sdk/client-dynamodb';
import { kindOf, TablecastError } from '../errors.ts';
import { isObject } from '../protocol/json-object.ts';
import type { TableRequests } from './create-tables.ts';
import { parseJsonFile } from './json-file.ts';

/** Folder of a project whose files say how its existing tables were made. */
export const TABLES = 'tables';

/** Members of the format that the local DynamoDB is given as they are; it checks what is inside. */
const TAKEN = [
  'BillingMode',
  'GlobalSecondaryIndexes',
  'LocalSecondaryIndexes',
  'ProvisionedThroughput',
] as const;

/** Members that only matter in the cloud. */
const LEFT_OUT = [
  'DeletionProtectionEnabled',
  'OnDemandThroughput',
  'ResourcePolicy',
  'SSESpecification',
  'TableClass',
  'Tags',
  'WarmThroughput',
] as const;

const OWN = ['AttributeDefinitions', 'KeySchema', 'StreamSpecification', 'TableName'] as const;
const MEMBERS: readonly string[] = [...OWN, ...TAKEN, ...LEFT_OUT].sort();

const ATTRIBUTE_TYPES = ['S', 'N', 'B'] as const;
const KEY_TYPES = ['HASH', 'RANGE'] as const;
const VIEW_TYPES = ['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES'] as const;

/**
 * The tables of a project's `tables/*.json`, in the order of the files' names; none without that folder.
 * @throws TablecastError `CONFIG_INVALID` that says what is wrong in which file and where, or which two files make one
 * table
 */
export function readTableFiles(folder: string): readonly TableRequests[] {
  const madeBy = new Map<string, string>();
  return jsonFiles(join(folder, TABLES)).map((file) => {
    const table = readTableFile(textOf(file), file);
    const other = madeBy.get(table.name);
    if (other !== undefined) {
      throw new TablecastError(
        'CONFIG_INVALID',
        `${file} at TableName: expected a table that no other file makes, got ${table.name}, as in ${other}`,
      );
    }
    madeBy.set(table.name, file);
    return table;
  });
}

/**
 * Reads a file in the format of `aws dynamodb create-table --cli-input-json file://…`. Members that only matter in the
 * cloud (tags, encryption, classes) are left out.
 * @param file named in the messages
 * @throws TablecastError `CONFIG_INVALID` that says where in the file what was expected and what came
 * @see https://docs.aws.amazon.com/cli/latest/reference/dynamodb/create-table.html
 */
export function readTableFile(text: string, file: string): TableRequests {
  const given = objectAt(parseJsonFile(text, file), file, '', 'an object in the format of create-table');
  const unknown = [...given.keys()].find((member) => !MEMBERS.includes(member));
  if (unknown !== undefined)
    throw wrong(file, '', `only members of create-table (${MEMBERS.join(', ')})`, JSON.stringify(unknown));
  const name = textAt(given.get('TableName'), file, 'TableName', 'the name of the table');
  const stream = streamAt(given.get('StreamSpecification'), file);
  const create: CreateTableInput = {
    ...Object.fromEntries(
      TAKEN.flatMap((member) => (given.has(member) ? [[member, given.get(member)]] : [])),
    ),
    TableName: name,
    AttributeDefinitions: listAt(given.get('AttributeDefinitions'), file, 'AttributeDefinitions').map(
      (value, index) => {
        const at = `AttributeDefinitions[${index}]`;
        const attribute = objectAt(value, file, at, 'an object');
        return {
          AttributeName: textAt(attribute.get('AttributeName'), file, `${at}.AttributeName`, 'a name'),
          AttributeType: oneOf(ATTRIBUTE_TYPES, attribute.get('AttributeType'), file, `${at}.AttributeType`),
        };
      },
    ),
    KeySchema: listAt(given.get('KeySchema'), file, 'KeySchema').map((value, index) => {
      const at = `KeySchema[${index}]`;
      const key = objectAt(value, file, at, 'an object');
      return {
        AttributeName: textAt(key.get('AttributeName'), file, `${at}.AttributeName`, 'a name'),
        KeyType: oneOf(KEY_TYPES, key.get('KeyType'), file, `${at}.KeyType`),
      };
    }),
    ...(stream && { StreamSpecification: stream }),
  };
  return { name, create };
}

function streamAt(value: unknown, file: string): StreamSpecification | undefined {
  if (value === undefined) return undefined;
  const at = 'StreamSpecification';
  const given = objectAt(value, file, at, 'an object');
  const enabled = given.get('StreamEnabled');
  if (typeof enabled !== 'boolean')
    throw wrong(file, `${at}.StreamEnabled`, 'true or false', cameOf(enabled));
  if (!enabled) return undefined;
  const viewType = oneOf(VIEW_TYPES, given.get('StreamViewType'), file, `${at}.StreamViewType`);
  return { StreamEnabled: true, StreamViewType: viewType };
}

function jsonFiles(folder: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    // Most projects have none: their tables are managed, or are made by somebody else.
    return [];
  }
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new TablecastError(
      'CONFIG_INVALID',
      `expected a file of a table at ${file}, and it cannot be read: ${detail}`,
      { cause },
    );
  }
}

function oneOf<T extends string>(known: readonly T[], value: unknown, file: string, at: string): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  const came = typeof value === 'string' ? JSON.stringify(value) : cameOf(value);
  throw wrong(file, at, `one of ${known.join(', ')}`, came);
}

function textAt(value: unknown, file: string, at: string, expected: string): string {
  if (typeof value === 'string') return value;
  throw wrong(file, at, expected, cameOf(value));
}

function listAt(value: unknown, file: string, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(file, at, 'an array', cameOf(value));
}

function objectAt(value: unknown, file: string, at: string, expected: string): ReadonlyMap<string, unknown> {
  if (isObject(value)) {
    return new Map(Object.entries(value));
  }
  throw wrong(file, at, expected, cameOf(value));
}

function cameOf(value: unknown): string {
  return value === undefined ? 'nothing' : kindOf(value);
}

function wrong(file: string, at: string, expected: string, came: string): TablecastError {
  const place = at === '' ? file : `${file} at ${at}`;
  return new TablecastError('CONFIG_INVALID', `${place}: expected ${expected}, got ${came}`);
}
