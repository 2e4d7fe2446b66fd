import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { withoutLogging } from '../adapters/dynamodb/document-client.ts';
import type { Config } from '../config.ts';

/** The clients the worker has beside those of the delivery pipeline. */
export interface WorkerClients {
  /** For DescribeTable and the leases. */
  readonly dynamodb: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
  destroy(): void;
}

/** A call that hangs for longer than this is broken off. */
const REQUEST_TIMEOUT_MS = 3_000;
/** Reading a page of 1 MB may take longer. */
const READ_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 1_000;
/** Of a lease: one renewal may hang and another still come in time, for posting stops at two thirds of it. */
const RENEWAL_SHARE = 1 / 4;
/** GetRecords under way at once, one a shard. */
const MAX_SOCKETS = 256;

/** Both find their credentials as the AWS command line does, at an endpoint of one's own as well. */
export function workerClients(config: Config, leaseMs: number): WorkerClients {
  const place = {
    region: config.region,
    ...(config.dynamodbEndpoint !== undefined && { endpoint: config.dynamodbEndpoint }),
  };
  const requests = (requestTimeout: number) => ({
    connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, requestTimeout),
    requestTimeout,
    throwOnRequestTimeout: true,
    httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
    httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
  });
  const dynamodb = new DynamoDBClient({
    ...place,
    maxAttempts: 2,
    requestHandler: requests(Math.min(REQUEST_TIMEOUT_MS, leaseMs * RENEWAL_SHARE)),
  });
  // One attempt a call: the reader's own back-off does the rest.
  const streams = new DynamoDBStreamsClient({
    ...place,
    maxAttempts: 1,
    requestHandler: requests(READ_TIMEOUT_MS),
  });
  return {
    dynamodb: withoutLogging(dynamodb),
    streams: withoutLogging(streams),
    destroy() {
      dynamodb.destroy();
      streams.destroy();
    },
  };
}
