import fc from 'fast-check';
import type { NewSubscription } from '../../src/relay/ports.ts';
import { equal, subscriptionOf } from './registry-samples.ts';

/**
 * What befalls the process of a call: it dies once `at` of its effects are done, in the middle of a batch too; or the
 * answer of its request `at` is lost, and the SDK repeats that request, or gives up.
 */
export interface Fate {
  readonly kind: 'dies' | 'repeats' | 'gives up';
  readonly at: number;
}

/** One frame or event of connection `a`, each in a process of its own, as API Gateway invokes them. */
export type Call = { readonly fate?: Fate } & Action;
/** What one frame or event asks for. */
export type Action =
  | { readonly kind: 'subscribe' | 'complete'; readonly id: string }
  | { readonly kind: 'subscribe then complete'; readonly id: string }
  | { readonly kind: 'close' }
  /** Of whoever id `2` speaks for: the mark, then an end of what there is. */
  | { readonly kind: 'revoke' }
  | { readonly kind: 'initialise' }
  | { readonly kind: 'speak' }
  | { readonly kind: 'store' }
  /** Its holder dies, or gives it back. */
  | { readonly kind: 'lock' | 'lock then unlock' };

const id = fc.constantFrom('1', '2');
const extras: fc.Arbitrary<Action> = fc.constantFrom<Action>(
  { kind: 'initialise' },
  { kind: 'speak' },
  { kind: 'store' },
  { kind: 'lock' },
  { kind: 'lock then unlock' },
);
/** Any of them, the subscribes the most frequent. */
export const call: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('subscribe' as const), id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('complete' as const), id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('subscribe then complete' as const), id }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'close' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'revoke' as const }) },
  { weight: 2, arbitrary: extras },
);

const fate: fc.Arbitrary<Fate> = fc.record({
  kind: fc.constantFrom('dies' as const, 'dies' as const, 'repeats' as const, 'gives up' as const),
  at: fc.nat(9),
});
/** The same, of which every other one meets with something. */
export const fated = (action: fc.Arbitrary<Action>): fc.Arbitrary<Call> =>
  fc
    .tuple(action, fc.option(fate, { freq: 2 }))
    .map(([each, befalls]) => (befalls ? { ...each, fate: befalls } : each));

/** Found under two keys. That of id `2` counts for its identity; that of id `1` speaks for another, and does not. */
export const sampleOf = (clientId: string): NewSubscription =>
  subscriptionOf('a', clientId, {
    alternatives: [equal({ title: 'x' }), equal({ title: 'y' })],
    ...(clientId === '2' && { subscriber: { identityHash: REVOCABLE, maxSubscriptions: 100 } }),
  });

/** Whoever id `2` speaks for. */
export const REVOCABLE = 'jane';
