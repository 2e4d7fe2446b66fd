import { describe, expect, test } from '@jest/globals';
import { tableRequests } from '../../../src/cli/create-tables.ts';

describe('a CloudFormation table as CreateTable', () => {
  test('keys, indexes, billing and stream are taken over; what only matters in the cloud is not', () => {
    const keys = {
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      GlobalSecondaryIndexes: [{ IndexName: 'i', KeySchema: [], Projection: { ProjectionType: 'ALL' } }],
    };
    expect(
      tableRequests('T', {
        ...keys,
        TableName: 'Todos',
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        Tags: [{ Key: 'a', Value: 'b' }],
      }),
    ).toEqual({
      name: 'Todos',
      create: {
        ...keys,
        TableName: 'Todos',
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      },
    });
  });

  test('time to live becomes a call of its own, unless it is off', () => {
    const properties = {
      TableName: 'Relay',
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    };
    expect(tableRequests('T', properties).timeToLive).toBe('expiresAt');
    const off = { ...properties, TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: false } };
    expect(tableRequests('T', off).timeToLive).toBeUndefined();
  });

  test('a name that only a deploy would know is refused with its place', () => {
    expect(() => tableRequests('Orders', { TableName: { Ref: 'Name' } })).toThrow(
      'Resources.Orders.Properties.TableName: expected text, got object',
    );
  });

  test('an unknown view type is refused', () => {
    const properties = { TableName: 'Orders', StreamSpecification: { StreamViewType: 'EVERYTHING' } };
    expect(() => tableRequests('Orders', properties)).toThrow('expected one of KEYS_ONLY');
  });
});
