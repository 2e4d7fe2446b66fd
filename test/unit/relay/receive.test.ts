import { beforeEach, describe, expect, test } from '@jest/globals';
import { TablecastError } from '../../../src/errors.ts';
import { createTestRelay, KEY, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

const ON_CREATE = 'subscription { onCreateTodo { id } }';

describe('C7 a relay table that does not answer', () => {
  let relay: TestRelay;
  beforeEach(() => {
    relay = createTestRelay({
      wrapRegistry: (registry) => ({
        ...registry,
        connection: async () => {
          throw new TablecastError('REGISTRY_UNAVAILABLE', 'relay table: expected an answer, got throttling');
        },
      }),
    });
  });

  test.each<[string, unknown, unknown]>([
    [
      'a subscribe is told for its own id, and the connection lives on',
      { type: 'subscribe', id: 'x', payload: { query: ON_CREATE } },
      {
        type: 'error',
        id: 'x',
        payload: [expect.objectContaining({ extensions: { code: 'INTERNAL_SERVER_ERROR' } })],
      },
    ],
    [
      'a subscribe that is wrong is told so',
      { type: 'subscribe', id: 'x' },
      { type: 'error', id: 'x', payload: [expect.objectContaining({ extensions: { code: 'BAD_REQUEST' } })] },
    ],
    ['ping is answered all the same', { type: 'ping' }, { type: 'pong' }],
    ['pong needs no answer', { type: 'pong' }, undefined],
    ['complete gets none', { type: 'complete', id: 'x' }, undefined],
    [
      'connection_init is refused with 4500',
      { type: 'connection_init', payload: { 'x-api-key': KEY } },
      { type: 'connection_error', payload: { code: 4500, message: expect.any(String) } },
    ],
  ])('%s', async (_, frame, reply) => {
    await relay.open('c');
    expect(await relay.send('c', frame)).toEqual(reply);
  });
});

test('init, subscribe and complete sent at once end with nothing running, in whatever order they come through', async () => {
  const relay = createTestRelay();
  await relay.open('c');
  const subscribing = relay.subscribe('c', '1', ON_CREATE, { extensions: { confirm: true } });
  const completing = relay.send('c', { type: 'complete', id: '1' });
  await relay.clock.advance(500);
  await relay.send('c', { type: 'connection_init', payload: { 'x-api-key': KEY } });
  await Promise.all([subscribing, completing]);
  expect(await relay.context.registry.subscriptions('c')).toEqual([]);
  await relay.deliver([todoRecord(relay.clock.now(), { newImage: { id: { S: 'a' } } })]);
  expect(relay.frames('c')).toEqual([]);
});

test('C8 no part of a frame is logged, of whatever is wrong with it', async () => {
  const relay = createTestRelay();
  await relay.connect('c');
  for (const frame of [
    'CANARY',
    '"CANARY"',
    { type: 'CANARY' },
    { type: 'subscribe', id: { CANARY: 1 } },
    { type: 'subscribe', id: 'CANARY'.repeat(100) },
    { type: 'subscribe', id: '1', payload: { query: 'CANARY' } },
    { type: 'subscribe', id: '2', payload: { query: ON_CREATE, operationName: 'CANARY' } },
    { type: 'subscribe', id: '3', payload: { query: 'subscription { onCreateTodo { CANARY } }' } },
    {
      type: 'subscribe',
      id: '4',
      payload: { query: 'subscription S($CANARY: Boolean!) { onCreateTodo @skip(if: $CANARY) { id } }' },
    },
    {
      type: 'subscribe',
      id: '5',
      payload: { query: 'subscription { onCreateTodo @skip(if: "CANARY") { id } }' },
    },
    {
      type: 'subscribe',
      id: '6',
      payload: {
        query: 'subscription($p: Int) { onCreateTodo(priority: $p) { id } }',
        variables: { p: 'CANARY' },
      },
    },
  ]) {
    expect(await relay.send('c', frame)).toBeDefined();
  }
  expect(JSON.stringify(relay.logs)).not.toContain('CANARY');
  expect(relay.logs.filter(({ event }) => event === 'frame.invalid')).not.toHaveLength(0);
  expect(relay.logs.filter(({ event }) => event === 'frame.failed')).toEqual([]);
});
