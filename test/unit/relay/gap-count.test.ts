import { expect, test } from '@jest/globals';
import { reportGap } from '../../../src/relay/gap.ts';
import { streamArnOf } from '../../fixtures/records.ts';
import { createTestRelay, drive } from '../../fixtures/relay.ts';

const LOST = {
  table: 'Todos',
  streamArn: streamArnOf('Todos'),
  shardId: 'shardId-1',
  startSequenceNumber: '1',
  endSequenceNumber: '9',
  batchSize: 7,
};

test('C5 a gap is counted once, however often its message comes again before everyone could be told', async () => {
  const relay = createTestRelay();
  await relay.connect('c');
  await relay.subscribe('c', '1', 'subscription { onCreateTodo { id } }');
  relay.connections.outage('unavailable');
  for (const _ of [1, 2])
    await expect(drive(relay.clock, reportGap(relay.context, LOST))).rejects.toMatchObject({
      code: 'TRANSPORT_UNAVAILABLE',
    });
  relay.connections.outage(undefined);
  await drive(relay.clock, reportGap(relay.context, LOST));
  const counts = relay.counters.take();
  expect([counts.get('gap'), counts.get('gap.records')]).toEqual([1, 7]);
});

test('a gap that concerns nobody who is connected is counted all the same', async () => {
  const relay = createTestRelay();
  await drive(relay.clock, reportGap(relay.context, LOST));
  expect(relay.counters.take().get('gap')).toBe(1);
});
