import { setImmediate as nextTurn } from 'node:timers/promises';
import { filterKey } from '../../filter/keys.ts';
import type {
  Clock,
  LiveSubscription,
  NewSubscription,
  Registry,
  StoredDocument,
} from '../../relay/ports.ts';
import { createConnectionBook } from './registry-connections.ts';
import {
  assertClientId,
  DEFAULT_REGISTRY_LIMITS,
  LOOK_AGAIN_FIRST_MS,
  type RegistryLimits,
  subscriptionEnd,
} from './registry-limits.ts';
import { createConnectionLocks } from './registry-lock.ts';
import { createPlaces } from './registry-places.ts';
import { createRevocations } from './registry-revocations.ts';
import { createShapeBook } from './registry-shapes.ts';
import { createSlotBook } from './registry-slot-book.ts';
import type { Slot, SubscriptionSlot } from './registry-slots.ts';
import { createConnectionStores } from './registry-store.ts';

/** What a registry in memory is made with. */
export interface MemoryRegistryOptions {
  readonly clock: Clock;
  /** Other limits than `DEFAULT_REGISTRY_LIMITS`, one by one. */
  readonly limits?: Partial<RegistryLimits>;
}

/**
 * The reference implementation of the `Registry` port: what each method means, in one process, with nothing durable.
 * Every method gives up its turn between what it reads and what it writes, as one that talks to a store does.
 */
export function createMemoryRegistry({ clock, limits: given }: MemoryRegistryOptions): Registry {
  const limits = { ...DEFAULT_REGISTRY_LIMITS, ...given };
  const connections = createConnectionBook(clock);
  const slots = createSlotBook(clock);
  /** Hash → document, and the end of its use in epoch seconds. */
  const documents = new Map<string, { readonly document: StoredDocument; readonly expiresAt: number }>();
  const book = createShapeBook(clock, limits);
  const places = createPlaces(clock, limits.connectionLifeSeconds);
  const revocations = createRevocations(clock);

  const seconds = () => Math.floor(clock.now() / 1_000);
  const live = <T extends { readonly expiresAt: number }>(entry: T | undefined) =>
    entry && entry.expiresAt > seconds() ? entry : undefined;
  const isOpen = (id: string) => connections.openOne(id) !== undefined;
  const stores = createConnectionStores(isOpen);
  const locks = createConnectionLocks(clock, isOpen);
  const forgetExtras = (id: string) => {
    connections.forgetEnds(id);
    stores.forget(id);
    locks.forget(id);
  };
  const isServed = (slot: Slot) => slot.kind === 'tombstone' || slot.subscription.expiresAt > seconds();
  const isCounted = (slot: Slot) =>
    slot.kind === 'subscription' && live(slot) !== undefined && isServed(slot);
  /** What stands against a subscription that was written. */
  const objectionTo = ({ connectionId, subscriber, maxOnConnection }: NewSubscription) => {
    if (revocations.isRevoked(subscriber)) return 'revoked';
    if (slots.of(connectionId).filter(isCounted).length > maxOnConnection) return 'connection-full';
    const { identityHash, maxSubscriptions = Number.POSITIVE_INFINITY } = subscriber;
    const ofIdentity = [...slots.countedFor(identityHash)].filter(isCounted);
    return ofIdentity.length > maxSubscriptions ? 'identity-full' : undefined;
  };
  let forgottenAt = Number.NaN;
  const forgetExpired = () => {
    // Nothing else expires within a second, and very many may connect in one.
    if (forgottenAt === seconds()) return;
    forgottenAt = seconds();
    for (const id of connections.forget()) forgetExtras(id);
    for (const [hash, entry] of documents) if (!live(entry)) documents.delete(hash);
    slots.forget(seconds());
  };

  const close = async (connectionId: string) => {
    await nextTurn();
    connections.markClosed(connectionId);
    await nextTurn();
    const own = slots.removeAll(connectionId);
    forgetExtras(connectionId);
    return own.filter((slot) => slot.kind === 'subscription').length;
  };

  return {
    async open(connection) {
      await nextTurn();
      forgetExpired();
      connections.add(connection);
    },

    initialise: connections.initialise,
    speak: connections.speak,
    noteExpiry: connections.noteExpiry,
    connection: connections.connection,
    live: connections.live,

    readStore: stores.readStore,
    updateStore: stores.updateStore,
    lock: locks.lock,
    unlock: locks.unlock,

    async subscribe(subscription) {
      assertClientId(subscription.clientId);
      const { connectionId, clientId } = subscription;
      await nextTurn();
      for (let waited = 0, pause = LOOK_AGAIN_FIRST_MS; ; pause *= 2) {
        const found = live(slots.get(connectionId, clientId));
        if (!found || !isServed(found)) break;
        if (found.kind === 'tombstone') {
          slots.remove(connectionId, clientId);
          return 'completed';
        }
        if (waited >= limits.lookAgainMs) return 'duplicate';
        const ms = Math.min(pause, limits.lookAgainMs - waited);
        await clock.sleep(ms);
        waited += ms;
      }
      const places = book
        .use(subscription)
        .map(({ equalities, shard }) => ({ filterKey: filterKey(subscription.field, equalities), shard }));
      const slot: SubscriptionSlot = {
        kind: 'subscription',
        subscription,
        places,
        expiresAt: subscriptionEnd(subscription, limits),
      };
      slots.put(connectionId, clientId, slot);
      await nextTurn();
      const standing = slots.get(connectionId, clientId) === slot;
      if (!isOpen(connectionId)) {
        if (standing) slots.remove(connectionId, clientId);
        return 'closed';
      }
      if (!standing) return 'completed';
      const objection = objectionTo(subscription);
      if (objection) {
        slots.remove(connectionId, clientId);
        return objection;
      }
      const twoLives = seconds() + 2 * limits.connectionLifeSeconds;
      documents.set(subscription.document.hash, {
        document: subscription.document,
        expiresAt: Math.max(twoLives, subscription.expiresAt),
      });
      slots.activate(slot);
      return 'active';
    },

    async complete(connectionId, clientId) {
      await nextTurn();
      const found = live(slots.get(connectionId, clientId));
      if (found?.kind === 'subscription') slots.remove(connectionId, clientId);
      else if (!found)
        slots.put(connectionId, clientId, {
          kind: 'tombstone',
          expiresAt: seconds() + limits.tombstoneSeconds,
        });
    },

    close,
    // One slot is all there is of a subscription: no row of it can be left behind.
    reap: close,
    readPlace: places.readPlace,
    savePlace: places.savePlace,

    async subscriptions(connectionId) {
      await nextTurn();
      return slots.of(connectionId).flatMap((slot): LiveSubscription[] => {
        if (slot.kind !== 'subscription' || !live(slot)) return [];
        const { clientId, field, table, filter, expiresAt, subscriber } = slot.subscription;
        return [{ clientId, field, table, filter, expiresAt, identityHash: subscriber.identityHash }];
      });
    },

    revoke: revocations.revoke,

    async *connectionsOf(identityHash) {
      await nextTurn();
      const counted = [...slots.countedFor(identityHash)].filter(isCounted);
      const ids = new Set([
        ...connections.openedBy(identityHash),
        ...counted.map(({ subscription }) => subscription.connectionId),
      ]);
      for (const connectionId of ids) yield { connectionId };
    },

    async shapes(table) {
      await nextTurn();
      return book.inUse(table);
    },

    async candidates(lookups) {
      await nextTurn();
      return slots.find(lookups);
    },

    async document(hash) {
      await nextTurn();
      return live(documents.get(hash))?.document;
    },
  };
}
