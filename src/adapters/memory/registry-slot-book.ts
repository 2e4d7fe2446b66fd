import type { Clock, FoundCandidates, Lookup } from '../../relay/ports.ts';
import { createCandidateBook } from './registry-candidates.ts';
import type { Slot, SubscriptionSlot } from './registry-slots.ts';

/** The slots of all connections. What leaves it, or is replaced, is no candidate any more. */
export interface SlotBook {
  get(connectionId: string, clientId: string): Slot | undefined;
  put(connectionId: string, clientId: string, slot: Slot): void;
  remove(connectionId: string, clientId: string): void;
  /** Those of a connection, in the order in which their ids first came. */
  of(connectionId: string): readonly Slot[];
  /** Subscriptions that count for an identity, on whatever connections. */
  countedFor(identityHash: string): Iterable<SubscriptionSlot>;
  /** Removes all of a connection; what they were. */
  removeAll(connectionId: string): readonly Slot[];
  /** Removes whatever is past its `expiresAt`, in epoch seconds. */
  forget(now: number): void;
  /** From now on a subscription that is in the book is a candidate. */
  activate(slot: SubscriptionSlot): void;
  find(lookups: readonly Lookup[]): ReadonlyMap<string, FoundCandidates>;
}

/** An empty book. */
export function createSlotBook(clock: Clock): SlotBook {
  /** Connection id → client id → slot. */
  const slots = new Map<string, Map<string, Slot>>();
  const candidates = createCandidateBook(clock);

  /** Identity hash → what counts for it. */
  const counted = new Map<string, Set<SubscriptionSlot>>();

  const enter = (slot: Slot) => {
    if (slot.kind !== 'subscription') return;
    const { identityHash, maxSubscriptions } = slot.subscription.subscriber;
    if (maxSubscriptions === undefined) return;
    counted.set(identityHash, (counted.get(identityHash) ?? new Set()).add(slot));
  };
  const leave = (slot: Slot | undefined) => {
    if (slot?.kind !== 'subscription') return;
    candidates.remove(slot);
    const { identityHash } = slot.subscription.subscriber;
    const others = counted.get(identityHash);
    if (others?.delete(slot) && others.size === 0) counted.delete(identityHash);
  };
  const remove = (connectionId: string, clientId: string) => {
    const own = slots.get(connectionId);
    leave(own?.get(clientId));
    own?.delete(clientId);
    if (own?.size === 0) slots.delete(connectionId);
  };
  return {
    get: (connectionId, clientId) => slots.get(connectionId)?.get(clientId),
    put(connectionId, clientId, slot) {
      const own = slots.get(connectionId) ?? new Map<string, Slot>();
      leave(own.get(clientId));
      enter(slot);
      slots.set(connectionId, own.set(clientId, slot));
    },
    remove,
    of: (connectionId) => [...(slots.get(connectionId)?.values() ?? [])],
    countedFor: (identityHash) => counted.get(identityHash) ?? [],
    removeAll(connectionId) {
      const own = [...(slots.get(connectionId)?.values() ?? [])];
      for (const slot of own) leave(slot);
      slots.delete(connectionId);
      return own;
    },
    forget(now) {
      for (const [connectionId, own] of slots) {
        for (const [clientId, { expiresAt }] of own) if (expiresAt <= now) remove(connectionId, clientId);
      }
    },
    activate: candidates.add,
    find: candidates.find,
  };
}
