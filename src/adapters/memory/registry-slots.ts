import type { Candidate, NewSubscription } from '../../relay/ports.ts';

/** What stands under a client's id: a subscription, or the mark of a `complete` that came too early. */
export type Slot =
  | {
      readonly kind: 'subscription';
      readonly subscription: NewSubscription;
      /** Filter key → shard. */
      readonly places: ReadonlyMap<string, number>;
      /** Kept until then; served until the subscription's own `expiresAt`. */
      readonly expiresAt: number;
      /** Found by `candidates`: set when the check has passed. */
      active: boolean;
    }
  | { readonly kind: 'tombstone'; readonly expiresAt: number };

/** What a change finds of a subscription under a filter key. */
export function candidateOf(subscription: NewSubscription, filterKey: string): Candidate {
  const { connectionId, clientId, field, document, renderingKey, filter, dialect, stage } = subscription;
  const { activatedAt, expiresAt } = subscription;
  const { skipWriter, overflow, identity } = subscription.options ?? {};
  const options = {
    ...(skipWriter !== undefined && { skipWriter }),
    ...(overflow && { overflow }),
    ...(identity && { identity }),
  };
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
    // Options that choose nothing are as good as none.
    ...(Object.keys(options).length > 0 && { options }),
    row: filterKey,
  };
}
