import { expect, test } from '@jest/globals';
import { createTestRelay } from '../../fixtures/relay.ts';

const SDL = `
type Todo @table(name: "Todos") { id: ID! }
type Alarm { zone: String }
type Subscription { onAlarm: Alarm @published }
`;

test('events published within one millisecond have sequence numbers that rise in their order', async () => {
  const relay = createTestRelay({ sdl: SDL });
  await relay.connect('c');
  await relay.subscribe('c', '1', 'subscription { onAlarm { zone } }');
  const zones = ['a', 'b', 'c'];
  const at = relay.clock.now();
  for (const zone of zones) await relay.publish('onAlarm', { zone });
  expect(relay.clock.now()).toBe(at);
  const numbers = relay
    .frames('c')
    .map((frame) => BigInt(JSON.stringify(frame).match(/"sequenceNumber":"(\d+)"/)?.[1] ?? -1));
  expect(numbers).toHaveLength(3);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => (a < b ? -1 : 1)));
});

test('C8 no value of what is published is logged, whether it fits or not', async () => {
  const relay = createTestRelay({ sdl: SDL });
  await relay.connect('c');
  await relay.subscribe('c', '1', 'subscription { onAlarm { zone } }');
  await relay.publish('onAlarm', { zone: 'CANARY' });
  await expect(relay.publish('onAlarm', { zone: { word: 'CANARY' } })).rejects.toMatchObject({
    code: 'PUBLISH_INVALID',
    message: expect.not.stringContaining('CANARY'),
  });
  expect(JSON.stringify(relay.frames('c'))).toContain('CANARY');
  expect(JSON.stringify(relay.logs)).not.toContain('CANARY');
});
