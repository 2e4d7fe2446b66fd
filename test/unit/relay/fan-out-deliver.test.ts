import { describe, expect, test } from '@jest/globals';
import { createDeliverMessages } from '../../../src/relay/fan-out/deliver-messages.ts';
import { slow } from '../../../src/testing/connection-outcomes.ts';
import { todoRecord } from '../../fixtures/relay.ts';
import { created, createFanOutWorld, itemsOf, subscribeAll } from './fan-out-world.ts';

/** What the queue holds, as it would be handed to `deliver`, without taking it out. */
function received({ queue }: ReturnType<typeof createFanOutWorld>) {
  const delivery = queue.receive();
  if (!delivery) throw new Error('expected messages');
  return delivery;
}

const TIME = { remainingMs: () => 60_000 };

describe('deliver', () => {
  test('C4 reports the first message that is not done and all behind it in its group, and nothing of other groups', async () => {
    const world = createFanOutWorld({ lanes: 3 });
    const { relay } = world;
    await subscribeAll(relay, 9);
    await world.batch([created(relay, 'a')]);
    await world.batch([created(relay, 'b')]);
    await world.batch([created(relay, 'c')]);
    const { messages } = received(world);
    expect(messages).toHaveLength(9);
    const [group] = messages.map((message) => message.group);
    const own = messages.filter((message) => message.group === group);
    const broken = messages.map((message) =>
      message === own[1] ? { ...message, body: '{"fanOut":' } : message,
    );
    const deliver = createDeliverMessages(relay.context, world.store);
    expect(await relay.clock.run(deliver(broken, TIME))).toEqual(own.slice(1).map(({ id }) => id));
    const all = Array.from({ length: 9 }, (_, n) => itemsOf(relay, `connection-${n}`).join(''));
    expect(new Set(all)).toEqual(new Set(['a', 'abc']));
    // Its token stays, so that nothing overtakes it.
    expect(await world.store.outstanding(['Todos'])).toBe(3);
  });

  test('C4 reaps who is gone, tells who is slow, and delivers to the others', async () => {
    const world = createFanOutWorld({ lanes: 1 });
    const { relay } = world;
    await subscribeAll(relay, 5);
    await world.batch([created(relay, 'a')]);
    relay.connections.close('connection-0');
    relay.connections.default('connection-1', 'throttled');
    relay.connections.script('connection-2', 'unavailable');
    await relay.clock.advance(20_000);
    await world.drain();
    expect(await relay.clock.run(relay.context.registry.subscriptions('connection-0'))).toEqual([]);
    expect(relay.connections.closedByServer('connection-1')).toBe(true);
    for (const id of ['connection-2', 'connection-3', 'connection-4'])
      expect(itemsOf(relay, id)).toEqual(['a']);
    const counted = relay.counters.take();
    expect(counted.get('connection.gone')).toBe(1);
    expect(counted.get('connection.slow')).toBe(1);
    expect(counted.get('ended.SLOW_CONSUMER')).toBe(1);
    expect(await world.store.outstanding(['Todos'])).toBeUndefined();
  });

  test('has messages come again when the gateway is down, and tells nobody that they are slow', async () => {
    const world = createFanOutWorld({ lanes: 2 });
    const { relay } = world;
    const ids = await subscribeAll(relay, 8);
    await world.batch([created(relay, 'a')]);
    relay.connections.outage('unavailable');
    const failed = await relay.clock.run(world.consume());
    expect(failed).toHaveLength(2);
    expect(world.queue.depth).toBe(2);
    relay.connections.outage(undefined);
    await world.drain();
    for (const id of ids) expect(itemsOf(relay, id)).toEqual(['a']);
    expect(relay.counters.take().get('connection.slow') ?? 0).toBe(0);
  });

  test('shares the posts that may be under way among the groups it was given', async () => {
    const world = createFanOutWorld({ lanes: 8, relay: { settings: { maxConcurrentPosts: 16 } } });
    const { relay } = world;
    const ids = await subscribeAll(relay, 60);
    for (const id of ids) relay.connections.default(id, slow(100));
    await world.batch([created(relay, 'a')]);
    await world.drain();
    expect(relay.connections.maxInFlight()).toBeLessThanOrEqual(16);
    expect(relay.connections.maxInFlight()).toBeGreaterThan(8);
  });

  test('C6 sends nothing to a subscription that has expired since', async () => {
    const world = createFanOutWorld();
    const { relay } = world;
    const ids = await subscribeAll(relay, 3);
    await world.batch([created(relay, 'a')]);
    await relay.clock.advance(8_000_000);
    const deliver = createDeliverMessages(relay.context, world.store);
    expect(await relay.clock.run(deliver(received(world).messages, TIME))).toEqual([]);
    for (const id of ids) expect(relay.connections.attempts(id)).toEqual([]);
  });

  test('sends the stand-in when the gateway finds a frame too large after all', async () => {
    const world = createFanOutWorld();
    const { relay } = world;
    await subscribeAll(relay, 3);
    await world.batch([created(relay, 'a')]);
    relay.connections.script('connection-1', 'tooLarge');
    await world.drain();
    expect(JSON.stringify(relay.frames('connection-1'))).toContain('PAYLOAD_TOO_LARGE');
    expect(itemsOf(relay, 'connection-0')).toEqual(['a']);
    const logged = relay.logs.filter(({ event }) => event === 'fan-out.delivered');
    expect(logged.reduce((sum, { tooLarge }) => sum + Number(tooLarge), 0)).toBe(1);
  });

  test('leaves out all but the newest for who chose so, once it is behind, and tells how many', async () => {
    const world = createFanOutWorld({ above: 1 });
    const { relay } = world;
    await relay.connect('c');
    await relay.subscribe('c', '1', 'subscription { onUpdateTodo { id priority } }', {
      extensions: { overflow: 'latest' },
    });
    const records = [1, 2, 3, 4].map((n) => {
      const image = { id: { S: 'a' }, title: { S: 't' }, priority: { N: String(n) } };
      return todoRecord(relay.clock.now(), { oldImage: { ...image, priority: { N: '0' } }, newImage: image });
    });
    relay.connections.script('c', 'throttled');
    await world.batch(records);
    await world.drain();
    const payloads = relay.frames('c').map(({ payload }) => JSON.stringify(payload));
    expect(payloads.map((text) => /"priority":(\d)/.exec(text)?.[1])).toEqual(['1', '4']);
    expect(payloads[1]).toContain('"skipped":2');
    expect(relay.counters.take().get('overflow.skipped')).toBe(2);
  });

  test('a payload that a message points to and that cannot be fetched has the message come again', async () => {
    let isDown = true;
    const world = createFanOutWorld({
      lanes: 1,
      wrapStore: (store) => ({
        ...store,
        payload: async (hash) => (isDown ? undefined : store.payload(hash)),
      }),
    });
    const { relay } = world;
    const ids = await subscribeAll(relay, 3);
    await world.batch([created(relay, 'a', 'x'.repeat(20_000))]);
    expect(await relay.clock.run(world.consume())).toHaveLength(1);
    isDown = false;
    await world.drain();
    for (const id of ids) expect(itemsOf(relay, id)).toEqual(['a']);
  });
});

describe('C5 a message that was given up', () => {
  async function givenUp() {
    const world = createFanOutWorld({ lanes: 1, queue: { maxReceives: 2 } });
    const { relay } = world;
    await subscribeAll(relay, 3);
    await relay.connect('bystander');
    await relay.subscribe('bystander', '1', 'subscription { onDeleteTodo { id } }');
    await relay.subscribe('connection-0', 'other', 'subscription { onDeleteTodo { id } }');
    await world.batch([created(relay, 'a')]);
    relay.connections.outage('unavailable');
    await world.drain();
    expect(world.queue.deadLetters).toHaveLength(1);
    return { world, relay, body: world.queue.deadLetters[0]?.body ?? '' };
  }

  test('ends the operations whose frames it held, and no others, and holds up nothing any more', async () => {
    const { world, relay, body } = await givenUp();
    expect(await world.store.outstanding(['Todos'])).toBe(1);
    relay.connections.outage(undefined);
    await world.lost(body);
    for (const id of ['connection-0', 'connection-1', 'connection-2']) {
      expect(relay.frames(id)).toEqual([
        {
          type: 'error',
          id: `of ${id}`,
          payload: [
            expect.objectContaining({
              message: expect.stringContaining('changes of table Todos were lost'),
              extensions: expect.objectContaining({ code: 'EVENTS_LOST' }),
            }),
          ],
        },
      ]);
    }
    const live = await relay.clock.run(relay.context.registry.subscriptions('connection-0'));
    expect(live.map(({ clientId }) => clientId)).toEqual(['other']);
    expect(relay.frames('bystander')).toEqual([]);
    expect(await world.store.outstanding(['Todos'])).toBeUndefined();
    const counted = relay.counters.take();
    expect([counted.get('gap'), counted.get('gap.records')]).toEqual([1, 1]);
  });

  test('comes again while nobody can be told, and is no gap of those who are gone by then', async () => {
    const { world, relay, body } = await givenUp();
    await expect(world.lost(body)).rejects.toThrow('expected @connections to answer');
    expect(relay.counters.take().get('gap')).toBeUndefined();
    await relay.clock.advance(8_000_000);
    await world.lost(body);
    expect(relay.frames('connection-0')).toEqual([]);
  });

  test.each(['{"fanOut":1}', '{"fanOut":2,"rows":[]}', '{"fanOut":'])(
    'is counted and logged when it is %s',
    async (body) => {
      const world = createFanOutWorld();
      await world.lost(body);
      expect(world.relay.counters.take().get('gap')).toBe(1);
      expect(world.relay.logs.at(-1)).toMatchObject({
        event: 'fan-out.lost-unreadable',
        reason: expect.stringContaining('expected'),
      });
    },
  );
});
