import { SQSClient } from '@aws-sdk/client-sqs';

/** A request may be 256 KB, and takes that long to be refused. */
const CONNECTION_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 3_000;

/** An `SQSClient` for one queue. It gives up what hangs, and tries three times more what got no answer. */
export function createSqsClient(region: string, queueUrl: string): SQSClient {
  return new SQSClient({
    region,
    endpoint: new URL(queueUrl).origin,
    maxAttempts: 4,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpsAgent: { keepAlive: true, maxSockets: 16 },
    },
  });
}
