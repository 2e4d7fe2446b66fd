import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { tableName } from '../servers/table-names.ts';
import { CREDENTIALS, REGION, STAGE } from '../workload.ts';
import type { CreateProgram, Surroundings } from './program.ts';

/** What of graphql-lambda-subscriptions, graphql and the AWS SDK v2 is used here. */
interface Gls {
  makeServer(options: object): {
    publish(event: { readonly topic: string; readonly payload: object }): Promise<void>;
  };
  subscribe(topic: string, options: object): unknown;
}
interface GraphQL {
  buildSchema(sdl: string): {
    getSubscriptionType(): {
      getFields(): Record<string, { subscribe?: unknown; resolve?: (root: { payload: object }) => object }>;
    };
  };
}
interface Sdk {
  readonly config: { update(options: object): void };
  readonly DynamoDB: new (options?: object) => object;
  readonly ApiGatewayManagementApi: new (options: object) => object;
}

const TOPIC = 'TODO_CREATED';
const SDL = `
  type Todo { id: ID! listId: ID! title: String! memo: String priority: Int completed: Boolean }
  type Query { none: Boolean }
  type Subscription { onCreateTodo(listId: ID): Todo }
`;

/** graphql-lambda-subscriptions 6.0.0 as its README sets it up. */
export const createGls: CreateProgram = (surroundings) => createPublisher(surroundings, undefined);

/** The same by someone who knows: kept sockets, and one client for all posts. */
export const createTunedGls: CreateProgram = (surroundings) => {
  const { sinkHost, concurrency } = surroundings;
  const sdk = load(surroundings).sdk;
  const sockets = { keepAlive: true, maxSockets: concurrency };
  return createPublisher(surroundings, {
    dynamodb: { httpOptions: { agent: new HttpAgent(sockets) } },
    api: new sdk.ApiGatewayManagementApi({
      endpoint: `${sinkHost}/${STAGE}`,
      region: REGION,
      credentials: CREDENTIALS,
      httpOptions: { agent: new HttpsAgent(sockets) },
    }),
  });
};

function createPublisher(
  surroundings: Surroundings,
  tuned: { readonly dynamodb: object; readonly api: object } | undefined,
): ReturnType<CreateProgram> {
  const { sdk, gls, graphql } = load(surroundings);
  sdk.config.update({ region: REGION, credentials: CREDENTIALS });
  let renderings = 0;
  const schema = graphql.buildSchema(SDL);
  const field = schema.getSubscriptionType().getFields()['onCreateTodo'];
  if (!field) throw new Error('expected the subscription field of the schema, got none');
  field.subscribe = gls.subscribe(TOPIC, {
    filter: (_: unknown, { listId }: { readonly listId: string }) => ({ listId }),
  });
  field.resolve = ({ payload }) => {
    renderings += 1;
    return payload;
  };
  return async (cell) => {
    const server = gls.makeServer({
      schema,
      dynamodb: new sdk.DynamoDB({ endpoint: surroundings.dynamodb, ...tuned?.dynamodb }),
      tableNames: { subscriptions: tableName('gls', cell) },
      ...(tuned && { apiGatewayManagementApi: tuned.api }),
    });
    return {
      async deliver(events) {
        for (const payload of events) await server.publish({ topic: TOPIC, payload });
      },
      renderings: () => renderings,
    };
  };
}

function load({ peers }: Surroundings): {
  readonly sdk: Sdk;
  readonly gls: Gls;
  readonly graphql: GraphQL;
} {
  const require = createRequire(join(peers, 'gls', 'package.json'));
  return {
    sdk: require('aws-sdk'),
    gls: require('graphql-lambda-subscriptions'),
    graphql: require('graphql'),
  };
}
