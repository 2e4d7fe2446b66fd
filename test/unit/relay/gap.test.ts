import { beforeEach, expect, test } from '@jest/globals';
import { TablecastError } from '../../../src/errors.ts';
import { CONNECTION_LIFE_SECONDS } from '../../../src/relay/context.ts';
import { type LostBatch, readLostBatch, reportGap } from '../../../src/relay/gap.ts';
import { streamArnOf } from '../../fixtures/records.ts';
import { createTestRelay, drive, type TestRelay } from '../../fixtures/relay.ts';

let relay: TestRelay;
beforeEach(() => {
  relay = createTestRelay();
});

const LOST: LostBatch = {
  table: 'Todos',
  streamArn: streamArnOf('Todos'),
  shardId: 'shardId-1',
  startSequenceNumber: '1',
  endSequenceNumber: '9',
  batchSize: 7,
};
const report = (lost: Partial<LostBatch> = {}) =>
  drive(relay.clock, reportGap(relay.context, { ...LOST, ...lost }));
const told = (id: string) => relay.frames(id).map(({ type }) => type);

async function subscribed(...connectionIds: string[]) {
  for (const id of connectionIds) {
    await relay.connect(id);
    await relay.subscribe(id, '1', 'subscription { onCreateTodo { id } }');
  }
}

test.each(['forbidden', 'unavailable', 'throttled'] as const)(
  'C5 no silent gap: while the gateway gives %s nothing is ended, and the message comes again',
  async (outcome) => {
    await subscribed('c');
    relay.connections.outage(outcome);
    await expect(report()).rejects.toMatchObject({ code: 'TRANSPORT_UNAVAILABLE' });
    expect(await relay.context.registry.subscriptions('c')).toHaveLength(1);
    relay.connections.outage(undefined);
    await report();
    expect(told('c')).toEqual(['error']);
  },
);

test('one connection that the relay table fails for does not keep the others from being told', async () => {
  relay = createTestRelay({
    wrapRegistry: (registry) => ({
      ...registry,
      subscriptions: async (connectionId) => {
        if (connectionId === 'b') throw new TablecastError('REGISTRY_UNAVAILABLE', 'throttled');
        return registry.subscriptions(connectionId);
      },
    }),
  });
  await subscribed('a', 'b', 'c');
  await expect(report()).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
  expect([told('a'), told('b'), told('c')]).toEqual([['error'], [], ['error']]);
});

test('who connected after the records came has missed nothing and is left alone', async () => {
  await subscribed('before');
  const lastArrival = relay.clock.now();
  await relay.clock.advance(60_000);
  await subscribed('after');
  await report({ lastArrival });
  expect([told('before'), told('after')]).toEqual([['error'], []]);
});

test('a batch older than any connection can be concerns nobody and is no gap', async () => {
  await subscribed('c');
  await report({ lastArrival: relay.clock.now() - CONNECTION_LIFE_SECONDS * 1_000 - 7_000 });
  expect(told('c')).toEqual([]);
  const counts = relay.counters.take();
  expect(counts.get('gap')).toBeUndefined();
  expect(counts.get('record.outdated')).toBe(7);
});

test('a thousand connections are looked at side by side', async () => {
  let underWay = 0;
  let most = 0;
  relay = createTestRelay({
    wrapRegistry: (registry) => ({
      ...registry,
      async *live() {
        for (let each = 0; each < 1_000; each++)
          yield { connectionId: `c${each}`, stage: 'test', connectedAt: 0, initialised: true };
      },
      subscriptions: async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await relay.clock.sleep(10);
        underWay -= 1;
        return [];
      },
    }),
  });
  const before = relay.clock.now();
  await report();
  expect(relay.clock.now() - before).toBeLessThan(1_000);
  expect(most).toBeLessThanOrEqual(64);
});

test('the message says when the last record came; a batch size that is no number counts as none', () => {
  const info = { streamArn: streamArnOf('Todos'), batchSize: 'many' };
  const message = (more: object) => JSON.stringify({ DDBStreamBatchInfo: { ...info, ...more } });
  expect(readLostBatch(message({ approximateArrivalOfLastRecord: '2026-11-22T07:15:30Z' }))).toMatchObject({
    lastArrival: Date.UTC(2026, 10, 22, 7, 15, 30),
    batchSize: 0,
  });
  expect(readLostBatch(message({ approximateArrivalOfLastRecord: 'soon' }))).not.toHaveProperty(
    'lastArrival',
  );
});
