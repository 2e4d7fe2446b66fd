import { describe, expect, test } from '@jest/globals';
import { laneOf } from '../../../src/relay/fan-out/lane.ts';
import type { FanOutStore } from '../../../src/relay/fan-out/ports.ts';
import { created, createFanOutWorld, itemsOf, subscribeAll } from './fan-out-world.ts';

describe('a batch', () => {
  test('that owes no more than the threshold goes out directly, and one beyond by the queue, each frame once', async () => {
    const world = createFanOutWorld({ above: 4 });
    const { relay, queue } = world;
    const ids = await subscribeAll(relay, 4);
    expect(await world.batch([created(relay, 'a')])).toEqual({});
    for (const id of ids) expect(itemsOf(relay, id)).toEqual(['a']);
    expect(queue.accepted).toBe(0);
    expect(await world.batch([created(relay, 'b'), created(relay, 'c')])).toEqual({});
    for (const id of ids) expect(itemsOf(relay, id)).toEqual(['a']);
    expect(queue.accepted).toBe(new Set(ids.map((id) => laneOf(id, 4))).size);
    await world.drain();
    for (const id of ids) expect(itemsOf(relay, id)).toEqual(['a', 'b', 'c']);
    expect(relay.counters.take().get('delivered')).toBe(12);
  });

  test('sends by the queue what it would have sent directly, byte for byte, in every dialect', async () => {
    const query = 'subscription { onChangeTodo { kind item { id title } previous { id } } }';
    const frames = async (above: number) => {
      const world = createFanOutWorld({ above });
      const { relay } = world;
      await relay.connect('c');
      await relay.subscribe('c', '"quoted" \uFFFF \u{1F600} id', query);
      await relay.open('old', {
        headers: { 'x-api-key': 'local-dev-key', 'sec-websocket-protocol': 'graphql-ws' },
      });
      await relay.send('old', { type: 'connection_init', payload: {} });
      await relay.send('old', { type: 'start', id: '1', payload: { query } });
      const record = created(relay, 'a', 'ä \uFFFE \u0001');
      // Both worlds number their records from the same counter.
      await world.batch([
        { ...record, eventID: 'e', dynamodb: { ...record.dynamodb, SequenceNumber: '77' } },
      ]);
      await world.drain();
      expect(world.queue.accepted > 0).toBe(above < 2);
      return ['c', 'old'].map((id) => relay.connections.frames(id).filter((frame) => frame.includes('data')));
    };
    const direct = await frames(100);
    expect(direct.map(({ length }) => length)).toEqual([1, 1]);
    expect(await frames(1)).toEqual(direct);
  });

  test('C10 renders once for all, whatever the number of messages, and asks for tokens once', async () => {
    let asked = 0;
    const world = createFanOutWorld({
      wrapStore: (store): FanOutStore => ({
        ...store,
        outstanding: (tables) => {
          asked += 1;
          return store.outstanding(tables);
        },
      }),
    });
    const { relay } = world;
    await world.batch([created(relay, 'before anyone subscribed')]);
    expect(asked).toBe(0);
    await subscribeAll(relay, 20);
    await world.batch([created(relay, 'a')]);
    expect(asked).toBe(1);
    expect(relay.logs.filter(({ event }) => event === 'stream.batch').at(-1)).toMatchObject({
      renderings: 1,
    });
    await world.drain();
  });
});

describe('C3 order across batches', () => {
  test('a small batch does not overtake what waits in the queue, and goes out directly once that is done', async () => {
    const world = createFanOutWorld();
    const { relay, queue } = world;
    const ids = await subscribeAll(relay, 6);
    await world.batch([created(relay, 'large')]);
    await relay.disconnect('connection-0');
    for (const id of ids.slice(2)) await relay.disconnect(id);
    await world.batch([created(relay, 'small')]);
    expect(itemsOf(relay, 'connection-1')).toEqual([]);
    await world.drain();
    expect(itemsOf(relay, 'connection-1')).toEqual(['large', 'small']);
    const before = queue.accepted;
    await world.batch([created(relay, 'later')]);
    expect(itemsOf(relay, 'connection-1')).toEqual(['large', 'small', 'later']);
    expect(queue.accepted).toBe(before);
  });

  test('keeps the lanes of what waits, though the setting is another by now', async () => {
    const one = createFanOutWorld({ lanes: 1 });
    const { relay, queue, store } = one;
    const ids = await subscribeAll(relay, 8);
    await one.batch([created(relay, 'a')]);
    expect(queue.accepted).toBe(1);
    const { createDeliver } = await import('../../../src/relay/deliver/deliver.ts');
    const other = createDeliver({ ...relay.context, fanOut: { queue, store, above: 2, lanes: 8 } });
    await relay.clock.run(other([created(relay, 'b')], { remainingMs: () => 60_000 }));
    expect(queue.accepted).toBe(2);
    await one.drain();
    for (const id of ids) expect(itemsOf(relay, id)).toEqual(['a', 'b']);
    await relay.clock.run(other([created(relay, 'c')], { remainingMs: () => 60_000 }));
    expect(queue.accepted).toBeGreaterThan(4);
    await one.drain();
  });

  test.each(['before', 'after'])(
    'holds when the last token goes away just %s the stream function looks',
    async (when) => {
      let hold: (() => Promise<void>) | undefined;
      const world = createFanOutWorld({
        lanes: 1,
        wrapStore: (store): FanOutStore => ({
          ...store,
          async outstanding(tables) {
            if (when === 'before') await hold?.();
            const found = await store.outstanding(tables);
            if (when === 'after') await hold?.();
            return found;
          },
        }),
      });
      const { relay } = world;
      await subscribeAll(relay, 3);
      await world.batch([created(relay, 'large')]);
      for (const id of ['connection-1', 'connection-2']) await relay.disconnect(id);
      hold = async () => {
        hold = undefined;
        await world.consume();
      };
      await world.batch([created(relay, 'small')]);
      expect(world.queue.depth).toBe(when === 'before' ? 0 : 1);
      await world.drain();
      expect(itemsOf(relay, 'connection-0')).toEqual(['large', 'small']);
    },
  );

  test('two shards that begin with different numbers of lanes at once do not both go on', async () => {
    const { createDeliver } = await import('../../../src/relay/deliver/deliver.ts');
    const world = createFanOutWorld({ lanes: 3 });
    const { relay, queue, store } = world;
    const ids = await subscribeAll(relay, 6);
    let lookers = 0;
    // Both look before either puts a token, as in a deploy that changes the number.
    const shared: FanOutStore = {
      ...store,
      async outstanding(tables) {
        const found = await store.outstanding(tables);
        lookers += 1;
        for (let turn = 0; lookers < 2 && turn < 100; turn += 1) await relay.clock.sleep(1);
        return found;
      },
    };
    const shard = (lanes: number) =>
      createDeliver({ ...relay.context, fanOut: { queue, store: shared, above: 2, lanes } });
    const [one, other] = [shard(3), shard(8)];
    const records = [created(relay, 'a'), created(relay, 'b')] as const;
    const time = { remainingMs: () => 60_000 };
    const outcomes = await relay.clock.run(Promise.all([one([records[0]], time), other([records[1]], time)]));
    expect(lookers).toBe(2);
    const failed = outcomes.filter(({ failedFrom }) => failedFrom !== undefined);
    expect(failed.length).toBeGreaterThan(0);
    for (const { failedFrom } of failed) expect(failedFrom?.reason).toContain('another number');
    expect((await store.laneCounts(['Todos'])).size).toBeLessThanOrEqual(1);
    for (const [index, again] of [one, other].entries()) {
      const record = records[index];
      if (record && outcomes[index]?.failedFrom)
        expect(await relay.clock.run(again([record], time))).toEqual({});
    }
    await world.drain();
    for (const id of ids) expect([...itemsOf(relay, id)].sort()).toEqual(['a', 'b']);
    expect(await store.outstanding(['Todos'])).toBeUndefined();
  });

  test('C4 tokens of another number of lanes that nobody takes back hold nothing up for more than five minutes', async () => {
    const world = createFanOutWorld({ lanes: 3 });
    const { relay, store } = world;
    const ids = await subscribeAll(relay, 6);
    const expiresAt = relay.clock.now() / 1_000 + 9_000;
    await store.add([2, 5].map((lanes) => ({ id: `dead ${lanes}`, tables: ['Todos'], lanes, expiresAt })));
    const record = created(relay, 'a');
    expect((await world.batch([record])).failedFrom?.reason).toContain('another number');
    await relay.clock.advance(300_000);
    expect(await world.batch([record])).toEqual({});
    await world.drain();
    for (const id of ids) expect(itemsOf(relay, id)).toEqual(['a']);
  });

  test('a token whose message was never sent is taken back, and the records come again', async () => {
    let isDown = true;
    const world = createFanOutWorld({
      wrapFanOut: (fanOut) => ({
        ...fanOut,
        queue: {
          async send(messages) {
            if (!isDown) return fanOut.queue.send(messages);
            const [first, ...others] = messages.map(({ id }) => id);
            return { refused: others, unsure: first === undefined ? [] : [first], detail: 'down' };
          },
        },
      }),
    });
    const { relay, store } = world;
    const ids = await subscribeAll(relay, 12);
    const record = created(relay, 'a');
    expect(await world.batch([record])).toEqual({
      failedFrom: { sequenceNumber: record.dynamodb?.SequenceNumber, reason: 'the queue failed: down' },
    });
    // Of one message it is not known whether it was sent.
    expect(await store.outstanding(['Todos'])).toBe(4);
    isDown = false;
    expect(await world.batch([record])).toEqual({});
    await world.drain();
    for (const id of ids) expect(itemsOf(relay, id)).toEqual(['a']);
    expect(await store.outstanding(['Todos'])).toBe(4);
    await relay.clock.advance(9_001_000);
    expect(await store.outstanding(['Todos'])).toBeUndefined();
  });

  test('when nobody can say whether something waits, the records come again', async () => {
    const world = createFanOutWorld({
      above: 1_000,
      wrapStore: (store): FanOutStore => ({
        ...store,
        outstanding: async () => {
          throw new Error('no answer');
        },
      }),
    });
    await subscribeAll(world.relay, 1);
    const outcome = await world.batch([created(world.relay, 'a')]);
    expect(outcome.failedFrom?.reason).toBe('relay table unavailable');
    expect(itemsOf(world.relay, 'connection-0')).toEqual([]);
  });
});

test('what code publishes goes out directly, past what waits in the queue: it is all sent when publish resolves', async () => {
  const sdl = `
    type Todo @table(name: "Todos") { id: ID!  title: String! }
    type Note { text: String! }
    type Subscription { onNote: Note @published }
  `;
  const world = createFanOutWorld({ relay: { sdl } });
  const { relay } = world;
  const ids = await subscribeAll(relay, 5);
  for (const id of ids) await relay.subscribe(id, 'note', 'subscription { onNote { text } }');
  await world.batch([created(relay, 'a')]);
  expect(await relay.publish('onNote', { text: 'n' })).toMatchObject({ matched: 5, sent: 5 });
  expect(relay.frames('connection-0')).toHaveLength(1);
  await world.drain();
});
