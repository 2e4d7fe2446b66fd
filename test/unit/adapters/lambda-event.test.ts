import { expect, test } from '@jest/globals';
import { lambdaRecord } from '../../../src/adapters/dynamodb-streams/lambda-event.ts';

const ARN = 'arn:aws:dynamodb:us-east-1:1:table/Items/stream/one';

test('a record of GetRecords becomes the JSON that Lambda would hand over', () => {
  const record = lambdaRecord(
    {
      eventID: 'e1',
      eventName: 'REMOVE',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      userIdentity: { PrincipalId: 'dynamodb.amazonaws.com', Type: 'Service' },
      dynamodb: {
        ApproximateCreationDateTime: new Date(1_700_000_000_999),
        Keys: { id: { S: '日本' } },
        OldImage: {
          id: { S: '日本' },
          n: { N: '12345678901234567890123456789012345678' },
          b: { B: new Uint8Array([0, 255, 16]) },
          bs: { BS: [new Uint8Array([1]), new Uint8Array([2, 3])] },
          m: { M: { inner: { L: [{ BOOL: false }, { NULL: true }, { B: new Uint8Array() }] } } },
          ss: { SS: ['x'] },
          ns: { NS: ['1'] },
        },
        SequenceNumber: '000000000000000000001',
        SizeBytes: 12,
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    },
    ARN,
  );
  expect(JSON.parse(JSON.stringify(record))).toEqual({
    eventID: 'e1',
    eventName: 'REMOVE',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    userIdentity: { principalId: 'dynamodb.amazonaws.com', type: 'Service' },
    eventSourceARN: ARN,
    dynamodb: {
      ApproximateCreationDateTime: 1_700_000_000,
      Keys: { id: { S: '日本' } },
      OldImage: {
        id: { S: '日本' },
        n: { N: '12345678901234567890123456789012345678' },
        b: { B: 'AP8Q' },
        bs: { BS: ['AQ==', 'AgM='] },
        m: { M: { inner: { L: [{ BOOL: false }, { NULL: true }, { B: '' }] } } },
        ss: { SS: ['x'] },
        ns: { NS: ['1'] },
      },
      SequenceNumber: '000000000000000000001',
      SizeBytes: 12,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  });
});

test('an attribute called __proto__ stays an attribute', () => {
  const image = JSON.parse('{"__proto__":{"M":{"owner":{"S":"me"}}},"id":{"S":"1"}}');
  const record = lambdaRecord({ dynamodb: { NewImage: image } }, ARN);
  expect(JSON.stringify(record.dynamodb?.NewImage)).toBe(
    '{"__proto__":{"M":{"owner":{"S":"me"}}},"id":{"S":"1"}}',
  );
});
