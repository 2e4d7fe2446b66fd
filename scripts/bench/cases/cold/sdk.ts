/** Bundled as a function is: the AWS SDK v3 client as it comes, with ready frames. */
import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { CREDENTIALS, REGION, STAGE } from '../../workload.ts';
import type { PostingEvent } from './messages.ts';

export async function handler({ endpoint, connectionIds, frame, concurrency }: PostingEvent): Promise<void> {
  const client = new ApiGatewayManagementApiClient({
    endpoint: `${endpoint}/${STAGE}`,
    region: REGION,
    credentials: CREDENTIALS,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const Data = Buffer.from(frame);
  const queue = connectionIds[Symbol.iterator]();
  const lane = async () => {
    for (const ConnectionId of queue) await client.send(new PostToConnectionCommand({ ConnectionId, Data }));
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
