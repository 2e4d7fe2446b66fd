import type { Candidate, NewSubscription, SubscriptionOptions } from '../../relay/ports.ts';

/** Where a subscription is found. */
export interface Place {
  readonly filterKey: string;
  readonly shard: number;
}

/** A subscription, active or not yet. */
export interface SubscriptionSlot {
  readonly kind: 'subscription';
  readonly subscription: NewSubscription;
  /** Each filter key once. */
  readonly places: readonly Place[];
  /** Epoch seconds. Kept until then; served until the subscription's own `expiresAt`. */
  readonly expiresAt: number;
}

/** What stands under a client's id: a subscription, or the mark of a `complete` that came too early. */
export type Slot = SubscriptionSlot | { readonly kind: 'tombstone'; readonly expiresAt: number };

/** What a change finds of a subscription under a filter key. */
export function candidateOf(subscription: NewSubscription, filterKey: string): Candidate {
  const { connectionId, clientId, field, document, renderingKey, filter, dialect, stage } = subscription;
  const { activatedAt, expiresAt } = subscription;
  const options = subscription.options && chosenOf(subscription.options);
  return {
    connectionId,
    clientId,
    field,
    documentHash: document.hash,
    renderingKey,
    filter,
    dialect,
    stage,
    activatedAt,
    expiresAt,
    ...(options && { options }),
    row: filterKey,
  };
}

/** Options that choose nothing are as good as none. */
function chosenOf({
  skipWriter,
  overflow,
  identity,
  access,
}: SubscriptionOptions): SubscriptionOptions | undefined {
  const chosen = {
    ...(skipWriter !== undefined && { skipWriter }),
    ...(overflow && { overflow }),
    ...(identity && { identity }),
    ...(access && { access }),
  };
  return Object.keys(chosen).length > 0 ? chosen : undefined;
}
