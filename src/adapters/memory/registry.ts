import { setImmediate as nextTurn } from 'node:timers/promises';
import { filterKey } from '../../filter/keys.ts';
import type {
  Candidate,
  Clock,
  Connection,
  LiveSubscription,
  Registry,
  StoredDocument,
} from '../../relay/ports.ts';
import {
  assertClientId,
  DEFAULT_REGISTRY_LIMITS,
  LOOK_AGAIN_FIRST_MS,
  type RegistryLimits,
  subscriptionEnd,
} from './registry-limits.ts';
import { createConnectionLocks } from './registry-lock.ts';
import { createPlaces } from './registry-places.ts';
import { createShapeBook } from './registry-shapes.ts';
import { candidateOf, type Slot } from './registry-slots.ts';
import { createConnectionStores } from './registry-store.ts';

export interface MemoryRegistryOptions {
  readonly clock: Clock;
  readonly limits?: Partial<RegistryLimits>;
}

/**
 * The reference implementation of the `Registry` port: what each method means, in one process, with nothing durable.
 * Every method gives up its turn between what it reads and what it writes, as one that talks to a store does.
 */
export function createMemoryRegistry({ clock, limits: given }: MemoryRegistryOptions): Registry {
  const limits = { ...DEFAULT_REGISTRY_LIMITS, ...given };
  const connections = new Map<string, Connection>();
  /** Connection id → client id → slot. */
  const slots = new Map<string, Map<string, Slot>>();
  /** Hash → document, and the end of its use in epoch seconds. */
  const documents = new Map<string, { readonly document: StoredDocument; readonly expiresAt: number }>();
  const book = createShapeBook(clock, limits);
  const places = createPlaces(clock, limits.connectionLifeSeconds);

  const seconds = () => Math.floor(clock.now() / 1_000);
  const live = <T extends { readonly expiresAt: number }>(entry: T | undefined) =>
    entry && entry.expiresAt > seconds() ? entry : undefined;
  const connectionOf = (id: string) => live(connections.get(id));
  const slotsOf = (connectionId: string) => {
    const own = slots.get(connectionId) ?? new Map<string, Slot>();
    slots.set(connectionId, own);
    return own;
  };
  const openConnection = (id: string) => {
    const connection = connectionOf(id);
    return connection && !connection.closed ? connection : undefined;
  };
  const isOpen = (id: string) => openConnection(id) !== undefined;
  const stores = createConnectionStores(isOpen);
  const locks = createConnectionLocks(clock, isOpen);
  /** Connection id → the earliest end noted. */
  const operationEnds = new Map<string, number>();
  const forgetExtras = (id: string) => {
    operationEnds.delete(id);
    stores.forget(id);
    locks.forget(id);
  };
  const isServed = (slot: Slot) => slot.kind === 'tombstone' || slot.subscription.expiresAt > seconds();
  const forgetExpired = () => {
    for (const [id, connection] of connections) {
      if (live(connection)) continue;
      connections.delete(id);
      forgetExtras(id);
    }
    for (const [hash, entry] of documents) if (!live(entry)) documents.delete(hash);
    for (const [id, own] of slots) {
      for (const [clientId, slot] of own) if (!live(slot)) own.delete(clientId);
      if (own.size === 0) slots.delete(id);
    }
  };

  const close = async (connectionId: string) => {
    await nextTurn();
    const connection = connectionOf(connectionId);
    if (connection) connections.set(connectionId, { ...connection, closed: true });
    await nextTurn();
    const own = slotsOf(connectionId);
    slots.delete(connectionId);
    forgetExtras(connectionId);
    return [...own.values()].filter((slot) => slot.kind === 'subscription').length;
  };

  return {
    async open(connection) {
      await nextTurn();
      forgetExpired();
      connections.set(connection.id, {
        ...connection,
        initialised: false,
        confirmSubscriptions: false,
        strictOrdering: false,
        closed: false,
      });
    },

    async initialise(connectionId, init) {
      const { dialect, identity, confirmSubscriptions = false, strictOrdering = false } = init;
      await nextTurn();
      const connection = openConnection(connectionId);
      if (!connection) return 'unknown';
      if (connection.initialised) return 'repeated';
      connections.set(connectionId, {
        ...connection,
        ...(dialect && { dialect }),
        ...(identity && { identity }),
        confirmSubscriptions,
        strictOrdering,
        initialised: true,
      });
      return 'initialised';
    },

    async speak(connectionId, dialect) {
      await nextTurn();
      const connection = openConnection(connectionId);
      if (connection) connections.set(connectionId, { ...connection, dialect });
    },

    async noteExpiry(connectionId, expiresAt) {
      await nextTurn();
      const noted = operationEnds.get(connectionId) ?? Number.POSITIVE_INFINITY;
      if (isOpen(connectionId)) operationEnds.set(connectionId, Math.min(noted, expiresAt));
    },

    readStore: stores.readStore,
    updateStore: stores.updateStore,
    lock: locks.lock,
    unlock: locks.unlock,

    async connection(connectionId) {
      await nextTurn();
      return connectionOf(connectionId);
    },

    async subscribe(subscription) {
      assertClientId(subscription.clientId);
      const { connectionId, clientId } = subscription;
      await nextTurn();
      for (let waited = 0, pause = LOOK_AGAIN_FIRST_MS; ; pause *= 2) {
        const found = live(slotsOf(connectionId).get(clientId));
        if (!found || !isServed(found)) break;
        if (found.kind === 'tombstone') {
          slotsOf(connectionId).delete(clientId);
          return 'completed';
        }
        if (waited >= limits.lookAgainMs) return 'duplicate';
        const ms = Math.min(pause, limits.lookAgainMs - waited);
        await clock.sleep(ms);
        waited += ms;
      }
      const keys = new Map(
        book
          .use(subscription)
          .map(({ equalities, shard }) => [filterKey(subscription.field, equalities), shard] as const),
      );
      const slot: Slot = {
        kind: 'subscription',
        subscription,
        places: keys,
        expiresAt: subscriptionEnd(subscription, limits),
        active: false,
      };
      slotsOf(connectionId).set(clientId, slot);
      await nextTurn();
      const standing = slotsOf(connectionId).get(clientId) === slot;
      if (!openConnection(connectionId)) {
        if (standing) slotsOf(connectionId).delete(clientId);
        return 'closed';
      }
      if (!standing) return 'completed';
      const twoLives = seconds() + 2 * limits.connectionLifeSeconds;
      documents.set(subscription.document.hash, {
        document: subscription.document,
        expiresAt: Math.max(twoLives, subscription.expiresAt),
      });
      slot.active = true;
      return 'active';
    },

    async complete(connectionId, clientId) {
      await nextTurn();
      const own = slotsOf(connectionId);
      const found = live(own.get(clientId));
      if (found?.kind === 'subscription') own.delete(clientId);
      else if (!found)
        own.set(clientId, { kind: 'tombstone', expiresAt: seconds() + limits.tombstoneSeconds });
    },

    close,
    // One slot is all there is of a subscription: no row of it can be left behind.
    reap: close,
    readPlace: places.readPlace,
    savePlace: places.savePlace,

    async subscriptions(connectionId) {
      await nextTurn();
      return [...slotsOf(connectionId).values()].flatMap((slot): LiveSubscription[] => {
        if (slot.kind !== 'subscription' || !live(slot)) return [];
        const { clientId, field, table, expiresAt } = slot.subscription;
        return [{ clientId, field, table, expiresAt }];
      });
    },

    async shapes(table) {
      await nextTurn();
      return book.inUse(table);
    },

    async candidates(lookups) {
      await nextTurn();
      const shards = new Map<string, number>();
      for (const lookup of lookups) {
        shards.set(lookup.filterKey, Math.max(lookup.shards, shards.get(lookup.filterKey) ?? 0));
      }
      const result = new Map([...shards.keys()].map((key): [string, Candidate[]] => [key, []]));
      for (const slot of [...slots.values()].flatMap((own) => [...own.values()])) {
        if (slot.kind !== 'subscription' || !slot.active || !isServed(slot)) continue;
        for (const [key, shard] of slot.places) {
          if (shard < (shards.get(key) ?? 0)) result.get(key)?.push(candidateOf(slot.subscription, key));
        }
      }
      return result;
    },

    async document(hash) {
      await nextTurn();
      return live(documents.get(hash))?.document;
    },

    async *live() {
      for (const id of [...connections.keys()]) {
        await nextTurn();
        const connection = openConnection(id);
        if (!connection) continue;
        const { stage, dialect, identity, connectedAt, initialised } = connection;
        const operationExpiresAt = operationEnds.get(id);
        yield {
          connectionId: id,
          stage,
          connectedAt,
          initialised,
          ...(dialect && { dialect }),
          ...(identity && { identityHash: identity.hash }),
          ...(identity?.expiresAt !== undefined && { credentialExpiresAt: identity.expiresAt }),
          ...(operationExpiresAt !== undefined && { operationExpiresAt }),
        };
      }
    },
  };
}
