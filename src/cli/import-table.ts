import {
  type AttributeDefinition,
  type AttributeValue,
  DescribeTableCommand,
  type DynamoDBClient,
  ScanCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import type { Image } from '../change/change.ts';
import { readImage } from '../change/image.ts';
import { streamProblem } from '../deploy/stream-arn.ts';
import { TablecastError } from '../errors.ts';
import type { KeyAttribute, TableKeys } from '../schema/sample/table-type.ts';
import type { DynamoDBPlace } from './clients.ts';
import type { Failed } from './import-failures.ts';

/** What DescribeTable told. */
export interface DescribedTable {
  readonly keys: TableKeys;
  /** Why its changes cannot be read as it is, with the command that mends it. */
  readonly streamProblem?: string;
}

interface Request extends DynamoDBPlace {
  readonly table: string;
  readonly signal: AbortSignal;
}

/** @throws TablecastError what `failed` makes of DynamoDB's error */
export async function describeTable(
  client: DynamoDBClient,
  { table, signal, ...place }: Request,
  failed: Failed,
): Promise<DescribedTable> {
  const { Table } = await failed('dynamodb:DescribeTable', () =>
    client.send(new DescribeTableCommand({ TableName: table }), { abortSignal: signal }),
  );
  const types = new Map(Table?.AttributeDefinitions?.map((each) => [each.AttributeName, each]));
  const keys = (Table?.KeySchema ?? []).map(({ AttributeName, KeyType }) => ({
    ...keyAttribute(table, types.get(AttributeName)),
    isPartition: KeyType === 'HASH',
  }));
  const partitionKey = keys.find((key) => key.isPartition);
  const sortKey = keys.find((key) => !key.isPartition);
  if (!partitionKey) {
    throw new TablecastError(
      'TABLE_UNAVAILABLE',
      `Table ${table}: expected a partition key of DescribeTable, got none`,
    );
  }
  const own = new Set(keys.map(({ attribute }) => attribute));
  const indexKeys = [...types.values()]
    .map((definition) => keyAttribute(table, definition))
    .filter(({ attribute }) => !own.has(attribute));
  const problem = problemOfStream(table, Table, place);
  return {
    keys: { table, partitionKey, ...(sortKey && { sortKey }), indexKeys },
    ...(problem !== undefined && { streamProblem: problem }),
  };
}

function keyAttribute(table: string, definition: AttributeDefinition | undefined): KeyAttribute {
  const { AttributeName: attribute, AttributeType: type } = definition ?? {};
  if (attribute !== undefined && (type === 'S' || type === 'N' || type === 'B')) return { attribute, type };
  throw new TablecastError(
    'TABLE_UNAVAILABLE',
    `Table ${table}: expected keys of type S, N or B of DescribeTable, got ${JSON.stringify(type)}`,
  );
}

function problemOfStream(
  name: string,
  table: TableDescription | undefined,
  { region, endpoint }: DynamoDBPlace,
): string | undefined {
  const { StreamEnabled, StreamViewType } = table?.StreamSpecification ?? {};
  const streamArn = StreamEnabled === true ? table?.LatestStreamArn : undefined;
  const problem = streamProblem({
    name,
    region,
    ...(streamArn !== undefined && { streamArn }),
    ...(StreamViewType !== undefined && { viewType: StreamViewType }),
  });
  if (endpoint === undefined) return problem;
  return problem?.replaceAll('aws dynamodb ', `aws --endpoint-url ${endpoint} dynamodb `);
}

/**
 * The table is read from this many places in turn. Read from the start alone, the sample of a table with a large
 * partition would be that partition.
 */
const SEGMENTS = 8;

/** Items asked for at once: small steps of capacity, and of the progress bar. */
const PAGE_ITEMS = 250;

interface SampleRequest extends Request {
  /** Most items. */
  readonly sample: number;
  readonly failed: Failed;
  readonly onItem: (item: Image) => void;
  /** Told the number of items of each page. */
  readonly onPage: (items: number) => void;
}

/**
 * Reads up to `sample` items by Scan (eventually consistent), spread over the table; keeps none of them.
 * @returns `whole`: these were all there are; `unreadable`: items that hold what no DynamoDB item can
 */
export async function sampleItems(
  client: DynamoDBClient,
  { keys: { table } }: DescribedTable,
  { sample, signal, failed, onItem, onPage }: SampleRequest,
): Promise<{ readonly whole: boolean; readonly unreadable: number }> {
  const places: { readonly segment: number; readonly after?: Record<string, AttributeValue> }[] = Array.from(
    { length: SEGMENTS },
    (_, segment) => ({ segment }),
  );
  const share = Math.min(PAGE_ITEMS, Math.ceil(sample / SEGMENTS));
  let left = sample;
  let unreadable = 0;
  while (left > 0) {
    const place = places.shift();
    if (!place) break;
    const { segment, after } = place;
    const page = await failed('dynamodb:Scan', () =>
      client.send(
        new ScanCommand({
          TableName: table,
          Segment: segment,
          TotalSegments: SEGMENTS,
          Limit: Math.min(share, left),
          ...(after && { ExclusiveStartKey: after }),
        }),
        { abortSignal: signal },
      ),
    );
    const items = page.Items ?? [];
    for (const item of items) {
      const read = readImage(item);
      if (read.ok) onItem(read.image);
      else unreadable++;
    }
    left -= items.length;
    onPage(items.length);
    if (page.LastEvaluatedKey) places.push({ segment, after: page.LastEvaluatedKey });
  }
  return { whole: places.length === 0, unreadable };
}
