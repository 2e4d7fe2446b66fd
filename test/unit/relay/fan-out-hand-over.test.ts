import { describe, expect, test } from '@jest/globals';
import { decodeMessage, type HandedOver } from '../../../src/relay/fan-out/message.ts';
import type { FanOut, QueueMessage } from '../../../src/relay/fan-out/ports.ts';
import type { NewSubscription } from '../../../src/relay/ports.ts';
import { created, createFanOutWorld, itemsOf, subscribeAll } from './fan-out-world.ts';

/** A world whose messages are noted as they are sent, and where tokens were put before. */
function watched(options: Parameters<typeof createFanOutWorld>[0] = {}) {
  const calls: QueueMessage[][] = [];
  const world = createFanOutWorld({
    ...options,
    wrapFanOut: (fanOut): FanOut => ({
      ...fanOut,
      queue: {
        async send(messages) {
          calls.push([...messages]);
          expect(await fanOut.store.outstanding(['Todos'])).toBeDefined();
          return fanOut.queue.send(messages);
        },
      },
    }),
  });
  const messages = () => calls.flat();
  return { world, calls, messages, opened: () => messages().map(({ body }) => opened(body)) };
}

function opened(body: string): HandedOver {
  const message = decodeMessage(body);
  if (typeof message === 'string') throw new Error(message);
  return message;
}

/** Very many subscriptions at once, put into the registry without the handshake. */
async function register(world: ReturnType<typeof createFanOutWorld>, count: number): Promise<string[]> {
  const { relay } = world;
  await relay.connect('first');
  await relay.subscribe('first', 'one', 'subscription { onCreateTodo { id title } }');
  const [key] = [...(await relay.context.registry.shapes('Todos'))];
  const { filterKey } = await import('../../../src/filter/keys.ts');
  const found = await relay.clock.run(
    relay.context.registry.candidates([
      { filterKey: filterKey('onCreateTodo', new Map()), shards: key?.shards ?? 1 },
    ]),
  );
  const [pattern] = [...found.values()].flat(2);
  if (!pattern) throw new Error('expected the subscription to be found');
  const document = await relay.clock.run(relay.context.registry.document(pattern.documentHash));
  if (!document) throw new Error('expected its document to be found');
  const ids = Array.from({ length: count }, (_, n) => `c${String(n).padStart(5, '0')}`);
  const work = ids.map(async (connectionId) => {
    relay.connections.open(connectionId);
    await relay.context.registry.open({
      id: connectionId,
      stage: 'test',
      connectedAt: relay.clock.now(),
      expiresAt: pattern.expiresAt,
    });
    const subscription: NewSubscription = {
      ...pattern,
      connectionId,
      clientId: 'one',
      table: 'Todos',
      alternatives: [new Map()],
      document,
      subscriber: { identityHash: 'anyone' },
      maxOnConnection: 100,
    };
    expect(await relay.context.registry.subscribe(subscription)).toBe('active');
  });
  await relay.clock.run(Promise.all(work));
  return ids;
}

describe('messages', () => {
  test('hold at most 1 000 frames, of one lane each, and one of a lane at a time is sent', async () => {
    const { world, calls, messages, opened: all } = watched({ lanes: 3 });
    const ids = await register(world, 5_000);
    expect(await world.batch([created(world.relay, 'a')])).toEqual({});
    const rows = all().flatMap((message) => message.rows.map(({ connectionId }) => connectionId));
    expect([...rows].sort()).toEqual([...ids, 'first'].sort());
    expect(messages().length).toBeGreaterThan(5);
    for (const { rows } of all()) expect(rows.length).toBeLessThanOrEqual(1_000);
    for (const call of calls) expect(new Set(call.map(({ group }) => group)).size).toBe(call.length);
    const lanes = new Map(
      messages().flatMap(({ group, body }) =>
        opened(body).rows.map(({ connectionId }) => [connectionId, group]),
      ),
    );
    expect(new Set(lanes.values()).size).toBe(3);
    await world.drain();
    for (const id of ids) expect(itemsOf(world.relay, id)).toEqual(['a']);
    expect(await world.store.outstanding(['Todos'])).toBeUndefined();
  }, 60_000);

  test('stay within 200 KB, characters that SQS refuses and all, and keep a connection’s frames in order', async () => {
    const { world, messages } = watched({ lanes: 2 });
    const { relay } = world;
    await relay.connect('c');
    const names = Array.from({ length: 40 }, (_, n) => `${n} ${'\uFFFF'.repeat(60)}`);
    for (const name of names) await relay.subscribe('c', name, 'subscription { onCreateTodo { id } }');
    const items = Array.from({ length: 40 }, (_, n) => `item-${n}`);
    expect(await world.batch(items.map((item) => created(relay, item)))).toEqual({});
    expect(messages().length).toBeGreaterThan(2);
    for (const { body } of messages()) {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(200 * 1024);
      expect(body).not.toMatch(/[\uFFFE\uFFFF]/);
    }
    await world.drain();
    for (const name of names) {
      const frames = relay.frames('c').filter(({ id }) => id === name);
      expect(frames.map(({ payload }) => /item-\d+/.exec(JSON.stringify(payload))?.[0])).toEqual(items);
    }
  }, 60_000);

  test('point to a payload of more than 8 KB, which is kept once, and hold smaller ones once each', async () => {
    const puts: number[] = [];
    const { world, opened: all } = watched({
      lanes: 4,
      wrapStore: (store) => ({
        ...store,
        putPayload: (hash, text, expiresAt) => {
          puts.push(text.length);
          return store.putPayload(hash, text, expiresAt);
        },
      }),
    });
    const { relay } = world;
    const ids = await subscribeAll(relay, 12);
    const title = 'x'.repeat(50_000);
    await world.batch([created(relay, 'large', title), created(relay, 'small')]);
    expect(puts).toHaveLength(1);
    for (const { payloads, rows } of all()) {
      expect(payloads.map(({ hash, text }) => [hash !== undefined, text !== undefined])).toEqual([
        [true, false],
        [false, true],
      ]);
      expect(rows.length % 2).toBe(0);
    }
    await world.drain();
    for (const id of ids) {
      expect(itemsOf(relay, id)).toEqual(['large', 'small']);
      expect(JSON.stringify(relay.frames(id)[0])).toContain(title);
    }
  });
});

describe('a batch that outgrows an invocation', () => {
  test('goes on behind the last connection whose frames are in the queue', async () => {
    const { world, calls } = watched({ lanes: 1 });
    const { relay } = world;
    const ids = await register(world, 3_500);
    const record = created(relay, 'a');
    // Time is up once two messages are sent.
    const remaining = () => (calls.length < 2 ? 60_000 : 100);
    const stopped = await world.batch([record], remaining);
    expect(stopped.failedFrom?.reason).toBe('deadline');
    expect(relay.counters.take().get('place.saved')).toBe(1);
    const sent = calls.length;
    expect(await world.batch([record])).toEqual({});
    await world.drain();
    expect(calls.length).toBeGreaterThan(sent);
    for (const id of ids) expect(itemsOf(relay, id)).toEqual(['a']);
  }, 60_000);

  test('gets ahead in every invocation, several records and however many it takes', async () => {
    const { world, opened: all, calls } = watched({ lanes: 1 });
    const ids = await register(world, 2_500);
    const { relay } = world;
    const records = [created(relay, 'a'), created(relay, 'b')];
    let outcome = await world.batch(records, () => 60_000 - 59_900 * Math.min(1, calls.length));
    let invocations = 1;
    while (outcome.failedFrom && invocations < 20) {
      const before = calls.length;
      outcome = await world.batch(records, () => 60_000 - 59_900 * Math.min(1, calls.length - before));
      invocations += 1;
    }
    expect(outcome).toEqual({});
    expect(invocations).toBeGreaterThan(3);
    const rows = all().reduce((sum, message) => sum + message.rows.length, 0);
    // Two frames each, none of them twice.
    expect(rows).toBe(2 * (ids.length + 1));
  }, 60_000);
});

test('one that is too large for a frame is told in its place, and counted, as when it goes out directly', async () => {
  const world = createFanOutWorld();
  const { relay } = world;
  const ids = await subscribeAll(relay, 4);
  await world.batch([created(relay, 'a', 'x'.repeat(140_000))]);
  await world.drain();
  for (const id of ids) expect(JSON.stringify(relay.frames(id))).toContain('PAYLOAD_TOO_LARGE');
  expect(relay.counters.take().get('payload.too-large')).toBe(4);
});
