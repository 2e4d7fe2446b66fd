import { expect, test } from '@jest/globals';
import { runOldImageLeak } from '../../../scripts/attack/access/old-image.ts';
import { canonicalFilter } from '../../../src/filter/canonical.ts';
import { MATCH_ALL } from '../../../src/filter/expression.ts';
import type { RelayContext } from '../../../src/relay/context.ts';
import type { GrantedAccess, NewSubscription } from '../../../src/relay/ports.ts';

const CHANGES = 60;

test('T10 C6 who loses an item is sent no byte of what they may not read, and what they may', async () => {
  const { trace, ...figures } = await runOldImageLeak({ seed: 6, changes: CHANGES });
  expect(trace).toEqual([]);
  expect(figures).toMatchObject({ changes: CHANGES, leakedBytes: 0, told: 0, wrong: 0 });
  expect(figures.frames).toBeGreaterThan(CHANGES);
});

const subscribing =
  (change: (subscription: NewSubscription) => NewSubscription) =>
  (context: RelayContext): RelayContext => ({
    ...context,
    registry: {
      ...context.registry,
      subscribe: (subscription) => context.registry.subscribe(change(subscription)),
    },
  });

const granting = (change: (access: GrantedAccess) => GrantedAccess) =>
  subscribing((subscription) => {
    const { options } = subscription;
    if (!options?.access) return subscription;
    return { ...subscription, options: { ...options, access: change(options.access) } };
  });

test.each([
  [
    'a filter that lets in everything',
    'leakedBytes',
    subscribing((subscription) => ({
      ...subscription,
      filter: canonicalFilter(MATCH_ALL),
      alternatives: [new Map()],
    })),
  ],
  ['a secret that is not withheld', 'leakedBytes', granting(({ fields: _, ...access }) => access)],
  ['a newcomer told what was changed before', 'told', granting(({ isPartial: _, ...access }) => access)],
  [
    'a row that lies under no key of the item',
    'wrong',
    subscribing((each) => ({ ...each, alternatives: [] })),
  ],
] as const)('T10 finds %s', async (_, finds, breaking) => {
  const figures = await runOldImageLeak({ seed: 7, changes: 30, breaking });
  expect(figures[finds]).toBeGreaterThan(0);
  expect(figures.trace.length).toBeGreaterThan(0);
});
