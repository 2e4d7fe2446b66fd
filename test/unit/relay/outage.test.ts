import { beforeEach, describe, expect, test } from '@jest/globals';
import { TablecastError } from '../../../src/errors.ts';
import { endOperations } from '../../../src/relay/end.ts';
import { slow } from '../../../src/testing/index.ts';
import { createTestRelay, drive, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

const ON_CREATE = 'subscription { onCreateTodo { id } }';

let relay: TestRelay;
beforeEach(() => {
  relay = createTestRelay();
});

const insert = (id: string) =>
  todoRecord(relay.clock.now(), { newImage: { id: { S: id }, title: { S: `title of ${id}` } } });
const ids = (id: string) =>
  relay.frames(id).flatMap(({ payload }) => JSON.stringify(payload).match(/(?<="id":")[^"]+/g) ?? []);
const live = async (id: string) => (await relay.context.registry.subscriptions(id)).length;

async function subscribed(...connectionIds: string[]) {
  for (const id of connectionIds) {
    await relay.connect(id);
    expect(await relay.subscribe(id, '1', ON_CREATE)).toBeUndefined();
  }
}

describe('C5 an outage of the gateway is nobody’s fault', () => {
  test.each(['unavailable', 'throttled', 'hang', 'reset'] as const)(
    'with one connection and a gateway that only gives %s, the record comes again and the subscription stays',
    async (outcome) => {
      await subscribed('c');
      const records = [insert('a'), insert('b')];
      relay.connections.outage(outcome);
      const { failedFrom } = await relay.deliver(records);
      expect(failedFrom?.sequenceNumber).toBe(records[0]?.dynamodb?.SequenceNumber);
      relay.connections.outage(undefined);
      expect(await relay.deliver(records)).toEqual({});
      expect(ids('c')).toEqual(['a', 'b']);
    },
  );

  test('an outage that begins in the middle of a batch ends nobody, and nothing is lost', async () => {
    const clients = ['c1', 'c2', 'c3', 'c4', 'c5'];
    await subscribed(...clients);
    const records = [insert('a'), insert('b'), insert('c')];
    // The first record went through; from then on nothing does.
    const post = relay.context.transport.post;
    const transport = {
      ...relay.context.transport,
      post: async (...args: Parameters<typeof post>) => {
        if (relay.connections.posts >= clients.length) relay.connections.outage('unavailable');
        return post(...args);
      },
    };
    Object.assign(relay.context.transport, transport);
    const { failedFrom } = await relay.deliver(records);
    expect(failedFrom?.sequenceNumber).toBe(records[1]?.dynamodb?.SequenceNumber);
    for (const id of clients) expect(await live(id)).toBe(1);
    relay.connections.outage(undefined);
    Object.assign(relay.context.transport, { post });
    expect(await relay.deliver(records.slice(1))).toEqual({});
    for (const id of clients) expect([...new Set(ids(id))]).toEqual(['a', 'b', 'c']);
  });

  test('C4 one client alone that takes nothing does not hold the shard while the gateway is well', async () => {
    await subscribed('c');
    relay.connections.default('c', 'hang');
    expect(await relay.deliver([insert('a')])).toEqual({});
    expect(relay.connections.closedByServer('c')).toBe(true);
    expect(await live('c')).toBe(0);
  });

  test('C5 a slow client that can neither be told nor disconnected is not forgotten: the record comes again', async () => {
    await subscribed('c');
    await relay.subscribe('c', '2', ON_CREATE);
    const { post, disconnect } = relay.context.transport;
    // The gateway answers for others, and fails for this connection whatever is asked of it.
    const failing = {
      post: (...[target, frame]: Parameters<typeof post>) =>
        target.connectionId === 'c'
          ? Promise.resolve({ kind: 'failed' as const, detail: 'HTTP 503' })
          : post(target, frame),
      disconnect: () => Promise.resolve({ kind: 'failed' as const, detail: 'HTTP 503' }),
    };
    Object.assign(relay.context.transport, failing);
    const records = [insert('a')];
    const { failedFrom } = await relay.deliver(records);
    expect(failedFrom?.sequenceNumber).toBe(records[0]?.dynamodb?.SequenceNumber);
    Object.assign(relay.context.transport, { post, disconnect });
    expect(await relay.deliver(records)).toEqual({});
    expect(ids('c')).toContain('a');
  });

  test('a gone connection is no proof that the gateway works', async () => {
    await subscribed('gone', 'c1', 'c2', 'c3');
    await relay.clock.advance(11_000);
    relay.connections.close('gone');
    for (const id of ['c1', 'c2', 'c3']) relay.connections.script(id, 'unavailable', 'unavailable');
    const post = relay.context.transport.post;
    Object.assign(relay.context.transport, {
      post: (...[target, frame]: Parameters<typeof post>) =>
        target.connectionId === 'gone' || target.connectionId.startsWith('c')
          ? post(target, frame)
          : Promise.resolve({ kind: 'failed', detail: 'HTTP 503' }),
    });
    const records = [insert('a')];
    const { failedFrom } = await relay.deliver(records);
    expect(failedFrom?.sequenceNumber).toBe(records[0]?.dynamodb?.SequenceNumber);
    for (const id of ['c1', 'c2', 'c3']) expect(await live(id)).toBe(1);
  });

  test('an operation the schema cannot serve stays until it can be told', async () => {
    await subscribed('c');
    const v2 = createTestRelay({
      sdl: 'type Todo @table(name: "Todos") { id: ID! title: String! }',
      wrapRegistry: () => ({
        ...relay.context.registry,
        document: async (hash) => ({ hash, text: 'subscription{onCreateTodo{memo}}' }),
      }),
    });
    v2.connections.open('c');
    v2.connections.outage('unavailable');
    await v2.deliver([insert('a')]);
    expect(await live('c')).toBe(1);
    v2.connections.outage(undefined);
    await v2.deliver([insert('b')]);
    expect(v2.frames('c')).toEqual([expect.objectContaining({ type: 'error', id: '1' })]);
    expect(await live('c')).toBe(0);
  });
});

describe('ending operations', () => {
  const ending = (clientIds: readonly string[]) => ({
    target: { connectionId: 'c', stage: 'test' },
    dialect: undefined,
    clientIds,
    code: 'EVENTS_LOST' as const,
    message: 'lost',
  });

  test('one that the relay table fails for is told like the others, for its rows may be half gone', async () => {
    relay = createTestRelay({
      wrapRegistry: (registry) => ({
        ...registry,
        complete: async (connectionId, clientId) => {
          if (clientId === '2') throw new TablecastError('REGISTRY_UNAVAILABLE', 'throttled');
          return registry.complete(connectionId, clientId);
        },
      }),
    });
    await relay.connect('c');
    for (const id of ['1', '2', '3']) await relay.subscribe('c', id, ON_CREATE);
    await expect(
      drive(relay.clock, endOperations(relay.context, ending(['1', '2', '3']))),
    ).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    expect(relay.frames('c').map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect((await relay.context.registry.subscriptions('c')).map(({ clientId }) => clientId)).toEqual(['2']);
  });

  test('a client is disconnected although the gateway fails the first attempt', async () => {
    await relay.connect('c');
    await relay.subscribe('c', '1', ON_CREATE);
    relay.connections.default('c', 'bufferFull');
    const { disconnect } = relay.context.transport;
    let attempts = 0;
    Object.assign(relay.context.transport, {
      disconnect: async (...args: Parameters<typeof disconnect>) => {
        attempts += 1;
        return attempts === 1 ? { kind: 'throttled' } : disconnect(...args);
      },
    });
    await drive(relay.clock, endOperations(relay.context, ending(['1'])));
    expect(relay.connections.closedByServer('c')).toBe(true);
  });

  test('with a client that can neither be told nor disconnected, all it subscribed to stays', async () => {
    await relay.connect('c');
    for (const id of ['1', '2']) await relay.subscribe('c', id, ON_CREATE);
    relay.connections.outage('forbidden');
    await expect(drive(relay.clock, endOperations(relay.context, ending(['1'])))).rejects.toMatchObject({
      code: 'TRANSPORT_UNAVAILABLE',
    });
    expect((await relay.context.registry.subscriptions('c')).map(({ clientId }) => clientId)).toEqual([
      '1',
      '2',
    ]);
  });
});

describe('the invocation’s time', () => {
  test('retries of one slow answer after another stop before it is up, and the record comes again', async () => {
    await subscribed('c');
    const end = relay.clock.now() + 20_000;
    for (let turn = 0; turn < 9; turn++) relay.connections.script('c', slow(2_900, 'throttled'));
    const records = [insert('a')];
    let looks = 0;
    const { failedFrom } = await relay.deliver(records, () =>
      looks++ === 0 ? 60_000 : end - relay.clock.now(),
    );
    expect(failedFrom).toEqual({
      sequenceNumber: records[0]?.dynamodb?.SequenceNumber,
      reason: 'deadline',
    });
    expect(end - relay.clock.now()).toBeGreaterThan(12_000);
  });

  test('C4 a client that hangs through everything is ended before the invocation is', async () => {
    await subscribed('ok', 'ill');
    relay.connections.default('ill', 'hang');
    const { disconnect } = relay.context.transport;
    Object.assign(relay.context.transport, {
      disconnect: async (...args: Parameters<typeof disconnect>) => {
        await relay.clock.sleep(3_000);
        return disconnect(...args);
      },
    });
    const end = relay.clock.now() + 20_000;
    await relay.deliver([insert('a')], () => end - relay.clock.now());
    expect(end - relay.clock.now()).toBeGreaterThan(3_000);
    expect(await live('ok')).toBe(1);
  });

  test('a function with a short time-out delivers all the same', async () => {
    await subscribed('c');
    expect(await relay.deliver([insert('a')], () => 6_000)).toEqual({});
    expect(ids('c')).toEqual(['a']);
  });
});

describe('C4 what our own code stumbles over', () => {
  test('costs no more than the one match it was at', async () => {
    relay = createTestRelay({
      wrapRegistry: (registry) => ({
        ...registry,
        candidates: async (lookups) => {
          const found = await registry.candidates(lookups);
          // Nothing that a registry gives is known to make the code throw: this stands for what is not known.
          const stumble = {
            get: () => {
              throw new TypeError('stumbled');
            },
          };
          for (const candidate of [...found.values()].flat(2)) {
            if (candidate.connectionId === 'ill') Object.defineProperty(candidate, 'filter', stumble);
          }
          return found;
        },
      }),
    });
    await subscribed('ill', 'c');
    expect(await relay.deliver([insert('a'), insert('b')])).toEqual({});
    expect(ids('c')).toEqual(['a', 'b']);
    expect(relay.logs.filter(({ event }) => event === 'record.poison')).toHaveLength(2);
    expect(relay.counters.take().get('gap')).toBe(2);
  });
});
