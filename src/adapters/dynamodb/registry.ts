import type { WarmConfig } from '../../config.ts';
import type { Clock, Metrics, Registry } from '../../relay/ports.ts';
import { DEFAULT_REGISTRY_LIMITS, type RegistryLimits } from '../memory/registry-limits.ts';
import { createCandidateReader } from './candidates.ts';
import { close } from './close.ts';
import { complete } from './complete.ts';
import { connection, initialise, noteExpiry, open, speak } from './connections.ts';
import type { DocumentClient } from './document-client.ts';
import { createDocuments } from './documents.ts';
import { live } from './live.ts';
import { lock, unlock } from './lock.ts';
import { shapes, subscriptions } from './lookup.ts';
import { readPlace, savePlace } from './places.ts';
import { reap } from './reap.ts';
import { connectionsOf, revoke } from './revocations.ts';
import { createShapeGrowth } from './shape-growth.ts';
import { createShapeUse } from './shapes.ts';
import { readStore, updateStore } from './store.ts';
import { type SubscribeParts, subscribe } from './subscribe.ts';
import type { RelayTable } from './table.ts';

/** What a registry in DynamoDB is made with. */
export interface DynamoDBRegistryOptions {
  /** A `DynamoDBDocumentClient`; its retries and time-outs are the caller's to set, none are added for single requests. */
  readonly client: DocumentClient;
  /** A table made of `relayTableDefinition`. */
  readonly tableName: string;
  readonly clock: Clock;
  /** In [0, 1): jitter of the pauses between tries. Default `Math.random`. */
  readonly random?: () => number;
  readonly limits?: Partial<RegistryLimits>;
  /** Which filter keys have their rows kept in memory. Default: none. */
  readonly warm?: WarmConfig;
  /** Is told how often rows in memory were used: `warm.hit`, `warm.load`, `warm.rows`. */
  readonly metrics?: Pick<Metrics, 'count' | 'measure'>;
  /** Replaces step 4 of subscribing. For the test that shows the interleaving suite can fail; leave it out. */
  readonly check?: NonNullable<SubscribeParts['check']>;
}

/**
 * The `Registry` of DESIGN §4 on one DynamoDB table. Requests, without retries:
 * - `open` 1 BatchWriteItem · `initialise` 1 UpdateItem, with an identity 1 BatchWriteItem and 1 GetItem more · `speak` and
 *   `noteExpiry` 1 UpdateItem (`speak` 2 where the connection had a dialect) · `connection` 1 GetItem
 * - `subscribe` 1 PutItem, then 1 BatchWriteItem, then side by side 1 Query (META and the SUB rows of the connection), 1
 *   BatchGetItem and, of an identity that is counted, 1 Query (by 1 MB of its rows); and when this process has not met the
 *   shape or document before one Query and one write each
 * - `complete` 1 UpdateItem + 1 BatchWriteItem + 1 BatchGetItem + 1 DeleteItem, or 1 UpdateItem + 1 PutItem of an id that
 *   is not live
 * - `close` and `reap` 1 UpdateItem + 1 Query, the rows by 25 a BatchWriteItem (close-order.ts) and, beside the last of them,
 *   1 BatchGetItem by 100 filter keys
 * - `complete`, `close`, `reap` and `subscribe`: 1 UpdateItem more for each filter key whose rows readers keep in memory (versions.ts)
 * - `readStore` 1 GetItem · `updateStore` 1 PutItem between 2 GetItem · `lock` 1 PutItem + 1 GetItem, or 1 PutItem while
 *   another holds it · `unlock` 1 DeleteItem · `readPlace` 1 GetItem · `savePlace` 1 PutItem
 * - `revoke` 2 UpdateItem · `connectionsOf` 1 Query by 1 MB of rows
 * - `subscriptions` and `shapes` 1 Query · `candidates` 1 Query per filter key and shard that is not held in memory, +
 *   1 BatchGetItem by 100 filter keys whose rows are (candidates.ts), + BatchGetItem by 100 for long filters
 * - `live` 64 Query, and of connections that no call has come to since they were initialised, 1 BatchGetItem by 100 at most
 *   and 1 UpdateItem each
 */
export function createDynamoDBRegistry(options: DynamoDBRegistryOptions): Registry {
  const { client, tableName, clock, random = Math.random, check, warm, metrics } = options;
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
  const candidates = createCandidateReader({
    table,
    limits,
    growth: createShapeGrowth(table, limits),
    ...(warm && { warm }),
    ...(metrics && { metrics }),
  });
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
    revoke: (identityHash, revocation) => revoke(table, identityHash, revocation),
    connectionsOf: (identityHash) => connectionsOf(table, identityHash),
    shapes: (name) => shapes(table, name),
    candidates,
    document: (hash) => documents.find(hash),
    live: () => live(table),
  };
}
