import { beforeAll, expect, jest, test } from '@jest/globals';
import { createMemoryRegistry } from '../../../src/adapters/memory/registry.ts';
import { createCounters } from '../../../src/observe/counters.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';
import { createFakeConnections } from '../../../src/testing/connections.ts';
import { contextOf } from './keepalive-context.ts';

const clock = createVirtualClock();
const connections = createFakeConnections({ clock });
const registry = createMemoryRegistry({ clock });
const flushed: ReadonlyMap<string, number>[] = [];
const counters = createCounters((counts) => flushed.push(counts));
let isDown = false;
const context = contextOf({
  registry: {
    ...registry,
    live: () => {
      if (isDown) throw new Error('down');
      return registry.live();
    },
  },
  transport: connections.transport,
  clock,
  counters,
  logs: [],
});
jest.unstable_mockModule('../../../src/compose/sweep.ts', () => ({ composeSweep: () => context }));

let handler: (event: unknown, lambda: { getRemainingTimeInMillis(): number }) => Promise<void>;
beforeAll(async () => {
  ({ handler } = await import('../../../handlers/keepalive.ts'));
});

const scheduled = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };
const invoke = (remainingMs = 60_000) =>
  clock.run(handler(scheduled, { getRemainingTimeInMillis: () => remainingMs }));

test('a schedule keeps connections alive, and hands over what was counted', async () => {
  connections.open('c');
  const now = clock.now();
  await registry.open({ id: 'c', stage: 'test', connectedAt: now, expiresAt: now / 1_000 + 7_200 });
  await registry.initialise('c', { dialect: 'appsync' });
  expect(await invoke()).toBeUndefined();
  expect(connections.frames('c')).toEqual(['{"type":"ka"}']);
  expect(flushed.splice(0)).toEqual([
    new Map([
      ['keepalive.connections', 1],
      ['keepalive.sent', 1],
    ]),
  ]);
});

test('a run that fails is the schedule’s to try again, and what it counted is handed over all the same', async () => {
  isDown = true;
  counters.count('something');
  await expect(invoke()).rejects.toThrow('down');
  expect(flushed.splice(0)).toEqual([new Map([['something', 1]])]);
});
