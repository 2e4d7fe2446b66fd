import { describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { createTestRelay, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

const ON_CREATE = 'subscription { onCreateTodo { id } }';
const LIMIT = 20;

function flooded(): TestRelay {
  return createTestRelay({
    countsFrames: true,
    settings: { limits: { ...DEFAULT_LIMITS, framesPerMinute: LIMIT } },
  });
}

async function flood(relay: TestRelay, id: string, frames: number): Promise<unknown[]> {
  const replies: unknown[] = [];
  for (let sent = 0; sent < frames; sent += 1) replies.push(await relay.send(id, { type: 'ping' }));
  return replies;
}

describe('a connection that floods', () => {
  test('is refused once, runs nothing any more, and is told nothing else', async () => {
    const relay = flooded();
    await relay.connect('c');
    await relay.subscribe('c', '1', ON_CREATE);
    const replies = await flood(relay, 'c', 40);
    expect(replies.slice(0, LIMIT - 2)).toEqual(Array.from({ length: LIMIT - 2 }, () => ({ type: 'pong' })));
    expect(replies[LIMIT - 2]).toEqual({
      type: 'connection_error',
      payload: { code: 4429, message: `Too many frames: expected at most ${LIMIT} a minute, got more` },
    });
    expect(new Set(replies.slice(LIMIT - 1))).toEqual(new Set([undefined]));
    await relay.deliver([todoRecord(relay.clock.now(), { newImage: { id: { S: 'a' } } })]);
    expect(relay.frames('c')).toEqual([]);
    expect(relay.counters.take().get('connection.flooded')).toBe(1);
    expect(relay.logs.filter(({ event }) => event === 'connection.flooded')).toHaveLength(1);
  });

  test('is left to close by itself where its protocol has it so, and is cut off when it sends on', async () => {
    const relay = flooded();
    await relay.open('c', { headers: { 'sec-websocket-protocol': 'graphql-transport-ws' } });
    await flood(relay, 'c', 30);
    await relay.clock.advance(9_000);
    await flood(relay, 'c', 1);
    expect(relay.connections.isOpen('c')).toBe(true);
    await relay.clock.advance(2_000);
    await flood(relay, 'c', 1);
    expect(relay.connections.closedByServer('c')).toBe(true);
  });

  test.each([
    ['apollo', 'graphql-ws', {}, { code: 4429, message: expect.stringContaining('Too many frames') }],
    [
      'appsync',
      'graphql-ws',
      { header: Buffer.from('{}').toString('base64') },
      {
        errors: [
          {
            errorType: 'LimitExceededError',
            errorCode: 429,
            message: expect.stringContaining('Too many frames'),
          },
        ],
      },
    ],
  ])(
    'is told and closed in %s, whose clients take no notice of a refusal',
    async (dialect, name, query, payload) => {
      const relay = flooded();
      await relay.open('c', {
        headers: { 'sec-websocket-protocol': name, 'x-api-key': 'local-dev-key' },
        query,
      });
      await relay.send('c', { type: 'connection_init' });
      const data = { query: ON_CREATE };
      await relay.send('c', {
        type: 'start',
        id: '1',
        payload: dialect === 'appsync' ? { data: JSON.stringify(data) } : data,
      });
      for (let sent = 0; sent < LIMIT; sent += 1) await relay.send('c', { type: 'stop', id: 'none' });
      expect(relay.frames('c').at(-1)).toEqual({ type: 'connection_error', payload });
      expect(relay.connections.closedByServer('c')).toBe(true);
      expect(await relay.context.registry.subscriptions('c')).toEqual([]);
    },
  );

  test('costs the others nothing', async () => {
    const relay = flooded();
    await relay.connect('quiet');
    await relay.subscribe('quiet', '1', ON_CREATE);
    await relay.open('loud');
    await flood(relay, 'loud', 100);
    await relay.deliver([todoRecord(relay.clock.now(), { newImage: { id: { S: 'a' } } })]);
    expect(relay.frames('quiet')).toHaveLength(1);
    expect(await relay.send('quiet', { type: 'ping' })).toEqual({ type: 'pong' });
  });

  test('that nobody knows is refused as well', async () => {
    const relay = flooded();
    const replies = await flood(relay, 'unknown', LIMIT + 1);
    expect(replies.at(-1)).toMatchObject({ payload: { code: 4429 } });
  });
});
