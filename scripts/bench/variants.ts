import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { pino } from 'pino';
import { createApiGatewayTransport } from '../../src/adapters/apigateway/transport.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { createMemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { createMemoryTables } from '../../src/adapters/memory/tables.ts';
import { createApi } from '../../src/api/api.ts';
import { createApiKeys } from '../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { createCounters } from '../../src/observe/counters.ts';
import { DEFAULT_SETTINGS, type RelayContext } from '../../src/relay/context.ts';
import { createDeliver } from '../../src/relay/deliver/deliver.ts';
import { open } from '../../src/relay/open.ts';
import { receive } from '../../src/relay/receive.ts';
import { loadModel } from '../../src/schema/load.ts';
import type { Assignment, VariantName } from './messages.ts';
import {
  CLIENT_ID,
  CREDENTIALS,
  connectionIds,
  DOCUMENT,
  insertOf,
  plainFrame,
  SDL,
  STAGE,
  type Todo,
  todosOf,
} from './workload.ts';

/** Delivers batch `n` of the workload to every connection; resolves when all of it is accepted. */
export type RunBatch = (n: number) => Promise<void>;

const REGION = 'us-east-1';

/** Each way of delivering the same workload to the same connections. */
export const VARIANTS: ReadonlyMap<VariantName, (assignment: Assignment) => Promise<RunBatch>> = new Map([
  ['tablecast', createPipeline],
  ['transport', createTransportLoop],
  ['sdk-loop', createSdkLoop],
]);

/** The whole pipeline: stream records in, matched, rendered, posted. */
async function createPipeline(assignment: Assignment): Promise<RunBatch> {
  const model = loadModel(SDL);
  const logger = pino({ level: 'silent' });
  const context: RelayContext = {
    model,
    registry: createMemoryRegistry({ clock: systemClock }),
    transport: createApiGatewayTransport({
      endpointFor: (stage) => `${assignment.endpoint}/${stage}`,
      region: REGION,
      credentials: CREDENTIALS,
      maxSockets: assignment.concurrency,
    }),
    clock: systemClock,
    metrics: createCounters(),
    logger,
    authenticator: createAuthenticator({ mode: 'off', apiKeys: createApiKeys([]), clock: systemClock }),
    api: createApi({
      model,
      tables: createMemoryTables(),
      publish: async () => ({ eventId: '', matched: 0, sent: 0 }),
      logger,
      clock: systemClock,
      pageSecret: 'page-secret-of-the-bench',
    }),
    hooks: {},
    settings: { ...DEFAULT_SETTINGS, maxConcurrentPosts: assignment.concurrency },
    random: Math.random,
  };
  for (const connectionId of connectionIds(assignment)) {
    await open(context, {
      connectionId,
      stage: STAGE,
      connectedAt: Date.now(),
      headers: new Map([['sec-websocket-protocol', 'graphql-transport-ws']]),
      query: new Map(),
    });
    await acknowledged(context, connectionId, { type: 'connection_init' });
    await acknowledged(context, connectionId, {
      type: 'subscribe',
      id: CLIENT_ID,
      payload: { query: DOCUMENT },
    });
  }
  const deliver = createDeliver(context);
  return async (batch) => {
    const now = Date.now();
    const records = todosOf(batch, assignment).map((todo, place) =>
      insertOf(todo, now, batch * assignment.batchSize + place),
    );
    const { failedFrom } = await deliver(records, { remainingMs: () => 60_000 });
    if (failedFrom) throw new Error(`batch ${batch} stopped: ${failedFrom.reason}`);
  };
}

async function acknowledged(context: RelayContext, connectionId: string, frame: object): Promise<void> {
  const reply = await receive(context, { connectionId, body: JSON.stringify(frame) });
  if (reply !== undefined && !reply.includes('connection_ack')) throw new Error(`refused: ${reply}`);
}

/** Our adapter without the pipeline: what is left over between the two is matching, rendering and bookkeeping. */
async function createTransportLoop(assignment: Assignment): Promise<RunBatch> {
  const transport = createApiGatewayTransport({
    endpointFor: (stage) => `${assignment.endpoint}/${stage}`,
    region: REGION,
    credentials: CREDENTIALS,
    maxSockets: assignment.concurrency,
  });
  return loop(assignment, async (connectionId, todo) => {
    const outcome = await transport.post({ connectionId, stage: STAGE }, plainFrame(todo));
    if (outcome.kind !== 'sent') throw new Error(`expected the sink to take it, got ${outcome.kind}`);
  });
}

/** What a program without a relay would write: one SDK client as it comes, one message after another in each lane. */
async function createSdkLoop(assignment: Assignment): Promise<RunBatch> {
  const client = new ApiGatewayManagementApiClient({
    endpoint: `${assignment.endpoint}/${STAGE}`,
    region: REGION,
    credentials: CREDENTIALS,
  });
  return loop(assignment, async (ConnectionId, todo) => {
    await client.send(new PostToConnectionCommand({ ConnectionId, Data: plainFrame(todo) }));
  });
}

/** Every item to every connection, `concurrency` posts at once, in order along each connection. */
function loop(assignment: Assignment, post: (connectionId: string, todo: Todo) => Promise<void>): RunBatch {
  const ids = connectionIds(assignment);
  return async (batch) => {
    const todos = todosOf(batch, assignment);
    const queue = ids[Symbol.iterator]();
    const lane = async () => {
      for (const id of queue) for (const todo of todos) await post(id, todo);
    };
    await Promise.all(Array.from({ length: assignment.concurrency }, lane));
  };
}
