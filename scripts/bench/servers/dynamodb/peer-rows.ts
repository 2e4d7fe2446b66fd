import { type Cell, CLIENT_ID, STAGE, subscribersOf } from '../../workload.ts';
import type { StoredItem } from './item.ts';
import { type Table, tableOf } from './table.ts';

export const TOPIC = 'TODO_CREATED';

/** Rows as graphql-lambda-subscriptions 6.0.0 puts them (setupSubscription), seen through its TopicIndex. */
export function glsTable(cell: Cell, sinkHost: string): Table {
  const keys = { hashKey: 'topic', sortKey: 'id' };
  const now = Date.now();
  const rows = subscribersOf(cell).map(({ connectionId, listId, document }) => ({
    id: `${connectionId}|${CLIENT_ID}`,
    topic: TOPIC,
    filter: { listId },
    subscriptionId: CLIENT_ID,
    subscription: { query: document, variables: { listId } },
    connectionId,
    connectionInitPayload: {},
    requestContext: {
      routeKey: '$default',
      messageId: 'JKLmnoPQRstuVWX=',
      eventType: 'MESSAGE',
      extendedRequestId: 'ABcdEFgHIjkLmNo=',
      requestTime: '01/Jan/2026:00:00:00 +0000',
      messageDirection: 'IN',
      stage: STAGE,
      connectedAt: now,
      requestTimeEpoch: now,
      identity: { userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', sourceIp: '192.0.2.1' },
      requestId: 'ABcdEFgHIjkLmNo=',
      domainName: sinkHost,
      connectionId,
      apiId: 'abcdefghij',
    },
    ttl: Math.floor(now / 1_000) + 3 * 3_600,
    createdAt: now,
  }));
  return { ...keys, partitions: tableOf(rows, keys) };
}

/** Rows as aws-lambda-graphql 0.12.1 puts them (DynamoDBSubscriptionManager.subscribe). */
export function algTable(cell: Cell, sinkHost: string): Table {
  const keys = { hashKey: 'event', sortKey: 'subscriptionId' };
  const rows = subscribersOf(cell).map(({ connectionId, listId, document }) => ({
    connection: {
      id: connectionId,
      data: { endpoint: `${sinkHost}/${STAGE}`, context: {}, isInitialized: true },
    },
    operation: { query: document, variables: { listId }, operationId: CLIENT_ID },
    event: TOPIC,
    subscriptionId: `${connectionId}:${CLIENT_ID}`,
    operationId: CLIENT_ID,
  }));
  const partitions: ReadonlyMap<string, readonly StoredItem[]> = tableOf(rows, keys);
  return { ...keys, partitions };
}
