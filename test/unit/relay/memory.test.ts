import { expect, test } from '@jest/globals';
import { intake } from '../../../src/relay/deliver/intake.ts';
import type { Match } from '../../../src/relay/deliver/match.ts';
import { BatchRenderer } from '../../../src/relay/deliver/payload.ts';
import { prepareDocument } from '../../../src/render/render.ts';
import { createTestRelay, todoRecord } from '../../fixtures/relay.ts';

const relay = createTestRelay();
const [typed] = intake(relay.context, [
  todoRecord(relay.clock.now(), {
    newImage: { id: { S: 'a' }, title: { S: 't' }, memo: { S: 'm'.repeat(100_000) } },
  }),
]);
const field = relay.context.model.subscriptions.get('onCreateTodo');

/** One who wants the memo under a name of its own, so that its rendering is nobody else's. */
function wanting(alias: string): [Match, Parameters<BatchRenderer['frame']>[1]] {
  const preparation = prepareDocument(relay.context.model, `subscription{onCreateTodo{${alias}:memo}}`);
  if (!typed || !field || !preparation.ok) throw new Error('expected a change, a field and a document');
  const candidate = {
    connectionId: alias,
    clientId: '1',
    field: field.name,
    documentHash: alias,
    renderingKey: alias,
    filter: '',
    dialect: 'graphql-transport-ws' as const,
    stage: 'test',
    activatedAt: 0,
    expiresAt: Number.POSITIVE_INFINITY,
    row: alias,
  };
  return [{ typed, field, candidate, kind: 'item' }, preparation.prepared];
}

test('of renderings that nobody shares no more than 32 MB is kept', async () => {
  const renderer = new BatchRenderer(relay.context);
  const everyone = Array.from({ length: 500 }, (_, each) => wanting(`a${each}`));
  for (const one of everyone) await renderer.frame(...one);
  expect(renderer.renderings).toBe(500);
  // Asked again from the last to the first, what is kept is not rendered anew.
  const { frame } = await renderer.frame(...wanting('a499'));
  expect(renderer.renderings).toBe(500);
  let kept = 0;
  for (const one of everyone.reverse()) {
    const before = renderer.renderings;
    await renderer.frame(...one);
    if (renderer.renderings > before) break;
    kept += frame.byteLength;
  }
  expect(kept).toBeGreaterThan(30 * 1024 * 1024);
  expect(kept).toBeLessThanOrEqual(33 * 1024 * 1024);
});

test('what was forgotten is rendered again, to the same bytes', async () => {
  const renderer = new BatchRenderer(relay.context);
  const { frame: first } = await renderer.frame(...wanting('first'));
  for (let each = 0; each < 400; each++) await renderer.frame(...wanting(`a${each}`));
  const { frame: again } = await renderer.frame(...wanting('first'));
  expect(Buffer.compare(first, again)).toBe(0);
  expect(renderer.renderings).toBe(402);
});
