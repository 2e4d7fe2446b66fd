import { describe, expect, test } from '@jest/globals';
import { TablecastError } from '../../../src/errors.ts';
import type { LiveConnection } from '../../../src/relay/ports.ts';
import { JANE, type KeepAliveWorld, keepAliveWorld, type Opened } from './keepalive-context.ts';

const MINUTE = 60_000;
const seconds = (ms: number) => Math.floor(ms / 1_000);

const REPORT = {
  seen: 0,
  sent: 0,
  silent: 0,
  ended: 0,
  rolledOver: 0,
  uninitialised: 0,
  gone: 0,
  left: 0,
};

async function liveIds({ registry, clock }: KeepAliveWorld): Promise<string[]> {
  const collect = async () => {
    const ids: string[] = [];
    for await (const { connectionId } of registry.live()) ids.push(connectionId);
    return ids.sort();
  };
  return clock.run(collect());
}

/** A connection whose credential ends in ten minutes, as do its operations unless they say otherwise. */
function expiring(world: KeepAliveWorld, operations: Opened['operations'] = {}, more: Opened = {}): Opened {
  const expiresAt = seconds(world.clock.now()) + 600;
  const ends = Object.entries(operations).map(([id, end]) => [id, end === true ? expiresAt : end] as const);
  return { identity: { ...JANE, expiresAt }, operations: Object.fromEntries(ends), ...more };
}

describe('signs of life', () => {
  test('go to every connection that was let in, in the frame of its own dialect, and to no other', async () => {
    const world = keepAliveWorld();
    await world.open('ws');
    await world.open('sync', { dialect: 'appsync' });
    await world.open('old', { dialect: 'apollo' });
    await world.open('waiting', { init: false });
    await world.registry.open({
      id: 'undecided',
      stage: 'test',
      connectedAt: world.clock.now(),
      expiresAt: seconds(world.clock.now()) + 7_200,
    });
    world.connections.open('undecided');
    await world.clock.run(world.registry.initialise('undecided', {}));
    expect(await world.run()).toEqual({ ...REPORT, seen: 5, sent: 2, silent: 2 });
    expect(world.frames('ws')).toEqual([{ type: 'pong' }]);
    expect(world.frames('sync')).toEqual([{ type: 'ka' }]);
    for (const id of ['old', 'waiting', 'undecided']) expect(world.connections.attempts(id)).toEqual([]);
    await world.run();
    expect(world.frames('ws')).toHaveLength(2);
  });

  test.each(['gone', 'malformedId'] as const)(
    'a connection found %s loses all its rows, and nobody else anything',
    async (outcome) => {
      const world = keepAliveWorld();
      await world.open('closed', { operations: { 1: true } });
      await world.open('here', { operations: { 1: true } });
      await world.clock.advance(MINUTE);
      world.connections.default('closed', outcome);
      expect(await world.run()).toEqual({ ...REPORT, seen: 2, sent: 1, gone: 1 });
      expect(await liveIds(world)).toEqual(['here']);
      expect(await world.clock.run(world.registry.subscriptions('closed'))).toEqual([]);
      expect(await world.clock.run(world.registry.subscriptions('here'))).toHaveLength(1);
      expect(world.counters.take().get('connection.gone')).toBe(1);
    },
  );

  test('a connection that is not ten seconds old is not taken to be gone: it may be still in the making', async () => {
    const world = keepAliveWorld();
    await world.open('young', { operations: { 1: true } });
    world.connections.script('young', 'gone', 'gone');
    await world.clock.advance(9_999);
    expect(await world.run()).toMatchObject({ gone: 0, left: 1 });
    expect(await liveIds(world)).toEqual(['young']);
    await world.clock.advance(1);
    expect(await world.run()).toMatchObject({ gone: 1, left: 0 });
  });

  test.each(['throttled', 'bufferFull', 'unavailable', 'hang'] as const)(
    'C4 isolation: one that gets %s is left as it is, tried once, and costs nobody else',
    async (outcome) => {
      const world = keepAliveWorld();
      for (const id of ['a', 'b', 'c']) await world.open(id, { operations: { 1: true } });
      await world.clock.advance(MINUTE);
      world.connections.default('b', outcome);
      expect(await world.run()).toEqual({ ...REPORT, seen: 3, sent: 2, left: 1 });
      expect(world.connections.attempts('b')).toHaveLength(1);
      expect(await liveIds(world)).toEqual(['a', 'b', 'c']);
      expect(world.counters.take().get('keepalive.left')).toBe(1);
    },
  );

  test('when the gateway forbids it the run stops, says so once as an error, and removes nothing', async () => {
    const world = keepAliveWorld({ settings: { maxConcurrentPosts: 4 } });
    for (let n = 0; n < 40; n += 1) await world.open(`c${n}`, { operations: { 1: true } });
    await world.clock.advance(110 * MINUTE);
    world.connections.outage('forbidden');
    const report = await world.run();
    expect(report).toMatchObject({ stopped: 'forbidden', sent: 0, rolledOver: 0, gone: 0 });
    expect(world.connections.posts).toBeLessThanOrEqual(4);
    expect(world.logs.filter(({ event }) => event === 'keepalive.forbidden')).toHaveLength(1);
    expect(world.logs).toContainEqual(expect.objectContaining({ event: 'keepalive.forbidden', level: 50 }));
    expect(await liveIds(world)).toHaveLength(40);
    expect(world.counters.take().get('keepalive.unfinished')).toBe(1);
  });

  test('no more posts at once than set', async () => {
    const world = keepAliveWorld({ settings: { maxConcurrentPosts: 7 } });
    for (let n = 0; n < 100; n += 1) {
      await world.open(`c${n}`);
      world.connections.default(`c${n}`, { status: 200, delayMs: 50 });
    }
    expect(await world.run()).toMatchObject({ sent: 100 });
    expect(world.connections.maxInFlight()).toBe(7);
  });

  test('stops while there is time, tells how far it came, and lets what was begun end', async () => {
    const world = keepAliveWorld({ settings: { maxConcurrentPosts: 2, deadlineMarginMs: 5_000 } });
    for (let n = 0; n < 100; n += 1) {
      await world.open(`c${n}`);
      world.connections.default(`c${n}`, { status: 200, delayMs: 1_000 });
    }
    const began = world.clock.now();
    const report = await world.run(() => 20_000 - (world.clock.now() - began));
    // Fifteen seconds of the twenty, two at once, and the two begun at the last moment.
    expect(report).toMatchObject({ stopped: 'time', sent: 32, left: 0 });
    expect(world.connections.posts).toBe(32);
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'keepalive', stopped: 'time', level: 40 }),
    );
    expect(world.counters.take()).toEqual(
      new Map([
        ['keepalive.connections', 32],
        ['keepalive.sent', 32],
        ['keepalive.unfinished', 1],
      ]),
    );
  });

  test('a function with little time uses half of it', async () => {
    const world = keepAliveWorld();
    await world.open('a');
    expect(await world.run(() => 3_000)).toMatchObject({ sent: 1 });
  });

  test('one connection that the relay table fails for is counted, told once, and keeps nobody from anything', async () => {
    const world = keepAliveWorld({
      wrapRegistry: (registry) => ({
        ...registry,
        subscriptions: async (id) => {
          if (id.startsWith('bad')) throw new TablecastError('REGISTRY_UNAVAILABLE', 'throttled');
          return registry.subscriptions(id);
        },
      }),
    });
    for (const id of ['bad1', 'bad2', 'good']) await world.open(id, expiring(world, { 1: true }));
    await world.clock.advance(10 * MINUTE);
    expect(await world.run()).toMatchObject({ seen: 3, ended: 1, left: 2 });
    expect(world.logs.filter(({ event }) => event === 'keepalive.failed')).toHaveLength(1);
  });

  test('when the connections cannot be listed to the end the run fails, and says what it did until then', async () => {
    const fault = new TablecastError('REGISTRY_UNAVAILABLE', 'throttled');
    const world = keepAliveWorld({
      wrapRegistry: (registry) => ({
        ...registry,
        async *live() {
          yield* registry.live();
          throw fault;
        },
      }),
    });
    await world.open('a');
    await expect(world.run()).rejects.toBe(fault);
    expect(world.frames('a')).toHaveLength(1);
    expect(world.counters.take().get('keepalive.sent')).toBe(1);
  });
});

describe('C5 no silent gap: credentials that have expired', () => {
  test('are told to each operation, in its dialect, once; then nothing keeps the connection alive', async () => {
    const world = keepAliveWorld();
    await world.open('ws', expiring(world, { 1: true, 2: true }));
    await world.open('sync', expiring(world, { x: true }, { dialect: 'appsync' }));
    await world.open('old', expiring(world, { 7: true }, { dialect: 'apollo' }));
    await world.clock.advance(10 * MINUTE - 1_000);
    expect(await world.run()).toMatchObject({ ended: 0, sent: 2 });
    await world.clock.advance(1_000);
    expect(await world.run()).toEqual({ ...REPORT, seen: 3, ended: 4 });
    const told = (id: string) => world.frames(id).filter(({ type }) => type === 'error');
    expect(told('ws').map(({ id }) => id)).toEqual(['1', '2']);
    for (const id of ['ws', 'sync', 'old']) expect(JSON.stringify(told(id))).toContain('Token expired');
    expect(told('ws')[0]).toMatchObject({ payload: [{ extensions: { code: 'TOKEN_EXPIRED' } }] });
    expect(world.counters.take().get('ended.TOKEN_EXPIRED')).toBe(4);
    const posts = world.connections.posts;
    expect(await world.run()).toEqual({ ...REPORT, seen: 3 });
    expect(world.connections.posts).toBe(posts);
    expect(world.connections.isOpen('ws')).toBe(true);
  });

  test('an operation with a fresher credential of its own goes on, and its connection is kept alive until it ends', async () => {
    const world = keepAliveWorld();
    const later = seconds(world.clock.now()) + 1_200;
    await world.open('sync', expiring(world, { old: true, fresh: later }, { dialect: 'appsync' }));
    await world.clock.advance(10 * MINUTE);
    expect(await world.run()).toMatchObject({ ended: 1, sent: 1 });
    expect(world.frames('sync').map(({ type, id }) => [type, id])).toEqual([
      ['error', 'old'],
      ['ka', undefined],
    ]);
    await world.clock.advance(10 * MINUTE);
    expect(await world.run()).toMatchObject({ ended: 1, sent: 0 });
    expect(world.frames('sync').at(-1)).toMatchObject({ type: 'error', id: 'fresh' });
  });

  test.each(['unavailable', 'throttled'] as const)(
    'while the gateway gives %s nothing is ended; the next run tells',
    async (outcome) => {
      const world = keepAliveWorld();
      for (const id of ['a', 'b']) await world.open(id, expiring(world, { 1: true }));
      await world.clock.advance(10 * MINUTE);
      world.connections.outage(outcome);
      expect(await world.run()).toMatchObject({ ended: 0, left: 2 });
      expect(await world.clock.run(world.registry.subscriptions('a'))).toHaveLength(1);
      world.connections.outage(undefined);
      expect(await world.run()).toMatchObject({ ended: 2, left: 0 });
    },
  );

  test('the gateway is asked once a run whether it is at work, not once a client', async () => {
    const world = keepAliveWorld();
    for (let n = 0; n < 20; n += 1) await world.open(`c${n}`, expiring(world, { 1: true }));
    await world.clock.advance(10 * MINUTE);
    expect(await world.run()).toMatchObject({ ended: 20 });
    expect(world.connections.posts).toBe(21);
  });

  test('a client that cannot be told is disconnected, so that it does not wait in silence', async () => {
    const world = keepAliveWorld();
    await world.open('slow', expiring(world, { 1: true }));
    await world.clock.advance(10 * MINUTE);
    world.connections.default('slow', 'bufferFull');
    await world.run();
    expect(world.connections.closedByServer('slow')).toBe(true);
    expect(await liveIds(world)).toEqual([]);
  });

  test('a credential that does not expire, or not yet, costs no look at its operations', async () => {
    let looks = 0;
    const world = keepAliveWorld({
      wrapRegistry: (registry) => ({
        ...registry,
        subscriptions: (id) => {
          looks += 1;
          return registry.subscriptions(id);
        },
      }),
    });
    await world.open('key', { operations: { 1: true } });
    await world.open('token', expiring(world, { 1: true }));
    await world.run();
    expect(looks).toBe(0);
  });
});

describe('connections whose init never came', () => {
  test('are closed a minute after they connected, not before, and their rows go', async () => {
    const world = keepAliveWorld();
    await world.open('mute', { init: false });
    await world.clock.advance(MINUTE);
    expect(await world.run()).toEqual({ ...REPORT, seen: 1 });
    await world.clock.advance(1);
    expect(await world.run()).toEqual({ ...REPORT, seen: 1, uninitialised: 1 });
    expect(world.connections.closedByServer('mute')).toBe(true);
    expect(world.connections.posts).toBe(0);
    expect(await liveIds(world)).toEqual([]);
    expect(world.counters.take().get('connection.uninitialised')).toBe(1);
  });

  test('one whose mark is late on the row that sweeps read is asked for, and kept alive', async () => {
    const unmarked = ({ dialect: _, ...connection }: LiveConnection): LiveConnection => ({
      ...connection,
      initialised: false,
    });
    const world = keepAliveWorld({
      wrapRegistry: (registry) => ({
        ...registry,
        async *live() {
          for await (const connection of registry.live()) yield unmarked(connection);
        },
      }),
    });
    await world.open('quick');
    await world.clock.advance(2 * MINUTE);
    expect(await world.run()).toEqual({ ...REPORT, seen: 1, sent: 1 });
    expect(world.frames('quick')).toEqual([{ type: 'pong' }]);
  });

  test('one that a close left half-way is closed to the end', async () => {
    const world = keepAliveWorld({
      wrapRegistry: (registry) => ({
        ...registry,
        async *live() {
          yield { connectionId: 'left', stage: 'test', connectedAt: 0, initialised: false };
        },
      }),
    });
    await world.open('left', { init: false });
    await world.clock.run(world.registry.close('left'));
    expect(await world.run()).toEqual({ ...REPORT, seen: 1, gone: 1 });
    expect(world.connections.closedByServer('left')).toBe(false);
  });
});
