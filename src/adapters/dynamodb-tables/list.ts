import { isDeepStrictEqual } from 'node:util';
import {
  type DynamoDBDocumentClient,
  type NativeAttributeValue,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/lib-dynamodb';
import { keyOf } from '../../api/keys.ts';
import type { ImagePage } from '../../api/ports.ts';
import type { Image } from '../../change/change.ts';
import { isEntity } from '../../change/entity.ts';
import { TablecastError } from '../../errors.ts';
import {
  type DynamoDBExpression,
  dynamodbExpression,
  type KeyForm,
} from '../../filter/dynamodb-expression.ts';
import type { Expression } from '../../filter/expression.ts';
import { compilePredicate } from '../../filter/predicate.ts';
import type { TableType } from '../../schema/model.ts';
import { inForm, type KeyForms } from './key-forms.ts';
import { fromNativeItem, toNativeItem } from './native.ts';
import { type Partition, partitionOf, partitionsOf } from './partitions.ts';
import { placeholderInput } from './write-expressions.ts';

/** Requests one page may take. */
const MAX_REQUESTS = 10;
/** Items read by one request of a filtered list: most of them may not match. */
const FILTERED_ITEMS_PER_REQUEST = 1_000;

/** Where a list is read from. */
export interface ListSource {
  readonly client: DynamoDBDocumentClient;
  /** Stored name. */
  readonly table: string;
  readonly type: TableType;
  readonly forms: KeyForms;
}

interface PageRequest {
  readonly filter: Expression;
  readonly limit: number;
  readonly after?: Image;
}

/**
 * One page of the items of a type that match; eventually consistent, as AppSync's lists are. Every item DynamoDB gives
 * is judged by the predicate.
 */
export async function listItems(source: ListSource, page: PageRequest): Promise<ImagePage> {
  const { type, forms } = source;
  const partitions = partitionsOf(type, page.filter);
  return forms.first<ImagePage>(type, async (keyForm) => {
    const after = page.after && (inForm(page.after, keyForm) ?? page.after);
    const request: PageRequest = { filter: page.filter, limit: page.limit, ...(after && { after }) };
    if (partitions) return listPartitions(source, partitions, request, keyForm);
    const expression = dynamodbExpression(type, page.filter, { keyForm });
    if (!expression) return { value: { images: [] }, isProof: false };
    const isProof = expression.KeyConditionExpression !== undefined && isWholeKey(type);
    return { value: await fillPage(source, expression, request), isProof };
  });
}

/** Reads one partition after the other until the page is full. */
async function listPartitions(
  source: ListSource,
  partitions: readonly Partition[],
  { filter, limit, after }: PageRequest,
  keyForm: KeyForm,
): Promise<{ readonly value: ImagePage; readonly isProof: boolean }> {
  const { type } = source;
  const images: Image[] = [];
  let isProof = false;
  const from = after ? partitions.findIndex(({ value }) => value === partitionOf(type, after)) : 0;
  for (const [index, partition] of partitions.entries()) {
    const expression = index < from ? undefined : dynamodbExpression(type, partition.filter, { keyForm });
    // Of a key that the table cannot hold there is no item.
    if (expression?.KeyConditionExpression === undefined) continue;
    const page = await fillPage(source, expression, {
      filter,
      limit: limit - images.length,
      ...(after && index === from && { after }),
    });
    images.push(...page.images);
    isProof ||= isWholeKey(type);
    const last = images.at(-1);
    const isMore = images.length === limit && last && index < partitions.length - 1;
    const lastKey = page.lastKey ?? (isMore ? keyOf(type, last) : undefined);
    if (lastKey) return { value: { images, lastKey }, isProof };
  }
  return { value: { images }, isProof };
}

/** A query shows the form of the partition key alone: it tells nothing of a sort key that it does not name. */
function isWholeKey({ keys }: TableType): boolean {
  return keys.length === 1;
}

async function fillPage(
  source: ListSource,
  expression: DynamoDBExpression,
  { filter, limit, after }: PageRequest,
): Promise<ImagePage> {
  const { type } = source;
  const compiled = compilePredicate(filter, type);
  if (!compiled.ok) throw new TablecastError('FILTER_INVALID', compiled.message);
  const matches = (image: Image) => (!type.where || isEntity(image, type.where)) && compiled.test(image);
  const images: Image[] = [];
  let start = after && toNativeItem(after);
  for (let requests = 0; requests < MAX_REQUESTS; requests++) {
    if (start && isEndOf(expression, start)) return { images };
    const isFiltered = expression.FilterExpression !== undefined || requests > 0;
    // One more than asked for, to know whether there is a next page.
    const items = isFiltered ? FILTERED_ITEMS_PER_REQUEST : limit + 1;
    const read = await readPage(source, expression, items, start);
    for (const [index, item] of read.items.entries()) {
      const image = fromNativeItem(item);
      if (!matches(image)) continue;
      images.push(image);
      if (images.length < limit) continue;
      // Items that do not match are nobody's business: the page after them would be empty, and is not promised.
      const isEnd = !read.next && !read.items.slice(index + 1).some((each) => matches(fromNativeItem(each)));
      return { images, ...(!isEnd && { lastKey: keyOf(type, image) }) };
    }
    start = read.next;
    if (!start) return { images };
  }
  return { images, ...(start && { lastKey: fromNativeItem(start) }) };
}

type NativeItem = Record<string, NativeAttributeValue>;

/** DynamoDB Local refuses to start behind the last item that a key condition takes, and there is nothing to be found. */
function isEndOf({ last }: DynamoDBExpression, start: NativeItem): boolean {
  return last !== undefined && isDeepStrictEqual(fromNativeItem(start)[last.attribute], last.value);
}

async function readPage(
  { client, table }: ListSource,
  expression: DynamoDBExpression,
  Limit: number,
  start: NativeItem | undefined,
): Promise<{ readonly items: readonly NativeItem[]; readonly next?: NativeItem }> {
  const { KeyConditionExpression, FilterExpression } = expression;
  const input = {
    TableName: table,
    Limit,
    ...(FilterExpression !== undefined && { FilterExpression }),
    ...placeholderInput(expression),
    ...(start && { ExclusiveStartKey: start }),
  };
  const { Items = [], LastEvaluatedKey } =
    KeyConditionExpression === undefined
      ? await client.send(new ScanCommand(input))
      : await client.send(new QueryCommand({ ...input, KeyConditionExpression }));
  return { items: Items, ...(LastEvaluatedKey && { next: LastEvaluatedKey }) };
}
