import { type AttributeValue, ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  type BatchGetCommandOutput,
  type BatchWriteCommand,
  type BatchWriteCommandOutput,
  DeleteCommand,
  type DeleteCommandOutput,
  GetCommand,
  type GetCommandOutput,
  PutCommand,
  type PutCommandOutput,
  QueryCommand,
  type QueryCommandOutput,
  UpdateCommand,
  type UpdateCommandOutput,
} from '@aws-sdk/lib-dynamodb';
import type { DocumentCommand, DocumentOutput } from '../adapters/dynamodb/document-client.ts';
import { createExpressions, invalid, type TableRow } from './dynamodb-expressions.ts';

export type { TableRow } from './dynamodb-expressions.ts';

/** One effect on one row (or, of a Query, one page), about to happen. */
export interface TableStep {
  readonly operation:
    | 'GetItem'
    | 'PutItem'
    | 'UpdateItem'
    | 'DeleteItem'
    | 'Query'
    | 'BatchGetItem'
    | 'BatchWriteItem';
  readonly pk: string;
  /** Absent for a Query. */
  readonly sk?: string;
}

export interface DynamoDBTableOptions {
  readonly tableName: string;
  /**
   * Awaited before each effect, so that a test can hold, order or fail it: the effect happens at once when this
   * resolves. Items of a batch have a step each, started together, because a batch is not atomic. `unprocessed` gives
   * an item of a batch back unprocessed; a rejection fails the request. Default: everything is applied.
   */
  readonly step?: (step: TableStep) => Promise<'apply' | 'unprocessed'>;
  /** Rows in one page of a Query. Default 1 000 (DynamoDB counts 1 MB). */
  readonly pageRows?: number;
}

const $metadata = {};

/**
 * A model of one DynamoDB table with keys `pk` and `sk`, at the level of the document client: what seven commands do,
 * with every effect a step of its own, so that a scheduler can run any interleaving of any number of callers. The
 * contract suite holds it against DynamoDB Local. It has no indexes, no Scan, no transactions and no time to live; an
 * input it does not model throws.
 */
export class DynamoDBTable {
  readonly #options: DynamoDBTableOptions;
  readonly #partitions = new Map<string, Map<string, TableRow>>();

  constructor(options: DynamoDBTableOptions) {
    this.#options = options;
  }

  /** Every row, as it is now, by key. For assertions. */
  rows(): TableRow[] {
    return [...this.#partitions.keys()].sort(byBytes).flatMap((pk) => this.#sorted(pk));
  }

  send(command: GetCommand): Promise<GetCommandOutput>;
  send(command: PutCommand): Promise<PutCommandOutput>;
  send(command: UpdateCommand): Promise<UpdateCommandOutput>;
  send(command: DeleteCommand): Promise<DeleteCommandOutput>;
  send(command: QueryCommand): Promise<QueryCommandOutput>;
  send(command: BatchGetCommand): Promise<BatchGetCommandOutput>;
  send(command: BatchWriteCommand): Promise<BatchWriteCommandOutput>;
  send(command: DocumentCommand): Promise<DocumentOutput> {
    if (command instanceof GetCommand) return this.#get(command.input);
    if (command instanceof PutCommand) return this.#put(command.input);
    if (command instanceof UpdateCommand) return this.#update(command.input);
    if (command instanceof DeleteCommand) return this.#delete(command.input);
    if (command instanceof QueryCommand) return this.#query(command.input);
    if (command instanceof BatchGetCommand) return this.#batchGet(command.input);
    return this.#batchWrite(command.input);
  }

  async #get(input: GetCommand['input']): Promise<GetCommandOutput> {
    const { TableName, Key, ConsistentRead: _, ...rest } = input;
    this.#modelled(TableName, rest);
    const { pk, sk } = onlyKeyOf(Key);
    await this.#step({ operation: 'GetItem', pk, sk });
    const row = this.#read(pk, sk);
    return row ? { $metadata, Item: row } : { $metadata };
  }

  async #put(input: PutCommand['input']): Promise<PutCommandOutput> {
    const { Item, ...rest } = input;
    const key = keyOf(Item);
    return this.#write('PutItem', key, rest, () => () => checked(Item ?? {}));
  }

  async #update(input: UpdateCommand['input']): Promise<UpdateCommandOutput> {
    const { Key, UpdateExpression = '', ...rest } = input;
    const key = onlyKeyOf(Key);
    return this.#write('UpdateItem', key, rest, (expressions) => {
      const change = expressions.update(UpdateExpression);
      return (row) => checked(change(row ?? { ...key }));
    });
  }

  async #delete(input: DeleteCommand['input']): Promise<DeleteCommandOutput> {
    const { Key, ...rest } = input;
    return this.#write('DeleteItem', onlyKeyOf(Key), rest, () => () => undefined);
  }

  /** A conditional write of one row. `prepare` reads the request's expressions and gives what the row becomes. */
  async #write(
    operation: TableStep['operation'],
    { pk, sk }: RowKey,
    input: Omit<PutCommand['input'], 'Item'>,
    prepare: (
      expressions: ReturnType<typeof createExpressions>,
    ) => (row: TableRow | undefined) => TableRow | undefined,
  ): Promise<{ $metadata: object; Attributes?: TableRow }> {
    const {
      TableName,
      ConditionExpression,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
      ReturnValues = 'NONE',
      ReturnValuesOnConditionCheckFailure: onFailure = 'NONE',
      ...rest
    } = input;
    this.#modelled(TableName, rest);
    if (ReturnValues !== 'NONE' && ReturnValues !== 'ALL_OLD')
      throw notModelled(`ReturnValues ${ReturnValues}`);
    const expressions = createExpressions({ names, values });
    const become = prepare(expressions);
    const condition = expressions.condition(ConditionExpression);
    refuseUnused(expressions.unused());
    await this.#step({ operation, pk, sk });
    const old = this.#read(pk, sk);
    if (!condition(old ?? {})) {
      throw new ConditionalCheckFailedException({
        message: 'The conditional request failed',
        $metadata,
        ...(old && onFailure === 'ALL_OLD' && { Item: attributeValues(old) }),
      });
    }
    this.#store(pk, sk, become(old));
    return old && ReturnValues === 'ALL_OLD' ? { $metadata, Attributes: old } : { $metadata };
  }

  async #query(input: QueryCommand['input']): Promise<QueryCommandOutput> {
    const {
      TableName,
      KeyConditionExpression,
      ProjectionExpression,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
      ExclusiveStartKey,
      Limit = Number.POSITIVE_INFINITY,
      ConsistentRead: _,
      ...rest
    } = input;
    this.#modelled(TableName, rest);
    const expressions = createExpressions({ names, values });
    const matches = expressions.condition(KeyConditionExpression);
    const projection = expressions.projection(ProjectionExpression);
    refuseUnused(expressions.unused());
    const pk = values?.[/= *(:\w+)/.exec(KeyConditionExpression ?? '')?.[1] ?? ''];
    if (typeof pk !== 'string') throw invalid('expected a key condition that begins with the partition key');
    await this.#step({ operation: 'Query', pk });
    const after = ExclusiveStartKey && onlyKeyOf(ExclusiveStartKey).sk;
    const left = this.#sorted(pk).filter(
      (row) => matches(row) && (after === undefined || byBytes(keyOf(row).sk, after) > 0),
    );
    const page = left.slice(0, Math.min(Limit, this.#options.pageRows ?? 1_000));
    const last = page.at(-1);
    return {
      $metadata,
      Items: projection ? page.map(projection) : page,
      Count: page.length,
      ...(last && page.length < left.length && { LastEvaluatedKey: { ...keyOf(last) } }),
    };
  }

  async #batchGet(input: BatchGetCommand['input']): Promise<BatchGetCommandOutput> {
    const { RequestItems, ...rest } = input;
    const { tableName } = this.#options;
    this.#modelled(Object.keys(RequestItems ?? {}).join(), rest);
    const { Keys, ConsistentRead: _, ...more } = RequestItems?.[tableName] ?? { Keys: [] };
    this.#modelled(tableName, more);
    const keys = (Keys ?? []).map(onlyKeyOf);
    refuseBatch(keys, 100);
    const rows: TableRow[] = [];
    const unprocessed: RowKey[] = [];
    await Promise.all(
      keys.map(async ({ pk, sk }) => {
        if ((await this.#step({ operation: 'BatchGetItem', pk, sk })) === 'unprocessed')
          unprocessed.push({ pk, sk });
        else rows.push(...[this.#read(pk, sk) ?? []].flat());
      }),
    );
    return {
      $metadata,
      Responses: { [tableName]: rows },
      UnprocessedKeys:
        unprocessed.length > 0 ? { [tableName]: { Keys: unprocessed.map((key) => ({ ...key })) } } : {},
    };
  }

  async #batchWrite(input: BatchWriteCommand['input']): Promise<BatchWriteCommandOutput> {
    const { RequestItems, ...rest } = input;
    const { tableName } = this.#options;
    this.#modelled(Object.keys(RequestItems ?? {}).join(), rest);
    const writes = (RequestItems?.[tableName] ?? []).map((write) => ({
      write,
      key: write.PutRequest ? keyOf(write.PutRequest.Item) : onlyKeyOf(write.DeleteRequest?.Key),
      row: write.PutRequest?.Item && checked(write.PutRequest.Item),
    }));
    refuseBatch(
      writes.map(({ key }) => key),
      25,
    );
    const unprocessed: typeof writes = [];
    await Promise.all(
      writes.map(async (each) => {
        const { pk, sk } = each.key;
        if ((await this.#step({ operation: 'BatchWriteItem', pk, sk })) === 'unprocessed')
          unprocessed.push(each);
        else this.#store(pk, sk, each.row);
      }),
    );
    return {
      $metadata,
      UnprocessedItems: unprocessed.length > 0 ? { [tableName]: unprocessed.map(({ write }) => write) } : {},
    };
  }

  async #step(step: TableStep): Promise<'apply' | 'unprocessed'> {
    return this.#options.step ? this.#options.step(step) : 'apply';
  }

  #modelled(tableName: string | undefined, rest: object): void {
    if (tableName !== this.#options.tableName) {
      throw invalid(`expected table ${this.#options.tableName}, got ${tableName || 'none'}`);
    }
    const extra = Object.keys(rest);
    if (extra.length > 0) throw notModelled(extra.join(', '));
  }

  #read(pk: string, sk: string): TableRow | undefined {
    const row = this.#partitions.get(pk)?.get(sk);
    return row && structuredClone(row);
  }

  #store(pk: string, sk: string, row: TableRow | undefined): void {
    const partition = this.#partitions.get(pk) ?? new Map<string, TableRow>();
    this.#partitions.set(pk, partition);
    if (row) partition.set(sk, structuredClone(row));
    else partition.delete(sk);
  }

  #sorted(pk: string): TableRow[] {
    const partition = this.#partitions.get(pk) ?? new Map<string, TableRow>();
    return [...partition].sort(([a], [b]) => byBytes(a, b)).map(([, row]) => structuredClone(row));
  }
}

interface RowKey {
  readonly pk: string;
  readonly sk: string;
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const MAX_PK_BYTES = 2_048;
const MAX_SK_BYTES = 1_024;

function keyOf(row: TableRow | undefined): RowKey {
  const pk = row?.['pk'];
  const sk = row?.['sk'];
  if (typeof pk !== 'string' || typeof sk !== 'string' || pk === '' || sk === '') {
    throw invalid('expected pk and sk to be text that is not empty');
  }
  if (Buffer.byteLength(pk) > MAX_PK_BYTES || Buffer.byteLength(sk) > MAX_SK_BYTES) {
    throw invalid(`expected pk of at most ${MAX_PK_BYTES} bytes and sk of at most ${MAX_SK_BYTES}`);
  }
  return { pk, sk };
}

function onlyKeyOf(key: TableRow | undefined): RowKey {
  const { pk, sk } = keyOf(key);
  if (Object.keys(key ?? {}).length > 2) throw invalid('The number of conditions on the keys is invalid');
  return { pk, sk };
}

/** What the document client can marshal, of the types that are modelled. */
function checked(row: TableRow): TableRow {
  attributeValues(row);
  return row;
}

function attributeValues(row: TableRow): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, attributeValue(value)]));
}

function attributeValue(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(attributeValue) };
  throw notModelled(`an attribute of type ${value === null ? 'null' : typeof value}`);
}

function refuseUnused(unused: readonly string[]): void {
  if (unused.length > 0)
    throw invalid(`Value provided in ExpressionAttribute… unused in expressions: ${unused.join()}`);
}

function refuseBatch(keys: readonly RowKey[], most: number): void {
  if (keys.length === 0 || keys.length > most)
    throw invalid(`expected 1 to ${most} items in a batch, got ${keys.length}`);
  if (new Set(keys.map(({ pk, sk }) => JSON.stringify([pk, sk]))).size < keys.length) {
    throw invalid('Provided list of item keys contains duplicates');
  }
}

function notModelled(what: string): Error {
  return new Error(`expected only what the table model knows, got ${what}`);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
