import type { Model } from '../schema/model.ts';
import { arnOf, getAtt, type Text } from './intrinsics.ts';
import { managedTableId } from './managed-table.ts';
import type { FunctionName } from './roles.ts';
import type { TableSetting } from './table-settings.ts';

/** A table of the user's, as a role names it. */
export interface UserTable {
  readonly arn: Text;
  /** False when nothing may put, update or delete items of it. */
  readonly writes: boolean;
}

/** What one function may do to the users' tables. */
export interface TableActions {
  /** On every table of the schema. */
  readonly reads: readonly string[];
  /** On those that may be written. */
  readonly writes: readonly string[];
}

/** Queries and mutations come over HTTP and, in two of the dialects, over the socket. */
const QUERIES: TableActions = {
  reads: ['BatchGetItem', 'GetItem', 'Query', 'Scan'],
  writes: ['DeleteItem', 'PutItem', 'UpdateItem'],
};

/** A field that a resolver answers may look items up while a change is delivered. It cannot scan and cannot write. */
const AT_DELIVERY: TableActions = { reads: ['BatchGetItem', 'GetItem', 'Query'], writes: [] };

const NONE: TableActions = { reads: [], writes: [] };

/** What a function may do to the users' tables: most of them nothing at all. */
export function tableActions(
  functionName: FunctionName,
  model: Pick<Model, 'resolvedFields' | 'types'>,
): TableActions {
  if (functionName === 'graphql' || functionName === 'subscribe') return QUERIES;
  return functionName === 'stream' && resolvesAtDelivery(model) ? AT_DELIVERY : NONE;
}

/** Whether what is delivered may hold a field that a resolver answers: then the stream function runs resolvers too. */
export function resolvesAtDelivery({
  resolvedFields,
  types,
}: Pick<Model, 'resolvedFields' | 'types'>): boolean {
  return [...resolvedFields.values()].some(({ type }) => types.has(type));
}

/**
 * Whether mutations may write a table. A managed one was made to be written; one that others made is theirs unless its
 * setting says otherwise.
 * @param isLocal true where no role holds: then only `writes: false` forbids it. Default false.
 */
export function isWritable({ kind, writes }: TableSetting, isLocal = false): boolean {
  return writes ?? (isLocal || kind === 'managed');
}

/** The table a setting speaks of. `stream`: its stream, which is known by now. */
export function userTable(table: string, setting: TableSetting, stream: Text): UserTable {
  const writes = isWritable(setting);
  if (setting.kind === 'managed') return { arn: getAtt(managedTableId(table), 'Arn'), writes };
  // A stream's ARN is its table's with more behind; one that only CloudFormation knows leaves the name.
  const known = typeof stream === 'string' ? stream.slice(0, stream.indexOf('/stream/')) : undefined;
  return { arn: known ?? arnOf('dynamodb', `table/${setting.name}`), writes };
}
