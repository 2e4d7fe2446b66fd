import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../../src/testing/dynamodb-local.ts';
import type { OperationCost, RelayOperation } from './operations.ts';

/** What of graphql-lambda-subscriptions, graphql and the AWS SDK v2 is used here. */
interface Gls {
  makeServer(options: object): { readonly webSocketHandler: (event: object) => Promise<unknown> };
  subscribe(topic: string, options: object): unknown;
}
interface GraphQL {
  buildSchema(sdl: string): {
    getSubscriptionType(): { getFields(): Record<string, { subscribe?: unknown }> };
  };
}
interface SdkRequest {
  readonly operation: string;
  readonly params: Record<string, unknown>;
}
interface Listeners {
  on(event: 'validate', listener: (request: SdkRequest) => void): void;
  on(
    event: 'success',
    listener: (response: { request: SdkRequest; data: { ConsumedCapacity?: Capacity } }) => void,
  ): void;
  removeListener(event: string, listener: unknown): void;
}
interface Capacity {
  readonly CapacityUnits?: number;
}
interface Sdk {
  readonly DynamoDB: new (options: object) => object;
  readonly EventListeners: { readonly Core: Listeners };
}

const CONNECTION_ID = 'L0SM9cOFvHcCIhw=';
const SDL = `
  type Message { id: ID! text: String author: String createdAt: String }
  type Query { none: Boolean }
  type Subscription { onChangeMessage(roomId: ID): Message }
`;

/** As long as a token of Cognito's with the claims of our own identity. */
const TOKEN = `${'e'.repeat(40)}.${'p'.repeat(500)}.${'s'.repeat(342)}`;

/**
 * What graphql-lambda-subscriptions 6.0.0 itself asks of DynamoDB for the same life of a connection as
 * `measureOperations` has, its tables as its README makes them. Reads count the smallest read at the least, as there.
 * @param peers the folder the peers are installed in
 * @param client makes the tables
 * @param prefix of the names of its tables
 */
export async function measureGls(
  peers: string,
  client: DynamoDBClient,
  endpoint: string,
  prefix: string,
  subscriptions: number,
): Promise<ReadonlyMap<RelayOperation, OperationCost>> {
  process.env['AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE'] = '1';
  const require = createRequire(join(peers, 'gls', 'package.json'));
  const sdk: Sdk = require('aws-sdk');
  const gls: Gls = require('graphql-lambda-subscriptions');
  const graphql: GraphQL = require('graphql');
  const tableNames = { connections: `${prefix}-connections`, subscriptions: `${prefix}-subscriptions` };
  await createTables(client, tableNames);

  const schema = graphql.buildSchema(SDL);
  const field = schema.getSubscriptionType().getFields()['onChangeMessage'];
  if (!field) throw new Error('expected the subscription field of the schema, got none');
  field.subscribe = gls.subscribe('MESSAGE', {
    filter: (_: unknown, { roomId }: { readonly roomId: string }) => ({ roomId }),
  });
  const server = gls.makeServer({
    schema,
    dynamodb: new sdk.DynamoDB({ endpoint, region: LOCAL_REGION, credentials: { ...LOCAL_CREDENTIALS } }),
    tableNames,
    // The acknowledgement; it has no others while nothing is published.
    apiGatewayManagementApi: { postToConnection: () => ({ promise: async () => ({}) }) },
  });

  const costs = new Map<RelayOperation, OperationCost>();
  const counter = count(sdk.EventListeners.Core);
  const costOf = async (operation: RelayOperation, event: object) => {
    counter.reset();
    const answer = await server.webSocketHandler(event);
    const status = Object(answer).statusCode;
    if (status !== 200) throw new Error(`expected GLS to answer ${operation} with 200, got ${status}`);
    costs.set(operation, counter.cost());
  };
  const message = (body: object) => ({ ...eventOf('MESSAGE'), body: JSON.stringify(body) });
  const subscribe = (n: number) =>
    message({
      type: 'subscribe',
      id: clientIdOf(n),
      payload: {
        query: `subscription ($roomId: ID) { onChangeMessage(roomId: $roomId) { id text author createdAt } }`,
        variables: { roomId: `room-${n}` },
      },
    });
  try {
    await costOf('connect', eventOf('CONNECT'));
    await costOf('init', message({ type: 'connection_init', payload: { authorization: TOKEN } }));
    for (let n = 0; n < subscriptions; n += 1) await costOf('subscribe', subscribe(n));
    await costOf('complete', message({ type: 'complete', id: clientIdOf(0) }));
    await costOf('subscribe', subscribe(0));
    await costOf('disconnect', eventOf('DISCONNECT'));
    return costs;
  } finally {
    counter.stop();
  }
}

const clientIdOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** As API Gateway sends it, without the headers, which only CONNECT has. */
function eventOf(eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT'): object {
  return {
    requestContext: {
      routeKey: eventType === 'MESSAGE' ? '$default' : `$${eventType.toLowerCase()}`,
      messageId: 'L0SM9cOFvHcCIhw1=',
      eventType,
      extendedRequestId: 'L0SNEFdavHcFhqA=',
      requestTime: '01/Jan/2026:00:00:00 +0000',
      messageDirection: 'IN',
      stage: 'prod',
      connectedAt: 1_767_225_600_000,
      requestTimeEpoch: 1_767_225_600_100,
      identity: { userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', sourceIp: '192.0.2.1' },
      requestId: 'L0SNEFdavHcFhqA=',
      domainName: 'example123.execute-api.eu-west-1.amazonaws.com',
      connectionId: CONNECTION_ID,
      apiId: 'example123',
    },
    isBase64Encoded: false,
  };
}

async function createTables(
  client: DynamoDBClient,
  { connections, subscriptions }: { readonly connections: string; readonly subscriptions: string },
): Promise<void> {
  const id = [{ AttributeName: 'id', KeyType: 'HASH' as const }];
  const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
  const index = (IndexName: string, AttributeName: string) => ({
    IndexName,
    KeySchema: [{ AttributeName, KeyType: 'HASH' as const }],
    Projection: { ProjectionType: 'ALL' as const },
  });
  const BillingMode = 'PAY_PER_REQUEST' as const;
  await client.send(
    new CreateTableCommand({
      TableName: connections,
      BillingMode,
      KeySchema: id,
      AttributeDefinitions: [text('id')],
    }),
  );
  await client.send(
    new CreateTableCommand({
      TableName: subscriptions,
      BillingMode,
      KeySchema: id,
      AttributeDefinitions: [text('id'), text('topic'), text('connectionId')],
      GlobalSecondaryIndexes: [index('ConnectionIndex', 'connectionId'), index('TopicIndex', 'topic')],
    }),
  );
}

/** The least that AWS bills for an eventually consistent read, which all of its are. */
const LEAST_READ = 0.5;

function count(listeners: Listeners) {
  const requests = new Map<string, number>();
  let readUnits = 0;
  let writeUnits = 0;
  const ask = ({ params }: SdkRequest) => {
    params['ReturnConsumedCapacity'] = 'TOTAL';
  };
  const note = (response: { request: SdkRequest; data: { ConsumedCapacity?: Capacity } }) => {
    const { operation } = response.request;
    const name = operation.slice(0, 1).toUpperCase() + operation.slice(1);
    requests.set(name, (requests.get(name) ?? 0) + 1);
    const units = response.data.ConsumedCapacity?.CapacityUnits ?? 0;
    if (/^(Get|Query)/.test(name)) readUnits += Math.max(LEAST_READ, units);
    else writeUnits += units;
  };
  listeners.on('validate', ask);
  listeners.on('success', note);
  return {
    reset(): void {
      requests.clear();
      readUnits = 0;
      writeUnits = 0;
    },
    cost: (): OperationCost => ({
      requests: Object.fromEntries([...requests].sort(([a], [b]) => (a < b ? -1 : 1))),
      readUnits,
      writeUnits,
    }),
    stop(): void {
      listeners.removeListener('validate', ask);
      listeners.removeListener('success', note);
    },
  };
}
