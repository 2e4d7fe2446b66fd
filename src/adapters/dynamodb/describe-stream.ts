import { DescribeTableCommand, DynamoDBClient, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { checkStream, type StreamDescription } from '../../deploy/stream-arn.ts';
import { TablecastError } from '../../errors.ts';

export interface DescribeStreamOptions {
  readonly region: string;
  /** Named profile of the AWS configuration; by default the SDK's own search for credentials. */
  readonly profile?: string;
  /** DynamoDB's endpoint when it is not the region's own. */
  readonly endpoint?: string;
  /** By default the SDK's own search. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * Looks up the stream ARN of an existing table and makes sure that it can be used: needs `dynamodb:DescribeTable`.
 * @param table name in the schema, for the messages
 * @param name real table name
 * @throws TablecastError `STREAM_UNUSABLE` when the stream is off or not of NEW_AND_OLD_IMAGES, with the command that
 * mends it; `CONFIG_INVALID` when the table cannot be described, with the setting that makes the look-up unnecessary.
 */
export async function describeStream(
  table: string,
  name: string,
  options: DescribeStreamOptions,
): Promise<string> {
  const stream = checkStream(await describe(table, name, options));
  if (!stream.ok) throw new TablecastError('STREAM_UNUSABLE', stream.problem);
  return stream.arn;
}

async function describe(
  table: string,
  name: string,
  options: DescribeStreamOptions,
): Promise<StreamDescription> {
  const { region } = options;
  const client = new DynamoDBClient({ ...options });
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    const { StreamEnabled, StreamViewType } = Table?.StreamSpecification ?? {};
    const streamArn = StreamEnabled === true ? Table?.LatestStreamArn : undefined;
    return {
      name,
      region,
      ...(streamArn && { streamArn }),
      ...(StreamViewType && { viewType: StreamViewType }),
    };
  } catch (cause) {
    throw new TablecastError('CONFIG_INVALID', cannotDescribe(table, name, region, cause), { cause });
  } finally {
    client.destroy();
  }
}

function cannotDescribe(table: string, name: string, region: string, cause: unknown): string {
  const setting = `custom.tablecast.tables.${table}`;
  if (cause instanceof ResourceNotFoundException) {
    return (
      `Table ${table}: expected a table "${name}" in ${region}, found none. Set ${setting}.name to its real name, ` +
      `or ${setting} to managed to have it created`
    );
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return (
    `Table ${table}: the stream of the existing table "${name}" in ${region} could not be looked up (${reason}). ` +
    `Give credentials that may dynamodb:DescribeTable, or set ${setting}.streamArn to the ARN of its stream`
  );
}
