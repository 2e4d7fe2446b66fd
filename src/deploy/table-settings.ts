import { intrinsicValue } from './intrinsic-value.ts';
import type { Intrinsic } from './intrinsics.ts';
import { invalid, objectAt, objectOf, shown } from './setting-values.ts';
import { tableNameOfStream } from './stream-arn.ts';

/** Where a table of the schema is, and how it comes by its stream. */
export type TableSetting = (
  | /** Created by the deploy under `name`, and kept when the stack goes. */
  { readonly kind: 'managed'; readonly name: string }
  /** Already there. Without `stream`, its ARN is looked up at deploy. */
  | { readonly kind: 'existing'; readonly name: string; readonly stream?: string | Intrinsic }
) & {
  /**
   * Whether mutations may put, update and delete items of it: then the functions that run them are given the permission.
   * Default true for a managed table, which is there for nothing else, and false for an existing one.
   */
  readonly writes?: boolean;
};

const KEYS = ['managed', 'name', 'stream', 'streamArn', 'writes'];
const EXPECTED = '"managed", "existing" or an object with streamArn, stream, name, managed or writes';
const STREAM = 'a stream ARN, Ref, Fn::GetAtt, Fn::Sub or Fn::ImportValue';

/** `custom.tablecast.tables`: table name as the schema writes it → setting. */
export function tableSettingsOf(value: unknown): ReadonlyMap<string, TableSetting> {
  if (value === undefined || value === null) return new Map();
  const entries = [...objectAt('custom.tablecast.tables', value)];
  return new Map(entries.map(([table, setting]) => [table, tableSetting(table, setting)]));
}

function tableSetting(table: string, value: unknown): TableSetting {
  const at = `custom.tablecast.tables.${table}`;
  if (value === 'managed') return { kind: 'managed', name: table };
  if (value === 'existing') return { kind: 'existing', name: table };
  const given = objectOf(at, value, KEYS, EXPECTED);
  const name = given.get('name');
  if (name !== undefined && (typeof name !== 'string' || !/^[\w.-]{3,255}$/.test(name))) {
    throw invalid(`${at}.name`, 'a DynamoDB table name (3 to 255 of a-z, A-Z, 0-9, _, -, .)', shown(name));
  }
  const writes = given.get('writes') ?? undefined;
  if (writes !== undefined && typeof writes !== 'boolean') {
    throw invalid(`${at}.writes`, 'true or false', shown(writes));
  }
  const mutable = writes === undefined ? {} : { writes };
  const managed = given.get('managed') ?? false;
  if (typeof managed !== 'boolean') throw invalid(`${at}.managed`, 'true or false', shown(managed));
  if (!managed) return { ...existingTable(at, table, name, given), ...mutable };
  if (given.get('stream') !== undefined || given.get('streamArn') !== undefined) {
    throw invalid(at, 'either managed or a stream of an existing table', 'both');
  }
  return { kind: 'managed', name: name ?? table, ...mutable };
}

function existingTable(
  at: string,
  table: string,
  name: string | undefined,
  given: ReadonlyMap<string, unknown>,
) {
  const kind = 'existing' as const;
  const [stream, streamArn] = [given.get('stream'), given.get('streamArn')];
  if (stream !== undefined && streamArn !== undefined)
    throw invalid(at, 'either stream or streamArn', 'both');
  const source = streamArn ?? stream;
  if (source === undefined) return { kind, name: name ?? table };
  if (typeof source !== 'string')
    return { kind, name: requiredName(at, name), stream: intrinsicValue(`${at}.stream`, source, STREAM) };
  const named = tableNameOfStream(source);
  if (named === undefined) {
    const expected =
      'a stream ARN such as arn:aws:dynamodb:us-east-1:123456789012:table/Orders/stream/2026-01-01T00:00:00.000';
    throw invalid(`${at}.${streamArn === undefined ? 'stream' : 'streamArn'}`, expected, `"${source}"`);
  }
  if (name !== undefined && name !== named)
    throw invalid(`${at}.name`, `"${named}", as the stream ARN says`, `"${name}"`);
  return { kind, name: named, stream: source };
}

function requiredName(at: string, name: string | undefined): string {
  if (name !== undefined) return name;
  const expected = 'the name of the table, since a CloudFormation expression does not tell it';
  throw invalid(`${at}.name`, expected, 'nothing');
}
