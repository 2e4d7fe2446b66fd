import { expect, test } from '@jest/globals';
import { inOrder } from '../../../src/relay/reply.ts';
import { createTestRelay } from '../../fixtures/relay.ts';

const FRAMES = ['{"n":1}', undefined, '{"n":2}', '{"n":3}'];

async function opened() {
  const relay = createTestRelay();
  await relay.connect('c');
  const connection = await relay.context.registry.connection('c');
  return { relay, reply: () => relay.clock.run(inOrder(relay.context, connection, FRAMES)) };
}

test('all replies but the last are posted, in order, and the last is the response', async () => {
  const { relay, reply } = await opened();
  expect(await reply()).toBe('{"n":3}');
  expect(relay.frames('c')).toEqual([{ n: 1 }, { n: 2 }]);
});

test('a client that has gone is no fault, and is sent nothing more', async () => {
  const { relay, reply } = await opened();
  // A younger one is asked for once more: the gateway may not know it yet.
  await relay.clock.advance(10_000);
  // Not one that is still being made, which the gateway takes to be gone for a moment.
  await relay.clock.advance(60_000);
  relay.connections.close('c');
  const before = relay.connections.posts;
  expect(await reply()).toBeUndefined();
  expect(relay.connections.posts).toBe(before + 1);
});

test('C1 a reply that is not taken is a fault: what comes after it is not sent in its place', async () => {
  const { relay, reply } = await opened();
  relay.connections.script('c', 'forbidden');
  await expect(reply()).rejects.toMatchObject({ code: 'TRANSPORT_UNAVAILABLE' });
  expect(relay.frames('c')).toEqual([]);
});
