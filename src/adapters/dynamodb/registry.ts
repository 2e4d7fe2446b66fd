import type { Clock, Registry } from '../../relay/ports.ts';
import { DEFAULT_REGISTRY_LIMITS, type RegistryLimits } from '../memory/registry-limits.ts';
import { close } from './close.ts';
import { complete } from './complete.ts';
import { connection, initialise, noteExpiry, open, speak } from './connections.ts';
import type { DocumentClient } from './document-client.ts';
import { createDocuments } from './documents.ts';
import { live } from './live.ts';
import { lock, unlock } from './lock.ts';
import { candidates, shapes, subscriptions } from './lookup.ts';
import { readPlace, savePlace } from './places.ts';
import { reap } from './reap.ts';
import { createShapeUse } from './shapes.ts';
import { readStore, updateStore } from './store.ts';
import { type SubscribeParts, subscribe } from './subscribe.ts';
import type { RelayTable } from './table.ts';

export interface DynamoDBRegistryOptions {
  /** A `DynamoDBDocumentClient`; its retries and time-outs are the caller's to set, none are added for single requests. */
  readonly client: DocumentClient;
  /** A table made of `relayTableDefinition`. */
  readonly tableName: string;
  readonly clock: Clock;
  /** In [0, 1): jitter of the pauses between tries. Default `Math.random`. */
  readonly random?: () => number;
  readonly limits?: Partial<RegistryLimits>;
  /** Replaces step 4 of subscribing. For the test that shows the interleaving suite can fail; leave it out. */
  readonly check?: NonNullable<SubscribeParts['check']>;
}

/**
 * The `Registry` of DESIGN §4 on one DynamoDB table. Requests, without retries: `open` 1 BatchWriteItem · `initialise`
 * 2 UpdateItem, META and then LIVE (with an identity 1 BatchWriteItem and 1 GetItem more) · `speak` 2 UpdateItem ·
 * `noteExpiry` 1 UpdateItem
 * · `connection` and `readStore` 1 GetItem · `updateStore` 1 PutItem between 2 GetItem · `lock` 1 PutItem + 1 GetItem,
 * or 1 PutItem while another holds it · `unlock` 1 DeleteItem · `subscribe` 1 PutItem + 1 BatchWriteItem + 1
 * BatchGetItem, and when this process has not met the shape or document before one Query and one write each ·
 * `complete` 1 UpdateItem + 1 BatchWriteItem + 1 DeleteItem, or 1 UpdateItem + 1 PutItem of an id that is not live ·
 * `close` 1 UpdateItem + 1 Query + the rows in batches of 25, those under filter keys first, LIVE last · `reap` those and the rows
 * given · `readPlace` 1 GetItem · `savePlace` 1 PutItem · `subscriptions` and `shapes` 1 Query · `candidates` 1 Query per filter key and shard, + BatchGetItem by 100 for long filters · `live` 64 Queries.
 */
export function createDynamoDBRegistry(options: DynamoDBRegistryOptions): Registry {
  const { client, tableName, clock, random = Math.random, check } = options;
  const limits = { ...DEFAULT_REGISTRY_LIMITS, ...options.limits };
  const table: RelayTable = { client, name: tableName, clock, random };
  const documents = createDocuments(table, limits);
  const parts: SubscribeParts = {
    table,
    limits,
    documents,
    shapes: createShapeUse(table, limits),
    ...(check && { check }),
  };
  return {
    open: (connection) => open(table, connection),
    initialise: (connectionId, init) => initialise(table, connectionId, init),
    speak: (connectionId, dialect) => speak(table, connectionId, dialect),
    noteExpiry: (connectionId, expiresAt) => noteExpiry(table, connectionId, expiresAt),
    readStore: (connectionId) => readStore(table, connectionId),
    updateStore: (connectionId, version, entries) => updateStore(table, connectionId, version, entries),
    lock: (connectionId, holdMs) => lock(table, connectionId, holdMs),
    unlock: (connectionId, token) => unlock(table, connectionId, token),
    connection: (connectionId) => connection(table, connectionId),
    subscribe: (subscription) => subscribe(parts, subscription),
    complete: (connectionId, clientId) => complete(table, connectionId, clientId, limits.tombstoneSeconds),
    close: (connectionId) => close(table, connectionId, limits.connectionLifeSeconds),
    reap: (connectionId, rows) => reap(table, connectionId, rows, limits.connectionLifeSeconds),
    readPlace: (eventId) => readPlace(table, eventId),
    savePlace: (place) => savePlace(table, place, limits.connectionLifeSeconds),
    subscriptions: (connectionId) => subscriptions(table, connectionId),
    shapes: (name) => shapes(table, name),
    candidates: (lookups) => candidates(table, lookups, limits.concurrency),
    document: (hash) => documents.find(hash),
    live: () => live(table),
  };
}
