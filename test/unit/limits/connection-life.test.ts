import { expect, test } from '@jest/globals';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { createTestRelay } from '../../fixtures/relay.ts';
import { keepAliveWorld } from '../relay/keepalive-context.ts';

test('rows of a connection last as long as it may, and ten minutes more', async () => {
  const relay = createTestRelay({ settings: { limits: { ...DEFAULT_LIMITS, connectionSeconds: 1_800 } } });
  const connectedAt = Math.floor(relay.clock.now() / 1_000);
  await relay.connect('c');
  const connection = await relay.context.registry.connection('c');
  expect(connection?.expiresAt).toBe(connectedAt + 1_800 + 600);
});

test('an upgrade is read no deeper than JSON may nest', async () => {
  const relay = createTestRelay({ settings: { limits: { ...DEFAULT_LIMITS, jsonDepth: 4 } } });
  const header = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
  const open = (id: string, value: unknown) =>
    relay.open(id, { headers: { 'sec-websocket-protocol': 'graphql-ws' }, query: { header: header(value) } });
  await open('deep', { 'x-api-key': 'local-dev-key', a: [[[[[]]]]] });
  await open('flat', { 'x-api-key': 'local-dev-key', a: [[]] });
  expect((await relay.context.registry.connection('deep'))?.identity).toBeUndefined();
  expect((await relay.context.registry.connection('flat'))?.identity).toMatchObject({ kind: 'api-key' });
});

test.each([
  [10, 20_000, true],
  [60, 20_000, false],
  [60, 61_000, true],
])(
  'with %i s for an init, a connection that sent none in %i ms is closed: %s',
  async (initSeconds, ms, isClosed) => {
    const world = keepAliveWorld({ settings: { limits: { ...DEFAULT_LIMITS, initSeconds } } });
    await world.open('c', { init: false });
    await world.clock.advance(ms);
    await world.run();
    expect(world.connections.closedByServer('c')).toBe(isClosed);
  },
);
