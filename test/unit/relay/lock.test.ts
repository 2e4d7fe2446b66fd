import { expect, test } from '@jest/globals';
import { exclusively } from '../../../src/relay/lock.ts';
import { createTestRelay } from '../../fixtures/relay.ts';

test('work that is done stays done when the lock cannot be given back, and the log tells', async () => {
  const relay = createTestRelay({
    wrapRegistry: (registry) => ({
      ...registry,
      unlock: async () => {
        throw new Error('the relay table does not answer');
      },
    }),
  });
  await relay.connect('c');
  const done = await relay.clock.run(exclusively(relay.context, 'c', async () => 'done'));
  expect(done).toEqual({ result: 'done' });
  expect(relay.logs).toContainEqual(expect.objectContaining({ event: 'lock.kept', connectionId: 'c' }));
});

test('a lock whose holder died frees itself after 30 s, not before', async () => {
  const relay = createTestRelay({ settings: { lockWaitMs: 100 } });
  await relay.connect('c');
  void exclusively(relay.context, 'c', () => new Promise(() => {}));
  await relay.clock.advance(29_000);
  const next = () => relay.clock.run(exclusively(relay.context, 'c', async () => 'next'));
  expect(await next()).toBeUndefined();
  await relay.clock.advance(1_000);
  expect(await next()).toEqual({ result: 'next' });
});

test('nothing waits on for the lock of a connection that has closed', async () => {
  const relay = createTestRelay({ settings: { lockWaitMs: 60_000 } });
  await relay.connect('c');
  void exclusively(relay.context, 'c', () => new Promise(() => {}));
  let runs = 0;
  const waiting = exclusively(relay.context, 'c', async () => {
    runs += 1;
  });
  await relay.clock.advance(100);
  await relay.disconnect('c');
  const before = relay.clock.now();
  expect(await relay.clock.run(waiting)).toBeUndefined();
  expect(relay.clock.now() - before).toBeLessThan(1_000);
  expect(runs).toBe(0);
});
