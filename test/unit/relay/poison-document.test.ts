import { expect, test } from '@jest/globals';
import { createTestRelay, todoRecord } from '../../fixtures/relay.ts';

test('C4 a stored document that our own code stumbles over costs its subscriber alone', async () => {
  const nested = `${'{a'.repeat(50_000)}`;
  const relay = createTestRelay({
    wrapRegistry: (registry) => ({
      ...registry,
      document: async (hash) => {
        const stored = await registry.document(hash);
        return stored?.text.includes('memo') ? { hash, text: nested } : stored;
      },
    }),
  });
  await relay.connect('ill');
  await relay.subscribe('ill', '1', 'subscription { onCreateTodo { memo } }');
  await relay.connect('well');
  await relay.subscribe('well', '1', 'subscription { onCreateTodo { id } }');
  const record = todoRecord(relay.clock.now(), { newImage: { id: { S: 'a' }, title: { S: 't' } } });
  expect(await relay.deliver([record])).toEqual({});
  expect(relay.frames('well').map(({ type }) => type)).toEqual(['next']);
  expect(relay.frames('ill').map(({ type }) => type)).toEqual(['error']);
  expect(relay.logs.filter(({ event }) => event === 'document.poison')).toHaveLength(1);
});
