import { expect } from '@jest/globals';
import { alternatives } from '../../../src/filter/alternatives.ts';
import { canonicalFilter } from '../../../src/filter/canonical.ts';
import type { Expression } from '../../../src/filter/expression.ts';
import type { TestRelay } from '../../fixtures/relay.ts';

/**
 * Subscribes `onCreateTodo` of a connection of its own with a filter as an expression, past the protocol: what is forced
 * upon a subscriber comes as one, too. Nothing counts it for anybody.
 */
export async function subscribeByFilter(
  { context: { registry, clock } }: TestRelay,
  connectionId: string,
  filter: Expression,
): Promise<void> {
  const expiresAt = Math.floor(clock.now() / 1_000) + 7_200;
  await registry.open({ id: connectionId, stage: 'test', connectedAt: clock.now(), expiresAt });
  const outcome = await registry.subscribe({
    connectionId,
    clientId: '1',
    field: 'onCreateTodo',
    table: 'Todos',
    alternatives: alternatives(filter),
    filter: canonicalFilter(filter),
    document: { hash: 'd', text: 'subscription{onCreateTodo{id}}' },
    renderingKey: 'r',
    dialect: 'graphql-transport-ws',
    stage: 'test',
    activatedAt: clock.now(),
    expiresAt,
    subscriber: { identityHash: connectionId },
    maxOnConnection: 100,
  });
  expect(outcome).toBe('active');
}
