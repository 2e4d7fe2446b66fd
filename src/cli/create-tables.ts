import {
  CreateTableCommand,
  type CreateTableInput,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import { kindOf, TablecastError } from '../errors.ts';

/** A table of a CloudFormation template, as the DynamoDB API wants it. */
export interface TableRequests {
  readonly name: string;
  readonly create: CreateTableInput;
  /** Attribute that holds the epoch seconds of expiry, when the template switches time to live on. */
  readonly timeToLive?: string;
}

/** What CreateTable knows by the same name and shape as CloudFormation. */
const SAME = [
  'AttributeDefinitions',
  'KeySchema',
  'BillingMode',
  'ProvisionedThroughput',
  'GlobalSecondaryIndexes',
  'LocalSecondaryIndexes',
] as const;

/**
 * `AWS::DynamoDB::Table` → CreateTable and UpdateTimeToLive. What only matters in the cloud (tags, backups,
 * encryption keys, capacity scaling) is left out.
 * @throws TablecastError `CONFIG_INVALID` when the name is not known before a deploy
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html
 */
export function tableRequests(
  logicalId: string,
  properties: Readonly<Record<string, unknown>>,
): TableRequests {
  const name = properties['TableName'];
  if (typeof name !== 'string') {
    throw new TablecastError(
      'CONFIG_INVALID',
      `Resources.${logicalId}.Properties.TableName: expected text, got ${kindOf(name)}; locally a table needs a name`,
    );
  }
  const same = Object.fromEntries(SAME.flatMap((key) => (key in properties ? [[key, properties[key]]] : [])));
  const stream = fieldsOf(properties['StreamSpecification']);
  const timeToLive = fieldsOf(properties['TimeToLiveSpecification']);
  const attribute = timeToLive['Enabled'] === true ? timeToLive['AttributeName'] : undefined;
  const create: CreateTableInput = {
    ...same,
    ...('StreamViewType' in stream && {
      StreamSpecification: {
        StreamEnabled: true,
        StreamViewType: viewType(logicalId, stream['StreamViewType']),
      },
    }),
    TableName: name,
  };
  return { name, create, ...(typeof attribute === 'string' && { timeToLive: attribute }) };
}

const VIEW_TYPES = ['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES'] as const;

function viewType(logicalId: string, value: unknown): (typeof VIEW_TYPES)[number] {
  const known = VIEW_TYPES.find((type) => type === value);
  if (known !== undefined) return known;
  throw new TablecastError(
    'CONFIG_INVALID',
    `Resources.${logicalId}.Properties.StreamSpecification.StreamViewType: expected one of ${VIEW_TYPES.join(', ')}, got ${kindOf(value)}`,
  );
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

/** Longest wait for a table to become ACTIVE or to go, seconds. */
const MAX_WAIT_S = 30;
const POLL_S = { minDelay: 1, maxDelay: 1, maxWaitTime: MAX_WAIT_S };

/**
 * Creates the table unless it is there, waits until it is ACTIVE, and switches its time to live on.
 * @returns true when it was created
 * @throws TablecastError `LOCAL_STACK` when DynamoDB refuses
 */
export async function createTable(client: DynamoDBClient, table: TableRequests): Promise<boolean> {
  try {
    if (await isActive(client, table.name)) return false;
    const created = await tryCreate(client, table);
    if (!(await isActive(client, table.name))) {
      await waitUntilTableExists({ client, ...POLL_S }, { TableName: table.name });
    }
    if (created && table.timeToLive !== undefined) {
      await client.send(
        new UpdateTimeToLiveCommand({
          TableName: table.name,
          TimeToLiveSpecification: { AttributeName: table.timeToLive, Enabled: true },
        }),
      );
    }
    return created;
  } catch (cause) {
    const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new TablecastError(
      'LOCAL_STACK',
      `expected to create table ${table.name}, and it failed: ${detail}`,
      { cause },
    );
  }
}

/** Removes a table if it is there, and waits until it is gone. */
export async function dropTable(client: DynamoDBClient, name: string): Promise<void> {
  try {
    await client.send(new DeleteTableCommand({ TableName: name }));
    if (await exists(client, name)) await waitUntilTableNotExists({ client, ...POLL_S }, { TableName: name });
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
}

async function tryCreate(client: DynamoDBClient, { create }: TableRequests): Promise<boolean> {
  try {
    await client.send(new CreateTableCommand(create));
    return true;
  } catch (error) {
    // Someone else creates it at this moment.
    if (error instanceof ResourceInUseException) return false;
    throw error;
  }
}

async function isActive(client: DynamoDBClient, name: string): Promise<boolean> {
  return (await statusOf(client, name)) === 'ACTIVE';
}

async function exists(client: DynamoDBClient, name: string): Promise<boolean> {
  return (await statusOf(client, name)) !== undefined;
}

async function statusOf(client: DynamoDBClient, name: string): Promise<string | undefined> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    return Table?.TableStatus;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
