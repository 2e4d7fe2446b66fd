import { describe, expect, test } from '@jest/globals';
import type { DynamoDBRecord } from 'aws-lambda';
import { hash128 } from '../../../src/filter/keys.ts';
import type { DeliveryPlace, Registry } from '../../../src/relay/ports.ts';
import { slow } from '../../../src/testing/connection-outcomes.ts';
import { createTestRelay, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

/**
 * Records that more connections want than one invocation can serve. As with the event source mapping, a batch comes
 * again from the record that was reported, until none is.
 */

const CONNECTIONS = 60;
const LANES = 8;
const POST_MS = 500;

async function crowd(wrapRegistry: (registry: Registry) => Registry = (registry) => registry) {
  const relay = createTestRelay({
    settings: { maxConcurrentPosts: LANES, deadlineMarginMs: 1_000 },
    wrapRegistry,
  });
  const ids = Array.from({ length: CONNECTIONS }, (_, n) => `c${n}`);
  for (const id of ids) {
    await relay.connect(id);
    await relay.subscribe(id, '1', 'subscription { onCreateTodo { id } }');
    relay.connections.default(id, slow(POST_MS));
  }
  return { relay, ids };
}

const records = (relay: TestRelay, count: number) =>
  Array.from({ length: count }, (_, n) =>
    todoRecord(relay.clock.now(), {
      eventName: 'INSERT',
      newImage: { id: { S: `t${n}` }, title: { S: 'x' } },
    }),
  );

/** Invokes with `ms` for each until nothing is reported; gives up after `most`. */
async function untilDone(relay: TestRelay, batch: readonly DynamoDBRecord[], ms: number, most: number) {
  let rest = batch;
  for (let invocations = 1; invocations <= most; invocations += 1) {
    const end = relay.clock.now() + ms;
    const { failedFrom } = await relay.deliver(rest, () => end - relay.clock.now());
    if (!failedFrom) return invocations;
    const from = rest.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failedFrom.sequenceNumber);
    rest = rest.slice(from);
  }
  return undefined;
}

const got = (relay: TestRelay, id: string) =>
  relay.frames(id).map((frame) => JSON.stringify(Object(frame['payload']).data));

/** What a client has once repeats are taken out, in order of first arrival. */
const firsts = (relay: TestRelay, id: string) => [...new Set(got(relay, id))];

describe('a record that outgrows an invocation', () => {
  test('C2 is resumed behind the connections that are done, until all have it', async () => {
    const { relay, ids } = await crowd();
    // 2 s for posts of half a second each: 8 lanes serve about half of the 60.
    const invocations = await untilDone(relay, records(relay, 1), 3_000, 20);
    expect(invocations).toBeLessThanOrEqual(4);
    for (const id of ids) expect(firsts(relay, id)).toEqual(['{"onCreateTodo":{"id":"t0"}}']);
    const repeats = ids.reduce((sum, id) => sum + got(relay, id).length - 1, 0);
    expect(repeats).toBeLessThanOrEqual(LANES * ((invocations ?? 0) - 1));
    expect(relay.counters.take().get('place.saved')).toBe((invocations ?? 0) - 1);
  });

  test('C2 C3 a whole batch of them is done in order, each connection in its own', async () => {
    const { relay, ids } = await crowd();
    expect(await untilDone(relay, records(relay, 12), 3_000, 60)).toBeDefined();
    const expected = Array.from({ length: 12 }, (_, n) => `{"onCreateTodo":{"id":"t${n}"}}`);
    for (const id of ids) expect(firsts(relay, id)).toEqual(expected);
  });

  test('C10 what is left of a batch that was resumed is done in one invocation, if there is time', async () => {
    const { relay, ids } = await crowd();
    const batch = records(relay, 12);
    const end = relay.clock.now() + 3_000;
    const { failedFrom } = await relay.deliver(batch, () => end - relay.clock.now());
    expect(failedFrom).toBeDefined();
    expect(await untilDone(relay, batch, 600_000, 2)).toBe(1);
    const expected = Array.from({ length: 12 }, (_, n) => `{"onCreateTodo":{"id":"t${n}"}}`);
    for (const id of ids) expect(firsts(relay, id)).toEqual(expected);
  });

  test('C4 one that fails at a resumed record is told of all it misses, and the others have everything', async () => {
    const { relay, ids } = await crowd();
    const batch = records(relay, 4);
    const end = relay.clock.now() + 3_000;
    await relay.deliver(batch, () => end - relay.clock.now());
    await relay.subscribe('c9', '2', 'subscription { onCreateTodo(filter: { id: { eq: "t3" } }) { id } }');
    const before = got(relay, 'c9').length;
    relay.connections.script('c9', 'unavailable', 'unavailable');
    expect(await untilDone(relay, batch, 600_000, 2)).toBe(1);
    const after = relay.frames('c9').slice(before);
    expect(after.map(({ type, id }) => `${type} ${id}`).sort()).toEqual(['error 1', 'error 2']);
    for (const id of ids.filter((each) => each !== 'c9')) expect(firsts(relay, id)).toHaveLength(4);
  });

  test('C2 a fault of ours in the middle does not undo what is done: who has it is not sent it again', async () => {
    const { relay, ids } = await crowd();
    const batch = records(relay, 1);
    const { post } = relay.context.transport;
    let posts = 0;
    Object.assign(relay.context.transport, {
      post: (...[target, frame]: Parameters<typeof post>) => {
        posts += 1;
        return posts > 30 ? Promise.resolve({ kind: 'forbidden', detail: 'HTTP 403' }) : post(target, frame);
      },
    });
    expect((await relay.deliver(batch)).failedFrom?.reason).toBe('HTTP 403');
    Object.assign(relay.context.transport, { post });
    expect(await relay.deliver(batch)).toEqual({});
    for (const id of ids) expect(firsts(relay, id)).toHaveLength(1);
    const repeats = ids.filter((id) => got(relay, id).length > 1);
    expect(repeats.length).toBeLessThanOrEqual(LANES);
  });

  test('C2 one that failed in an outage is not taken for done, whoever is done behind it', async () => {
    const { relay, ids } = await crowd();
    const batch = records(relay, 1);
    const { post } = relay.context.transport;
    const isFailing = (id: string) => id === 'c30' || !ids.includes(id);
    Object.assign(relay.context.transport, {
      post: (...[target, frame]: Parameters<typeof post>) =>
        isFailing(target.connectionId)
          ? Promise.resolve({ kind: 'failed', detail: 'HTTP 503' })
          : post(target, frame),
    });
    expect((await relay.deliver(batch)).failedFrom).toBeDefined();
    Object.assign(relay.context.transport, { post });
    expect(await relay.deliver(batch)).toEqual({});
    for (const id of ids) expect(firsts(relay, id)).toHaveLength(1);
  });

  test('a place says nothing of records before it: its four parts are for what is still to come', async () => {
    const saved: DeliveryPlace[] = [];
    const { relay } = await crowd((registry) => ({
      ...registry,
      savePlace: (place) => {
        saved.push(place);
        return registry.savePlace(place);
      },
    }));
    const batch = records(relay, 12);
    await untilDone(relay, batch, 3_000, 60);
    const name = new Map(batch.map(({ eventID = '' }) => [hash128(eventID).slice(0, 10), eventID]));
    const order = batch.map(({ eventID }) => eventID);
    expect(saved.length).toBeGreaterThan(12);
    for (const { eventId, done } of saved) {
      expect(done.length).toBeLessThanOrEqual(4);
      for (const record of done.flatMap((part) => part.records))
        expect(order.indexOf(name.get(record))).toBeGreaterThanOrEqual(order.indexOf(eventId));
    }
  });

  test('C2 a batch that comes again with records between, of another share of the shard, has them all delivered', async () => {
    const { relay, ids } = await crowd();
    const [first, between, last] = records(relay, 3);
    if (!first || !between || !last) throw new Error('three records were made');
    const end = relay.clock.now() + 3_000;
    expect((await relay.deliver([first, last], () => end - relay.clock.now())).failedFrom).toBeDefined();
    expect(await untilDone(relay, [first, between, last], 600_000, 2)).toBe(1);
    for (const id of ids) expect(new Set(got(relay, id)).size).toBe(3);
  });

  test('without its place it would be begun anew for ever', async () => {
    const { relay } = await crowd((registry) => ({ ...registry, readPlace: async () => undefined }));
    expect(await untilDone(relay, records(relay, 1), 3_000, 40)).toBeUndefined();
  });

  test('C1 who subscribes while it is resumed, on a connection before the place, has what is written after', async () => {
    const { relay, ids } = await crowd();
    const [before, after] = records(relay, 2);
    if (!before || !after) throw new Error('two records were made');
    const end = relay.clock.now() + 3_000;
    const { failedFrom } = await relay.deliver([before], () => end - relay.clock.now());
    expect(failedFrom).toBeDefined();
    await relay.connect('b-before-all-others');
    await relay.subscribe('b-before-all-others', '1', 'subscription { onCreateTodo { id } }');
    expect(await untilDone(relay, [before, after], 60_000, 5)).toBeDefined();
    expect(firsts(relay, 'b-before-all-others')).toContain('{"onCreateTodo":{"id":"t1"}}');
    for (const id of ids) expect(firsts(relay, id)).toHaveLength(2);
  });

  test('a place that cannot be kept costs repeats and nothing else', async () => {
    const { relay, ids } = await crowd((registry) => ({
      ...registry,
      savePlace: () => Promise.reject(new Error('no')),
    }));
    await untilDone(relay, records(relay, 1), 3_000, 2);
    expect(relay.logs.filter(({ event }) => event === 'place.failed')).not.toHaveLength(0);
    expect(await untilDone(relay, records(relay, 1), 60_000, 2)).toBe(1);
    for (const id of ids) expect(firsts(relay, id)).toContain('{"onCreateTodo":{"id":"t0"}}');
  });

  test('C10 no place is looked for while every connection has a lane of its own', async () => {
    const asked: string[] = [];
    const relay = createTestRelay({
      settings: { maxConcurrentPosts: LANES },
      wrapRegistry: (registry) => ({
        ...registry,
        readPlace: (eventId) => {
          asked.push(eventId);
          return registry.readPlace(eventId);
        },
      }),
    });
    for (let n = 0; n < LANES; n += 1) {
      await relay.connect(`c${n}`);
      await relay.subscribe(`c${n}`, '1', 'subscription { onCreateTodo { id } }');
    }
    await relay.deliver(records(relay, 3));
    expect(asked).toEqual([]);
  });
});

describe('a batch whose reader loses its shard', () => {
  test('C2 stops posting at once, blames nobody, and reports the first record that is not done', async () => {
    const { relay, ids } = await crowd();
    for (const id of ids.slice(0, 5)) relay.connections.default(id, 'internalError');
    const batch = records(relay, 3);
    const abort = new AbortController();
    const delivering = relay.deliver(batch, () => Number.POSITIVE_INFINITY, abort.signal);
    const cutAt = relay.clock.now() + 1_200;
    const cut = relay.clock.sleep(1_200).then(() => abort.abort());
    const { failedFrom } = await delivering;
    await cut;
    expect(failedFrom?.sequenceNumber).toBe(batch[0]?.dynamodb?.SequenceNumber);
    expect(relay.logs.filter(({ event }) => event === 'subscriptions.ended')).toEqual([]);
    const late = ids.flatMap((id) => relay.connections.attempts(id)).filter(({ at }) => at > cutAt);
    expect(late).toEqual([]);
    for (const id of ids) relay.connections.default(id, undefined);
    expect(await untilDone(relay, batch, 60_000, 1)).toBe(1);
    for (const id of ids) expect(firsts(relay, id)).toHaveLength(3);
  });
});
