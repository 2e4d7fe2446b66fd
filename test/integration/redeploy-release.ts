import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyWebsocketEventV2, Context, DynamoDBRecord } from 'aws-lambda';
import { apiKeyHash } from '../../src/auth/api-keys.ts';
import type { FakeConnections } from '../../src/testing/connections.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../src/testing/dynamodb-local.ts';
import { KEY } from '../fixtures/relay.ts';

/** Where a release runs: what CloudFormation would tell its functions. */
export interface Place {
  readonly dynamodb: string;
  readonly relayTable: string;
  /** Endpoint of @connections. */
  readonly gateway: string;
}

/** The functions of one version of a project, as deployed: each composed for itself, from its own environment. */
export interface Release {
  /** `$connect` with a subprotocol. */
  connect(id: string, subprotocol: string): Promise<void>;
  /** One frame of a client; resolves with the route response, parsed. */
  send(id: string, frame: object): Promise<unknown>;
  disconnect(id: string): Promise<void>;
  /** A batch of a stream, whole: rejects when records are to come again. */
  deliver(records: readonly DynamoDBRecord[]): Promise<void>;
}

let releases = 0;

/** Deploys the handlers of this repository with a schema. Versions live side by side in this process. */
export async function deploy(sdl: string, place: Place): Promise<Release> {
  const folder = await mkdtemp(join(tmpdir(), 'tablecast-redeploy-'));
  const schema = join(folder, 'schema.graphql');
  await writeFile(schema, sdl);
  Object.assign(process.env, {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    DYNAMODB_ENDPOINT: place.dynamodb,
    TABLECAST_RELAY_TABLE: place.relayTable,
    TABLECAST_CONNECTIONS_ENDPOINT: place.gateway,
    TABLECAST_SCHEMA: schema,
    TABLECAST_API_KEY_HASHES: apiKeyHash(KEY),
    TABLECAST_LOG_LEVEL: 'silent',
  });
  releases += 1;
  const fresh = `?release=${releases}`;
  const connect: typeof import('../../handlers/connect.ts') = await import(
    `../../handlers/connect.ts${fresh}`
  );
  const subscribe: typeof import('../../handlers/subscribe.ts') = await import(
    `../../handlers/subscribe.ts${fresh}`
  );
  const disconnect: typeof import('../../handlers/disconnect.ts') = await import(
    `../../handlers/disconnect.ts${fresh}`
  );
  const stream: typeof import('../../handlers/stream.ts') = await import(`../../handlers/stream.ts${fresh}`);
  await rm(folder, { recursive: true, force: true });
  return {
    async connect(id, subprotocol) {
      const headers = { 'x-api-key': KEY, 'Sec-WebSocket-Protocol': subprotocol };
      const answer = await connect.handler({ ...event('CONNECT', id), headers });
      if (Object(answer).statusCode !== 200) throw new Error(`expected 200, got ${JSON.stringify(answer)}`);
    },
    async send(id, frame) {
      const answer = Object(
        await subscribe.handler({ ...event('MESSAGE', id), body: JSON.stringify(frame) }),
      );
      if (answer.statusCode !== 200) throw new Error(`expected 200, got ${JSON.stringify(answer)}`);
      return answer.body === undefined ? undefined : JSON.parse(answer.body);
    },
    async disconnect(id) {
      await disconnect.handler(event('DISCONNECT', id));
    },
    async deliver(records) {
      const { batchItemFailures } = await stream.handler({ Records: [...records] }, LAMBDA);
      if (batchItemFailures.length > 0) throw new Error(`failed: ${JSON.stringify(batchItemFailures)}`);
    },
  };
}

/** A family of dialects: how a client of it subscribes, and what it is sent. */
export interface Family {
  readonly name: string;
  readonly subprotocol: string;
  start(id: string, query: string): object;
  stop(id: string): object;
  readonly data: string;
}

const HEADER = Buffer.from(JSON.stringify({ host: 'localhost', 'x-api-key': KEY })).toString('base64url');

export const FAMILIES: readonly Family[] = [
  {
    name: 'graphql-transport-ws',
    subprotocol: 'graphql-transport-ws',
    start: (id, query) => ({ type: 'subscribe', id, payload: { query } }),
    stop: (id) => ({ type: 'complete', id }),
    data: 'next',
  },
  {
    name: 'subscriptions-transport-ws',
    subprotocol: 'graphql-ws',
    start: (id, query) => ({ type: 'start', id, payload: { query } }),
    stop: (id) => ({ type: 'stop', id }),
    data: 'data',
  },
  {
    name: 'AppSync',
    subprotocol: `graphql-ws, header-${HEADER}`,
    start: (id, query) => ({
      type: 'start',
      id,
      payload: {
        data: JSON.stringify({ query, variables: {} }),
        extensions: { authorization: { 'x-api-key': KEY } },
      },
    }),
    stop: (id) => ({ type: 'stop', id }),
    data: 'data',
  },
];

/** What operations of a connection were sent, in order: operation id, type of frame, the frame. */
export function sent(connections: FakeConnections, id: string) {
  return connections
    .frames(id)
    .map((text) => JSON.parse(text))
    .filter((frame) => frame.id !== undefined && frame.type !== 'start_ack')
    .map((frame): [string, string, string] => [frame.id, frame.type, JSON.stringify(frame)]);
}

function event(
  eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT',
  connectionId: string,
): APIGatewayProxyWebsocketEventV2 {
  const now = Date.now();
  return {
    isBase64Encoded: false,
    requestContext: {
      eventType,
      connectionId,
      connectedAt: now,
      stage: 'dev',
      apiId: 'local',
      domainName: 'localhost',
      routeKey: eventType === 'MESSAGE' ? '$default' : `$${eventType.toLowerCase()}`,
      messageId: 'm',
      messageDirection: 'IN',
      extendedRequestId: 'r',
      requestId: 'r',
      requestTime: new Date(now).toISOString(),
      requestTimeEpoch: now,
    },
  };
}

const LAMBDA: Context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'stream',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:stream',
  memoryLimitInMB: '512',
  awsRequestId: 'r',
  logGroupName: '/aws/lambda/stream',
  logStreamName: 's',
  getRemainingTimeInMillis: () => 60_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
};
