import { beforeEach, describe, expect, test } from '@jest/globals';
import type { OperationContext } from '../../../src/api/ports.ts';
import { createTestRelay, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

const SDL = `
type Todo @table(name: "Todos") { id: ID!  title: String }
type Alarm { level: Int!  zone: String  detail: AlarmDetail }
type AlarmDetail { sensor: String }
type Mutation { ring(zone: String!): Int }
type Subscription {
  onAlarm(zone: String, filter: TableAlarmFilterInput): Alarm @published
}
`;
const ON_ALARM =
  'subscription($zone: String) { onAlarm(zone: $zone, filter: {level: {ge: 3}}) { level zone detail { sensor } } }';

let relay: TestRelay;
beforeEach(async () => {
  relay = createTestRelay({
    sdl: SDL,
    project: {
      resolvers: {
        Mutation: {
          ring: async (_: unknown, { zone }: { zone: string }, { publish }: OperationContext) =>
            (await publish('onAlarm', { level: 5, zone })).sent,
        },
      },
    },
  });
  await relay.connect('north');
  await relay.subscribe('north', '1', ON_ALARM, { variables: { zone: 'north' } });
  await relay.connect('any');
  await relay.subscribe('any', '1', ON_ALARM);
});

describe('publish', () => {
  test('delivers to those whose arguments and filter match, rendered as each selected', async () => {
    const report = await relay.publish('onAlarm', { level: 4, zone: 'south', detail: { sensor: '温度' } });
    expect(report).toEqual({ eventId: expect.any(String), matched: 1, sent: 1 });
    expect(relay.frames('any')).toEqual([
      {
        type: 'next',
        id: '1',
        payload: {
          data: { onAlarm: { level: 4, zone: 'south', detail: { sensor: '温度' } } },
          extensions: expect.objectContaining({ eventId: report.eventId }),
        },
      },
    ]);
    expect(relay.frames('north')).toEqual([]);
  });

  test('does not deliver what the filter excludes', async () => {
    expect(await relay.publish('onAlarm', { level: 2, zone: 'north' })).toMatchObject({
      matched: 0,
      sent: 0,
    });
  });

  test('of a resolver reaches the subscribers while its mutation runs', async () => {
    await relay.send('any', {
      type: 'subscribe',
      id: 'm',
      payload: { query: 'mutation { ring(zone: "north") }' },
    });
    expect(relay.frames('north')).toHaveLength(1);
    expect(relay.frames('any').at(-1)).toMatchObject({ id: 'm', payload: { data: { ring: 2 } } });
  });

  test('of a client that has gone forgets it and does not fail', async () => {
    relay.connections.close('any');
    await relay.clock.advance(20_000);
    expect(await relay.publish('onAlarm', { level: 4, zone: 'north' })).toMatchObject({
      matched: 2,
      sent: 1,
    });
    expect(await relay.publish('onAlarm', { level: 4, zone: 'north' })).toMatchObject({
      matched: 1,
      sent: 1,
    });
  });

  test('says when the gateway fails, since nothing is kept for later', async () => {
    relay.connections.outage('internalError');
    await expect(relay.publish('onAlarm', { level: 4, zone: 'north' })).rejects.toMatchObject({
      code: 'TRANSPORT_UNAVAILABLE',
    });
  });

  test.each<[string, string, object, string]>([
    ['a field that a table feeds', 'onCreateTodo', {}, '@published (onAlarm)'],
    ['a field that is none', 'constructor', {}, '@published (onAlarm)'],
    ['a name that is no field of the payload', 'onAlarm', { level: 1, levle: 2 }, 'levle'],
    ['a value of the wrong type', 'onAlarm', { level: 'high' }, 'level'],
  ])('refuses %s', async (_, field, payload, words) => {
    const refused = relay.publish(field, { ...payload });
    await expect(refused).rejects.toMatchObject({
      code: 'PUBLISH_INVALID',
      message: expect.stringContaining(words),
    });
    expect(relay.connections.posts).toBe(0);
  });
});

test('a change of a table never reaches a published field', async () => {
  await relay.deliver([todoRecord(relay.clock.now(), { newImage: { id: { S: 'a' } } })]);
  expect(relay.connections.posts).toBe(0);
});
