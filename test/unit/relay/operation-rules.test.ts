import { describe, expect, test } from '@jest/globals';
import { createTestRelay, KEY, type TestRelayOptions } from '../../fixtures/relay.ts';

const SDL = `
type Todo @table(name: "Todos") { id: ID! }
type Query { text(length: Int!): String }
`;
const resolvers = {
  Query: { text: (_: unknown, { length }: { length: number }) => 'あ'.repeat(length) },
};

const DIALECTS = [
  { subprotocol: 'graphql-transport-ws', start: 'subscribe', data: 'next' },
  { subprotocol: 'graphql-ws', start: 'start', data: 'data' },
] as const;

async function connected(subprotocol: string, options: TestRelayOptions = {}) {
  const relay = createTestRelay({ sdl: SDL, project: { resolvers }, ...options });
  await relay.open('c', { headers: { 'sec-websocket-protocol': subprotocol, 'x-api-key': KEY } });
  await relay.send('c', { type: 'connection_init' });
  return relay;
}

describe.each(DIALECTS)('a query over the socket in $subprotocol', ({ subprotocol, start, data }) => {
  const LIMIT = 2_000;
  const around = (text: string) => JSON.stringify({ type: data, payload: { data: { text } }, id: '1' });
  const room = LIMIT - Buffer.byteLength(around(''), 'utf8');
  const fits = Math.floor(room / 3);
  const ask = async (length: number) => {
    const relay = await connected(subprotocol, { settings: { maxFrameBytes: LIMIT } });
    const payload = { query: `{ text(length: ${length}) }` };
    const reply = await relay.send('c', { type: start, id: '1', payload });
    return { reply, frames: relay.frames('c') };
  };

  test('is answered by a frame as large as one may be', async () => {
    const { reply, frames } = await ask(fits);
    expect(frames).toEqual([{ type: data, id: '1', payload: { data: { text: 'あ'.repeat(fits) } } }]);
    expect(reply).toEqual({ type: 'complete', id: '1' });
  });

  test('C4 whose result is larger, in bytes, ends with an error that says so, and no frame is posted', async () => {
    const { reply, frames } = await ask(fits + 1);
    expect(JSON.stringify(reply)).toMatch(/"type":"error".*PAYLOAD_TOO_LARGE/);
    expect(frames).toEqual([]);
  });
});

test.each(DIALECTS)(
  'C8 a fault of the operation hook keeps its words from the client in $subprotocol',
  async ({ subprotocol, start }) => {
    const relay = await connected(subprotocol, {
      project: {
        resolvers,
        hooks: {
          operation: async () => {
            throw new Error('the password is hunter2');
          },
        },
      },
    });
    const payload = { query: '{ text(length: 1) }' };
    const reply = JSON.stringify(await relay.send('c', { type: start, id: '1', payload }));
    expect(reply).toContain('"Internal error; try again"');
    expect(reply).toContain('INTERNAL_SERVER_ERROR');
    expect(reply).not.toContain('hunter2');
    expect(relay.frames('c')).toEqual([]);
  },
);
