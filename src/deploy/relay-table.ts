/**
 * `Properties` of the relay table's `AWS::DynamoDB::Table`, but for its name (DESIGN §4). Nothing in it outlives a
 * connection by much, so it has no point-in-time recovery; no index, because only base-table reads are strongly
 * consistent.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html
 */
export interface RelayTableDefinition {
  BillingMode: 'PAY_PER_REQUEST';
  AttributeDefinitions: { AttributeName: string; AttributeType: 'S' }[];
  KeySchema: { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[];
  /** Epoch seconds. Deletion may lag by days: readers compare the attribute themselves. */
  TimeToLiveSpecification: { AttributeName: string; Enabled: true };
  SSESpecification: { SSEEnabled: true };
}

export const relayTableDefinition: RelayTableDefinition = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  SSESpecification: { SSEEnabled: true },
};

/** The same table for the DynamoDB API, which sets the time to live by a second call and spells encryption otherwise. */
export interface RelayTableRequests {
  /** Input of CreateTable. */
  readonly create: Omit<RelayTableDefinition, 'TimeToLiveSpecification' | 'SSESpecification'> & {
    TableName: string;
    SSESpecification: { Enabled: true };
  };
  /** Input of UpdateTimeToLive, once the table is ACTIVE. */
  readonly timeToLive: {
    TableName: string;
    TimeToLiveSpecification: RelayTableDefinition['TimeToLiveSpecification'];
  };
}

/** {@link relayTableDefinition} as the inputs of CreateTable and UpdateTimeToLive. */
export function relayTableRequests(tableName: string): RelayTableRequests {
  const { TimeToLiveSpecification, SSESpecification, ...table } = relayTableDefinition;
  return {
    create: { ...table, TableName: tableName, SSESpecification: { Enabled: SSESpecification.SSEEnabled } },
    timeToLive: { TableName: tableName, TimeToLiveSpecification },
  };
}
