import { beforeEach, describe, expect, test } from '@jest/globals';
import { endOperations } from '../../../src/relay/end.ts';
import { keepAlive } from '../../../src/relay/keepalive.ts';
import type { PostOutcome } from '../../../src/relay/ports.ts';
import { createTestRelay, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

/** What follows the sending: who is ended, told, forgotten, and in what time. */

const ON_CREATE = 'subscription { onCreateTodo { id } }';
const ON_UPDATE = 'subscription { onUpdateTodo { id } }';
const FAILED: PostOutcome = { kind: 'failed', detail: 'HTTP 503' };

let relay: TestRelay;
beforeEach(() => {
  relay = createTestRelay();
});

const insert = (id: string) =>
  todoRecord(relay.clock.now(), { newImage: { id: { S: id }, title: { S: 'x' } } });
const modify = (id: string) =>
  todoRecord(relay.clock.now(), {
    eventName: 'MODIFY',
    oldImage: { id: { S: id }, title: { S: 'x' } },
    newImage: { id: { S: id }, title: { S: 'y' } },
  });
const live = async (id: string) => (await relay.context.registry.subscriptions(id)).length;
const types = (id: string) => relay.frames(id).map(({ type }) => type);

async function subscribed(...ids: string[]) {
  for (const id of ids) {
    await relay.connect(id);
    await relay.subscribe(id, '1', ON_CREATE);
  }
}

/** Whatever is asked of `ill` fails, while the gateway answers for all others. */
function unreachable(ill: string): () => void {
  const { post, disconnect } = relay.context.transport;
  Object.assign(relay.context.transport, {
    post: (...[target, frame]: Parameters<typeof post>) =>
      target.connectionId === ill ? Promise.resolve(FAILED) : post(target, frame),
    disconnect: (target: Parameters<typeof disconnect>[0]) =>
      target.connectionId === ill ? Promise.resolve(FAILED) : disconnect(target),
  });
  return () => void Object.assign(relay.context.transport, { post, disconnect });
}

describe('a client that can neither be told nor disconnected', () => {
  test('C4 C5 holds its record for a minute; then the shard goes on, and the next keep-alive closes it', async () => {
    await subscribed('ill', 'well');
    const mend = unreachable('ill');
    const record = insert('a');
    expect((await relay.deliver([record])).failedFrom).toBeDefined();
    await relay.clock.advance(61_000 + relay.context.settings.streamGranularityMs);
    expect(await relay.deliver([record])).toEqual({});
    expect(await live('ill')).toBe(1);
    const { remainingMs } = { remainingMs: () => 60_000 };
    expect(await relay.clock.run(keepAlive(relay.context, { remainingMs }))).toMatchObject({ left: 2 });
    mend();
    await relay.clock.run(keepAlive(relay.context, { remainingMs }));
    expect(relay.connections.closedByServer('ill')).toBe(true);
    expect(relay.connections.isOpen('well')).toBe(true);
    expect(await live('ill')).toBe(0);
  });

  test('C5 holds its record for longer where that mark cannot be kept', async () => {
    relay = createTestRelay({
      wrapRegistry: (registry) => ({ ...registry, noteExpiry: () => Promise.reject(new Error('no')) }),
    });
    await subscribed('ill', 'well');
    unreachable('ill');
    const record = insert('a');
    await relay.clock.advance(100_000);
    expect((await relay.deliver([record])).failedFrom).toBeDefined();
  });
});

test('C4 a client is not disconnected because the account was throttled when it was to be told', async () => {
  await subscribed('c');
  relay.connections.script('c', 'throttled', 'throttled', 'throttled');
  await relay.clock.run(
    endOperations(relay.context, {
      target: { connectionId: 'c', stage: 'test' },
      dialect: undefined,
      clientIds: ['1'],
      code: 'EVENTS_LOST',
      message: 'lost',
    }),
  );
  expect(types('c')).toEqual(['error']);
  expect(relay.connections.isOpen('c')).toBe(true);
  expect(relay.counters.take().get('ended.EVENTS_LOST')).toBe(1);
});

describe('the time there is for it', () => {
  test('C2 with very many who are gone the invocation ends in time; the rest is found at the next change', async () => {
    relay = createTestRelay({
      settings: { maxConcurrentPosts: 1 },
      wrapRegistry: (registry) => ({
        ...registry,
        reap: async (...args) => {
          await relay.clock.sleep(2_000);
          return registry.reap(...args);
        },
      }),
    });
    const gone = Array.from({ length: 40 }, (_, n) => `gone${n}`);
    await subscribed('well', ...gone);
    await relay.clock.advance(20_000);
    for (const id of gone) relay.connections.close(id);
    const end = relay.clock.now() + 60_000;
    expect(await relay.deliver([insert('a')], () => end - relay.clock.now())).toEqual({});
    expect(end - relay.clock.now()).toBeGreaterThan(5_000);
    expect(types('well')).toEqual(['next']);
    const { settings } = relay.context;
    Object.assign(settings, { maxConcurrentPosts: 40 });
    expect(await relay.deliver([insert('b')])).toEqual({});
    for (const id of gone) expect(await live(id)).toBe(0);
  });

  test('C5 of very many who are slow those that cannot be told in time have their record again', async () => {
    relay = createTestRelay({
      settings: { maxConcurrentPosts: 2 },
      wrapRegistry: (registry) => ({
        ...registry,
        complete: async (...args) => {
          await relay.clock.sleep(3_000);
          return registry.complete(...args);
        },
      }),
    });
    const slow = Array.from({ length: 40 }, (_, n) => `slow${n}`);
    await subscribed('a-well', ...slow);
    for (const id of slow) relay.connections.script(id, 'unavailable', 'unavailable');
    const record = insert('a');
    const end = relay.clock.now() + 60_000;
    const { failedFrom } = await relay.deliver([record], () => end - relay.clock.now());
    expect(failedFrom?.reason).toBe('deadline');
    expect(end - relay.clock.now()).toBeGreaterThan(5_000);
    expect(await relay.deliver([record])).toEqual({});
    // Each was told that it missed it, or has it.
    for (const id of slow) expect(['error', 'next']).toContain(types(id)[0]);
  });

  test('once the shard is lost nobody is ended, not even who no longer fits the schema', async () => {
    relay = createTestRelay({
      wrapRegistry: (registry) => ({
        ...registry,
        document: async (hash) => ({ hash, text: 'subscription{onCreateTodo{unknown}}' }),
      }),
    });
    await subscribed('c');
    const abort = new AbortController();
    abort.abort();
    await relay.deliver([insert('a')], () => Number.POSITIVE_INFINITY, abort.signal);
    expect(types('c')).toEqual([]);
    expect(await live('c')).toBe(1);
  });
});

test('C5 who no longer fits is told with its record, although a later one comes again', async () => {
  relay = createTestRelay({
    wrapRegistry: (registry) => ({
      ...registry,
      document: async (hash) => {
        const stored = await registry.document(hash);
        const isCreate = stored?.text.includes('onCreateTodo');
        return isCreate ? { hash, text: 'subscription{onCreateTodo{unknown}}' } : stored;
      },
    }),
  });
  await subscribed('misfit');
  await relay.connect('denied');
  await relay.subscribe('denied', '1', ON_UPDATE);
  relay.connections.default('denied', 'forbidden');
  const records = [insert('a'), modify('a')];
  const { failedFrom } = await relay.deliver(records);
  expect(failedFrom?.sequenceNumber).toBe(records[1]?.dynamodb?.SequenceNumber);
  expect(types('misfit')).toEqual(['error']);
  expect(await live('misfit')).toBe(0);
});
