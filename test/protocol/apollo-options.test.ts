import { describe, expect, test } from '@jest/globals';
import { createTestRelay, KEY, type TestRelay } from '../fixtures/relay.ts';

/** A relay whose operations take `ms` each, and tell when they begin and end. */
function slow(ms: number): { readonly relay: TestRelay; readonly seen: string[] } {
  const seen: string[] = [];
  const relay: TestRelay = createTestRelay({
    project: {
      hooks: {
        operation: async ({ operationName }, next) => {
          seen.push(`${operationName} begins`);
          await relay.clock.sleep(ms);
          await next();
          seen.push(`${operationName} ends`);
        },
      },
    },
  });
  return { relay, seen };
}

async function connect(relay: TestRelay, payload: object): Promise<void> {
  await relay.open('c', { headers: { 'Sec-WebSocket-Protocol': 'graphql-ws' } });
  await relay.send('c', { type: 'connection_init', payload: { 'x-api-key': KEY, ...payload } });
}

const start = (relay: TestRelay, id: string) =>
  relay.send('c', {
    type: 'start',
    id,
    payload: { query: `query Q${id} { getTodo(id: "a") { id } }`, operationName: `Q${id}` },
  });

describe('strictOrdering in the payload of connection_init', () => {
  test('has operations run one at a time', async () => {
    const { relay, seen } = slow(1_000);
    await connect(relay, { strictOrdering: true });
    const replies = await Promise.all([start(relay, '1'), start(relay, '2')]);
    expect(replies).toEqual(['1', '2'].map((id) => ({ type: 'complete', id })));
    const [first, second] = seen[0] === 'Q1 begins' ? ['Q1', 'Q2'] : ['Q2', 'Q1'];
    expect(seen).toEqual([`${first} begins`, `${first} ends`, `${second} begins`, `${second} ends`]);
  });

  test('keeps the order of a client that awaits each reply', async () => {
    const { relay, seen } = slow(10);
    await connect(relay, { strictOrdering: true });
    for (const id of ['1', '2', '3']) await start(relay, id);
    expect(seen.filter((each) => each.endsWith('begins'))).toEqual(['Q1 begins', 'Q2 begins', 'Q3 begins']);
  });

  test('refuses an operation that waited 20 seconds', async () => {
    const { relay } = slow(21_000);
    await connect(relay, { strictOrdering: true });
    const replies = await Promise.all([start(relay, '1'), start(relay, '2')]);
    expect(replies).toEqual(
      expect.arrayContaining([
        { type: 'complete', id: expect.any(String) },
        {
          type: 'error',
          id: expect.any(String),
          payload: expect.objectContaining({ extensions: { code: 'LOCK_TIMEOUT' } }),
        },
      ]),
    );
  });

  test.each([{}, { strictOrdering: false }, { strictOrdering: 'true' }])(
    'is not on with %j: operations run side by side',
    async (payload) => {
      const { relay, seen } = slow(1_000);
      await connect(relay, payload);
      await Promise.all([start(relay, '1'), start(relay, '2')]);
      expect(seen.slice(0, 2).sort()).toEqual(['Q1 begins', 'Q2 begins']);
    },
  );
});
