import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createDynamoDBRegistry } from '../../../src/adapters/dynamodb/registry.ts';
import { hash128 } from '../../../src/filter/keys.ts';
import type { Identity, NewConnection, NewSubscription, Registry } from '../../../src/relay/ports.ts';
import { countRequests, type RequestCount } from '../../../src/testing/request-counts.ts';

/** What a frame, or an end of a connection, makes the relay do. */
export type RelayOperation =
  | 'connect'
  | 'init'
  | 'init that brings the credential'
  | 'first sweep after init'
  | 'later sweep'
  | 'first subscribe of a process'
  | 'subscribe'
  | 'complete'
  | 'complete of an id that is not live'
  | 'disconnect';

export interface OperationCost {
  /** By DynamoDB operation, such as `PutItem`. */
  readonly requests: Readonly<Record<string, number>>;
  /** Read and write request units, all requests together. Where several of a kind read different amounts, the most. */
  readonly readUnits: number;
  readonly writeUnits: number;
}

/** A token of an issuer, as an API with users has: the largest identity that a connection is kept with. */
const IDENTITY: Identity = {
  kind: 'jwt',
  hash: hash128('user'),
  claims: {
    provider: 'userPools',
    issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example',
    subject: '7d8ca528-4931-4254-9273-ea5ee853f271',
    username: 'user@example.com',
    groups: ['members', 'editors'],
    scope: 'openid email',
  },
  expiresAt: 4_000_000_000,
};

const STARTED = Date.UTC(2026, 0, 1);
const END_SECONDS = STARTED / 1_000 + 7_800;

/** As API Gateway names connections. */
const CONNECTION_ID = 'L0SM9cOFvHcCIhw=';

/**
 * What each operation costs on DynamoDB, of a connection that has so many subscriptions, each to a value of its own: an
 * equality of one field, kept in one row beside its SUB row.
 * @param client its requests are counted; of DynamoDB, or of DynamoDB Local, which reports the same units
 * @param tableName a relay table without rows
 * @param subscriptions at least 1: one is had before, and is the one that is completed and had again
 * @param isCounted whether they count for their identity, as those of a token do, and those of an API key do not
 * @throws Error when an operation does not come to what it should, or two of a kind differ in more than what they read
 */
export async function measureOperations(
  client: DynamoDBDocumentClient,
  tableName: string,
  subscriptions: number,
  isCounted = false,
): Promise<ReadonlyMap<RelayOperation, OperationCost>> {
  const clock = { now: () => STARTED, sleep: async () => {} };
  const registry = createDynamoDBRegistry({ client, tableName, clock });
  const counts = countRequests(client);
  const costs = new Map<RelayOperation, OperationCost>();
  const costOf = async (operation: RelayOperation, expected: unknown, work: () => Promise<unknown>) => {
    counts.reset();
    const came = await work();
    if (came !== expected) throw new Error(`expected ${operation} to give ${expected}, got ${came}`);
    const cost = costFrom(counts.byOperation, counts.total);
    const before = costs.get(operation) ?? cost;
    // What is read grows with what the connection, or its identity, has: the dearest counts.
    const readUnits = Math.max(before.readUnits, cost.readUnits);
    if (JSON.stringify({ ...before, readUnits }) !== JSON.stringify({ ...cost, readUnits })) {
      throw new Error(`expected each ${operation} to cost the same, got ${JSON.stringify([before, cost])}`);
    }
    costs.set(operation, { ...cost, readUnits });
  };
  try {
    await measureConnecting(registry, costOf);
    const subscribe = (n: number) => registry.subscribe(subscriptionOf(n, isCounted));
    await costOf('first subscribe of a process', 'active', () => subscribe(0));
    for (let n = 1; n < subscriptions; n += 1) await costOf('subscribe', 'active', () => subscribe(n));
    await costOf('complete', undefined, () => registry.complete(CONNECTION_ID, clientIdOf(0)));
    await costOf('subscribe', 'active', () => subscribe(0));
    await costOf('complete of an id that is not live', undefined, () =>
      registry.complete('another', clientIdOf(0)),
    );
    await costOf('disconnect', subscriptions, () => registry.close(CONNECTION_ID));
    return costs;
  } finally {
    counts.remove();
  }
}

type CostOf = (operation: RelayOperation, expected: unknown, work: () => Promise<unknown>) => Promise<void>;

async function measureConnecting(registry: Registry, costOf: CostOf): Promise<void> {
  const dialect = 'graphql-transport-ws';
  await costOf('connect', undefined, () => registry.open(connectionOf(CONNECTION_ID)));
  await costOf('init', 'initialised', () => registry.initialise(CONNECTION_ID, { dialect }));
  const sweep = async () => {
    let seen = 0;
    for await (const { initialised } of registry.live()) seen += initialised ? 1 : 0;
    return seen;
  };
  await costOf('first sweep after init', 1, sweep);
  await costOf('later sweep', 1, sweep);
  const { identity: _, ...stranger } = connectionOf('another');
  await registry.open(stranger);
  await costOf('init that brings the credential', 'initialised', () =>
    registry.initialise('another', { dialect, identity: IDENTITY }),
  );
}

function costFrom(byOperation: ReadonlyMap<string, RequestCount>, total: RequestCount): OperationCost {
  const requests = [...byOperation].map(([name, { requests: count }]) => [name, count] as const);
  const byName = requests.sort(([a], [b]) => (a < b ? -1 : 1));
  const { readUnits, writeUnits } = total;
  return { requests: Object.fromEntries(byName), readUnits, writeUnits };
}

function connectionOf(id: string): NewConnection {
  return {
    id,
    stage: 'prod',
    dialect: 'graphql-transport-ws',
    identity: IDENTITY,
    connectedAt: STARTED,
    expiresAt: END_SECONDS,
  };
}

/** As `graphql-ws` makes them. */
const clientIdOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

function subscriptionOf(n: number, isCounted: boolean): NewSubscription {
  const text = 'subscription { onChangeMessage { kind item { id text author createdAt } } }';
  const room = `room-${n}`;
  return {
    connectionId: CONNECTION_ID,
    clientId: clientIdOf(n),
    field: 'onChangeMessage',
    table: 'Messages',
    alternatives: [new Map([['roomId', room]])],
    filter: JSON.stringify({ roomId: { eq: room } }),
    document: { hash: hash128(text), text },
    renderingKey: hash128('kind item'),
    dialect: 'graphql-transport-ws',
    stage: 'prod',
    activatedAt: STARTED,
    expiresAt: END_SECONDS,
    subscriber: { identityHash: IDENTITY.hash, ...(isCounted && { maxSubscriptions: 1_000 }) },
    maxOnConnection: 100,
  };
}
