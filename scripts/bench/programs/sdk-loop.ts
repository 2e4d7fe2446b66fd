import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { CREDENTIALS, plainFrame, REGION, STAGE, subscribersOf } from '../workload.ts';
import type { CreateProgram } from './program.ts';

/**
 * What a program without a relay would write: one AWS SDK v3 client as it comes, ready frames to a list of connections
 * that it is given, one message after another in each lane. It matches and renders nothing.
 */
export const createSdkLoop: CreateProgram = ({ sinkHost, concurrency }) => {
  const client = new ApiGatewayManagementApiClient({
    endpoint: `https://${sinkHost}/${STAGE}`,
    region: REGION,
    credentials: CREDENTIALS,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  return async (cell) => {
    const ids = subscribersOf(cell)
      .slice(0, cell.matches)
      .map(({ connectionId }) => connectionId);
    return {
      async deliver(events) {
        const queue = ids[Symbol.iterator]();
        const lane = async () => {
          for (const ConnectionId of queue) {
            for (const todo of events)
              await client.send(new PostToConnectionCommand({ ConnectionId, Data: plainFrame(todo) }));
          }
        };
        await Promise.all(Array.from({ length: concurrency }, lane));
      },
      renderings: () => undefined,
    };
  };
};
