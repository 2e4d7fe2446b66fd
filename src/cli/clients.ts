import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LOCAL_CREDENTIALS } from '../testing/dynamodb-local.ts';

/** Where DynamoDB is: an endpoint (DynamoDB Local), or without one AWS itself. */
export interface DynamoDBPlace {
  readonly endpoint?: string | undefined;
  readonly region: string;
}

/** A hung call must not hold the local loop for longer than this. */
const REQUEST_TIMEOUT_MS = 5_000;

function settings({ endpoint, region }: DynamoDBPlace) {
  const requestHandler = { requestTimeout: REQUEST_TIMEOUT_MS, connectionTimeout: 2_000 };
  if (endpoint === undefined) return { region, requestHandler };
  // A copy: the SDK writes into the credentials it is given.
  return { region, endpoint, credentials: { ...LOCAL_CREDENTIALS }, requestHandler };
}

export function dynamodbClient(place: DynamoDBPlace): DynamoDBClient {
  return new DynamoDBClient(settings(place));
}

/** One attempt a call: the reader's own back-off does the rest. */
export function dynamodbStreamsClient(place: DynamoDBPlace): DynamoDBStreamsClient {
  return new DynamoDBStreamsClient({ ...settings(place), maxAttempts: 1 });
}
