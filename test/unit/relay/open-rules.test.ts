import { expect, test } from '@jest/globals';
import { TablecastError } from '../../../src/errors.ts';
import { createTestRelay } from '../../fixtures/relay.ts';

test('C6 while the keys of an issuer cannot be fetched an upgrade with a token is 503, and nobody is let in', async () => {
  const relay = createTestRelay({
    tokens: {
      verify: async () => {
        throw new TablecastError('AUTHENTICATION_UNAVAILABLE', 'no keys');
      },
    },
  });
  expect(await relay.open('c', { headers: { authorization: 'a.b.c' } })).toMatchObject({ status: 503 });
  expect(await relay.context.registry.connection('c')).toBeUndefined();
  expect(relay.logs).toContainEqual(expect.objectContaining({ event: 'authentication.unavailable' }));
});

test('C6 met in connection_init, the same is told as a fault of ours and logged as the issuer’s', async () => {
  const relay = createTestRelay({
    tokens: {
      verify: async () => {
        throw new TablecastError('AUTHENTICATION_UNAVAILABLE', 'no keys');
      },
    },
  });
  await relay.open('c');
  expect(
    await relay.send('c', { type: 'connection_init', payload: { authorization: 'a.b.c' } }),
  ).toMatchObject({ type: 'connection_error', payload: { code: 4500 } });
  expect(relay.logs).toContainEqual(expect.objectContaining({ event: 'authentication.unavailable' }));
  expect((await relay.context.registry.connection('c'))?.initialised).toBe(false);
});

test('a fault of any other kind is none of the issuer, and is thrown', async () => {
  const fault = new TablecastError('REGISTRY_UNAVAILABLE', 'no table');
  const relay = createTestRelay({
    tokens: {
      verify: async () => {
        throw fault;
      },
    },
  });
  await expect(relay.open('c', { headers: { authorization: 'a.b.c' } })).rejects.toBe(fault);
});

test.each([
  ['graphql-transport-ws', 'complete'],
  ['graphql-ws', 'stop'],
])('C6 %s: a connection that is never let in writes nothing by %s', async (subprotocol, type) => {
  const completed: string[] = [];
  const relay = createTestRelay({
    settings: { initWaitMs: 100 },
    wrapRegistry: (registry) => ({
      ...registry,
      complete: (connectionId, clientId) => {
        completed.push(clientId);
        return registry.complete(connectionId, clientId);
      },
    }),
  });
  await relay.open('c', { headers: { 'sec-websocket-protocol': subprotocol } });
  await relay.send('c', { type, id: '1' });
  expect(completed).toEqual([]);
  await relay.connect('d');
  await relay.send('d', { type: 'complete', id: '2' });
  expect(completed).toEqual(['2']);
});
