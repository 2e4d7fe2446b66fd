import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { TablecastError } from '../../errors.ts';
import type { Clock } from '../../relay/ports.ts';
import { rowFromError } from './condition-failure.ts';
import type { DocumentClient } from './document-client.ts';
import type { Row, RowKey } from './rows.ts';

/** What came of a conditional write. `old` is the row it replaced or removed, `found` the one that stood against it. */
export type Written =
  | { readonly ok: true; readonly old?: Row }
  | { readonly ok: false; readonly found?: Row };

/** A condition or an update: attribute names as `#name`, operands as `:name` with their values beside. */
export interface Expression {
  readonly text: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

/** Everything the parts of the registry share: the table, and the world it is reached through. */
export interface RelayTable {
  readonly client: DocumentClient;
  readonly name: string;
  readonly clock: Clock;
  /** In [0, 1): jitter of pauses. */
  readonly random: () => number;
}

/**
 * Runs one request and translates what it throws: whatever the SDK's own retries did not mend is one fault to the
 * relay, for the record or frame at hand fails either way; the cause tells them apart in the log.
 */
export async function request<T>(table: RelayTable, operation: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (cause) {
    if (cause instanceof ConditionalCheckFailedException) throw cause;
    throw unavailable(
      table,
      operation,
      cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
      {
        cause,
      },
    );
  }
}

/** The fault of a request that did not succeed, `REGISTRY_UNAVAILABLE`: it names the operation and no value. */
export function unavailable(
  table: RelayTable,
  operation: string,
  came: string,
  options?: ErrorOptions,
): TablecastError {
  return new TablecastError(
    'REGISTRY_UNAVAILABLE',
    `expected ${operation} on relay table ${table.name} to succeed, got ${came}`,
    options,
  );
}

/** For work that nothing depends on: what the table did not take is passed over, and faults of our own code are not. */
export function passUnavailable(error: unknown): void {
  if (!(error instanceof TablecastError)) throw error;
}

/** Puts a row if `condition` holds. */
export function put(table: RelayTable, row: Row & RowKey, condition: Expression): Promise<Written> {
  return conditional(table, 'PutItem', async () => {
    const { Attributes } = await table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: { ...row },
        ...conditionInput(condition),
        ReturnValues: 'ALL_OLD',
      }),
    );
    return Attributes;
  });
}

/** Puts a row, whatever stands there. */
export async function putAlways(table: RelayTable, row: Row & RowKey): Promise<void> {
  await request(table, 'PutItem', () =>
    table.client.send(new PutCommand({ TableName: table.name, Item: { ...row } })),
  );
}

/** Removes a row if `condition` holds. */
export function remove(table: RelayTable, key: RowKey, condition: Expression): Promise<Written> {
  return conditional(table, 'DeleteItem', async () => {
    const { Attributes } = await table.client.send(
      new DeleteCommand({
        TableName: table.name,
        Key: keyOf(key),
        ...conditionInput(condition),
        ReturnValues: 'ALL_OLD',
      }),
    );
    return Attributes;
  });
}

/** Updates a row, or makes it, if `condition` holds. */
export function update(
  table: RelayTable,
  key: RowKey,
  change: Expression,
  condition?: Expression,
): Promise<Written> {
  return conditional(table, 'UpdateItem', async () => {
    const names = namesIn(change.text, condition?.text);
    const { Attributes } = await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: keyOf(key),
        UpdateExpression: change.text,
        ...(condition && {
          ConditionExpression: condition.text,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
        }),
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ...change.values, ...condition?.values },
        ReturnValues: 'ALL_OLD',
      }),
    );
    return Attributes;
  });
}

/** Strongly consistent. */
export async function get(table: RelayTable, key: RowKey): Promise<Row | undefined> {
  const { Item } = await request(table, 'GetItem', () =>
    table.client.send(new GetCommand({ TableName: table.name, Key: keyOf(key), ConsistentRead: true })),
  );
  return Item;
}

/** Which rows of a partition are read. */
export interface QueryOptions {
  /** Sort keys that begin with this; all by default, or those of `from`. */
  readonly prefix?: string;
  /** Sort keys from this one on. Not beside `prefix`: DynamoDB takes one condition on the sort key. */
  readonly from?: string;
  /** Read only these; all by default. */
  readonly attributes?: readonly string[];
}

/** All rows of one partition, strongly consistent, all pages. */
export async function query(
  table: RelayTable,
  pk: string,
  options: QueryOptions = {},
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const page of queryPages(table, pk, options)) rows.push(...page);
  return rows;
}

/** As {@link query}, page by page of 1 MB: the next is read once the one before it has been dealt with. */
export async function* queryPages(
  table: RelayTable,
  pk: string,
  { prefix, from, attributes }: QueryOptions = {},
): AsyncGenerator<readonly Row[]> {
  const projection = attributes?.map((name) => `#${name}`).join(', ');
  const sorts =
    prefix !== undefined ? ' AND begins_with(#sk, :prefix)' : from !== undefined ? ' AND #sk >= :from' : '';
  const keys = `#pk = :pk${sorts}`;
  let start: Record<string, unknown> | undefined;
  do {
    const page = await request(table, 'Query', () =>
      table.client.send(
        new QueryCommand({
          TableName: table.name,
          ConsistentRead: true,
          KeyConditionExpression: keys,
          ...(projection !== undefined && { ProjectionExpression: projection }),
          ExpressionAttributeNames: namesIn(keys, projection),
          ExpressionAttributeValues: {
            ':pk': pk,
            ...(prefix !== undefined ? { ':prefix': prefix } : from !== undefined && { ':from': from }),
          },
          ...(start && { ExclusiveStartKey: start }),
        }),
      ),
    );
    yield page.Items ?? [];
    start = page.LastEvaluatedKey;
  } while (start);
}

async function conditional(
  table: RelayTable,
  operation: string,
  send: () => Promise<Row | undefined>,
): Promise<Written> {
  try {
    const old = await request(table, operation, send);
    return old ? { ok: true, old } : { ok: true };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return error.Item ? { ok: false, found: rowFromError(error.Item) } : { ok: false };
  }
}

/** The key alone, of a row too: DynamoDB refuses a Key with other attributes. */
function keyOf({ pk, sk }: RowKey): Record<string, string> {
  return { pk, sk };
}

function conditionInput(condition: Expression) {
  const names = namesIn(condition.text);
  return {
    ConditionExpression: condition.text,
    ExpressionAttributeNames: names,
    ...(condition.values && { ExpressionAttributeValues: { ...condition.values } }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

/** `#name` stands for the attribute `name` everywhere, so that none can clash with DynamoDB's reserved words. */
function namesIn(...texts: readonly (string | undefined)[]): Record<string, string> {
  const names: Record<string, string> = {};
  for (const text of texts)
    for (const [, name = ''] of text?.matchAll(/#(\w+)/g) ?? []) names[`#${name}`] = name;
  return names;
}
