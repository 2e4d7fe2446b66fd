import { beforeAll, describe, expect, test } from '@jest/globals';
import { type DescribeStreamOptions, describeStream } from '../../src/adapters/dynamodb/describe-stream.ts';
import { tableNameOfStream } from '../../src/deploy/stream-arn.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../src/testing/dynamodb-local.ts';
import { createItemTable, useDynamoDB } from '../fixtures/dynamodb.ts';

const dynamodb = useDynamoDB();

beforeAll(async () => {
  await createItemTable(dynamodb.client, 'good', { stream: 'NEW_AND_OLD_IMAGES' });
  await createItemTable(dynamodb.client, 'off');
  await createItemTable(dynamodb.client, 'keys', { stream: 'KEYS_ONLY' });
});

const describeTable = (name: string, credentials: DescribeStreamOptions['credentials'] = LOCAL_CREDENTIALS) =>
  describeStream('Orders', name, {
    region: LOCAL_REGION,
    endpoint: dynamodb.endpoint,
    ...(credentials && { credentials }),
  });

describe('the stream of an existing table', () => {
  test('is found when it has both images', async () => {
    expect(tableNameOfStream(await describeTable('good'))).toBe('good');
  });

  test('that is off is refused with the command that turns it on', async () => {
    await expect(describeTable('off')).rejects.toMatchObject({
      code: 'STREAM_UNUSABLE',
      message: expect.stringContaining(
        '--table-name off --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES',
      ),
    });
  });

  test('of keys only is refused with the command that replaces it', async () => {
    await expect(describeTable('keys')).rejects.toMatchObject({
      code: 'STREAM_UNUSABLE',
      message: expect.stringMatching(/got one of KEYS_ONLY.* --table-name keys .*StreamEnabled=false && /s),
    });
  });

  test('of a table that is not there names the setting', async () => {
    await expect(describeTable('nowhere')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('custom.tablecast.tables.Orders.name'),
    });
  });

  test('that may not be described names the other way', async () => {
    // DynamoDB Local takes letters and digits only, and answers others as AWS answers unknown keys.
    await expect(
      describeTable('good', { accessKeyId: 'not-taken', secretAccessKey: 'x' }),
    ).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('custom.tablecast.tables.Orders.streamArn'),
    });
  });
});
