import { createRequire } from 'node:module';
import { join } from 'node:path';
import { tableName } from '../servers/table-names.ts';
import { CREDENTIALS, REGION, type Todo } from '../workload.ts';
import type { CreateProgram } from './program.ts';

/** What of aws-lambda-graphql, graphql 14 and the AWS SDK v2 is used here. */
interface Alg {
  readonly PubSub: new (options: object) => { subscribe(event: string): Subscribe };
  readonly DynamoDBEventStore: new () => object;
  readonly DynamoDBSubscriptionManager: new (options: object) => object;
  readonly DynamoDBConnectionManager: new (options: object) => object;
  withFilter(
    subscribe: Subscribe,
    filter: (payload: Todo, args: { readonly listId: string }) => boolean,
  ): Subscribe;
  createDynamoDBEventProcessor(
    options: object,
  ): (event: { readonly Records: readonly object[] }, context: object) => Promise<void>;
}
type Subscribe = (...args: readonly unknown[]) => unknown;
interface GraphQL {
  buildSchema(sdl: string): {
    getSubscriptionType(): {
      getFields(): Record<string, { subscribe?: Subscribe; resolve?: (payload: Todo) => Todo }>;
    };
  };
}
interface Sdk {
  readonly config: { update(options: object): void };
}

const EVENT = 'TODO_CREATED';
const SDL = `
  type Todo { id: ID! listId: ID! title: String! memo: String priority: Int completed: Boolean }
  type Query { none: Boolean }
  type Subscription { onCreateTodo(listId: ID): Todo }
`;

/** aws-lambda-graphql 0.12.1 as its README sets it up: it reads its own table of events. */
export const createAlg: CreateProgram = ({ peers, dynamodb }) => {
  const require = createRequire(join(peers, 'alg', 'package.json'));
  const sdk: Sdk = require('aws-sdk');
  sdk.config.update({ region: REGION, credentials: CREDENTIALS, dynamodb: { endpoint: dynamodb } });
  const alg: Alg = require('aws-lambda-graphql');
  const graphql: GraphQL = require('graphql');
  let renderings = 0;
  const pubSub = new alg.PubSub({ eventStore: new alg.DynamoDBEventStore() });
  const schema = graphql.buildSchema(SDL);
  const field = schema.getSubscriptionType().getFields()['onCreateTodo'];
  if (!field) throw new Error('expected the subscription field of the schema, got none');
  field.subscribe = alg.withFilter(
    pubSub.subscribe(EVENT),
    (payload, { listId }) => payload.listId === listId,
  );
  field.resolve = (payload) => {
    renderings += 1;
    return payload;
  };
  return async (cell) => {
    const subscriptionManager = new alg.DynamoDBSubscriptionManager({
      subscriptionsTableName: tableName('alg', cell),
    });
    const connectionManager = new alg.DynamoDBConnectionManager({ subscriptions: subscriptionManager });
    const handle = alg.createDynamoDBEventProcessor({ connectionManager, schema, subscriptionManager });
    return {
      async deliver(events) {
        const Records = events.map((todo) => ({
          eventName: 'INSERT',
          dynamodb: {
            NewImage: {
              id: { S: `event-${todo.id}` },
              event: { S: EVENT },
              payload: { S: JSON.stringify(todo) },
            },
          },
        }));
        await handle({ Records }, {});
      },
      renderings: () => renderings,
    };
  };
};
