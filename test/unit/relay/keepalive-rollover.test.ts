import { describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import type { LiveConnection } from '../../../src/relay/ports.ts';
import { plannedEnd } from '../../../src/relay/rollover.ts';
import { keepAliveWorld } from './keepalive-context.ts';

const MINUTE = 60_000;

const connectionOf = (connectionId: string, connectedAt = 0): LiveConnection => ({
  connectionId,
  connectedAt,
  stage: 'test',
  initialised: true,
});
const endOf = (id: string, connectedAt = 0, limits = DEFAULT_LIMITS) =>
  plannedEnd(connectionOf(id, connectedAt), limits);

describe('the planned end of a connection', () => {
  test('is its own, and the same in every process and version: these never change', () => {
    expect(['L0SM9cOFvHcCIhw=', 'a', ''].map((id) => endOf(id))).toEqual([5_729_940, 5_475_527, 5_299_052]);
    expect(endOf('a', 1_000)).toBe(endOf('a') + 1_000);
  });

  test('lies between 1 h 25 min and 1 h 55 min, and those of many are spread evenly', () => {
    const quarters = [0, 0, 0, 0];
    for (let n = 0; n < 4_000; n += 1) {
      const minutes = endOf(`connection ${n}`) / MINUTE;
      expect(minutes).toBeGreaterThanOrEqual(85);
      expect(minutes).toBeLessThanOrEqual(115);
      const quarter = Math.min(3, Math.floor((minutes - 85) / 7.5));
      quarters[quarter] = (quarters[quarter] ?? 0) + 1;
    }
    expect(Math.min(...quarters)).toBeGreaterThan(900);
  });

  test('comes five minutes and more before the longest life that is set, of which it leaves most', () => {
    const limits = { ...DEFAULT_LIMITS, connectionSeconds: 1_800 };
    for (let n = 0; n < 1_000; n += 1) {
      const minutes = endOf(`connection ${n}`, 0, limits) / MINUTE;
      expect(minutes).toBeGreaterThanOrEqual(17.5);
      expect(minutes).toBeLessThanOrEqual(25);
    }
  });
});

describe('rolling over', () => {
  test('a connection is closed by the last run before its planned end, once, told nothing, and its rows go', async () => {
    const world = keepAliveWorld();
    const start = world.clock.now();
    await world.open('c', { operations: { 1: true } });
    const end = endOf('c', start);
    await world.clock.advance(end - start - 540_000 - 1);
    expect(await world.run()).toMatchObject({ rolledOver: 0, sent: 1 });
    expect(world.connections.isOpen('c')).toBe(true);
    await world.clock.advance(1);
    expect(await world.run()).toMatchObject({ rolledOver: 1, sent: 1 });
    expect(world.connections.closedByServer('c')).toBe(true);
    expect(new Set(world.frames('c').map(({ type }) => type))).toEqual(new Set(['pong']));
    expect(await world.clock.run(world.registry.subscriptions('c'))).toEqual([]);
    expect(await world.run()).toMatchObject({ seen: 0, rolledOver: 0 });
    expect(world.counters.take().get('connection.rolled-over')).toBe(1);
  });

  test('a connection that took its place under any id is not due: nobody is closed twice in an hour', async () => {
    const world = keepAliveWorld();
    await world.open('c');
    await world.clock.advance(115 * MINUTE);
    expect(await world.run()).toMatchObject({ rolledOver: 1 });
    for (let n = 0; n < 50; n += 1) await world.open(`again${n}`);
    await world.clock.advance(60 * MINUTE);
    expect(await world.run()).toMatchObject({ rolledOver: 0, sent: 50 });
  });

  test('a thousand who connected together are closed over half an hour, and none is left to be cut at two hours', async () => {
    const world = keepAliveWorld({ settings: { keepAliveSeconds: 60 } });
    const start = world.clock.now();
    for (let n = 0; n < 1_000; n += 1) await world.open(`c${n}`);
    await world.clock.advance(80 * MINUTE - (world.clock.now() - start));
    const perRun: number[] = [];
    while (world.clock.now() - start < 115 * MINUTE) {
      const began = world.clock.now();
      perRun.push((await world.run()).rolledOver);
      await world.clock.advance(MINUTE - (world.clock.now() - began));
    }
    expect(perRun.reduce((sum, each) => sum + each, 0)).toBe(1_000);
    expect(Math.max(...perRun)).toBeLessThan(70);
    expect(perRun.filter((each) => each > 0).length).toBeGreaterThanOrEqual(30);
  });

  test('no more than fifty a second are closed, however long each takes', async () => {
    const times: number[] = [];
    const world = keepAliveWorld({
      wrapTransport: (transport, clock) => ({
        ...transport,
        disconnect: async (target) => {
          times.push(clock.now());
          await clock.sleep(100);
          return transport.disconnect(target);
        },
      }),
    });
    for (let n = 0; n < 300; n += 1) await world.open(`c${n}`);
    await world.clock.advance(115 * MINUTE);
    expect(await world.run()).toMatchObject({ rolledOver: 300 });
    times.sort((a, b) => a - b);
    const first = times[0] ?? 0;
    expect(Math.max(...times) - first).toBeLessThan(7_000);
    for (const time of times) {
      expect(times.filter((each) => each >= time && each < time + 1_000).length).toBeLessThanOrEqual(50);
    }
  });

  test('with little time the earliest go first, and the rest are left to the next run, alive', async () => {
    const world = keepAliveWorld({ settings: { deadlineMarginMs: 2_000 } });
    const ids = Array.from({ length: 200 }, (_, n) => `c${n}`);
    const start = world.clock.now();
    for (const id of ids) await world.open(id);
    await world.clock.advance(115 * MINUTE);
    const began = world.clock.now();
    const report = await world.run(() => 3_990 - (world.clock.now() - began));
    expect(report).toMatchObject({ stopped: 'time', sent: 200, rolledOver: 100, left: 100 });
    const byEnd = [...ids].sort((a, b) => endOf(a, start) - endOf(b, start));
    const closed = byEnd.map((id) => world.connections.closedByServer(id));
    expect(closed).toEqual(byEnd.map((_, index) => index < 100));
    expect(await world.run()).toMatchObject({ rolledOver: 100, left: 0 });
  });

  test('one that cannot be closed keeps its rows, and is due again; one that had closed loses them', async () => {
    let outcome: 'throttled' | 'gone' = 'throttled';
    const world = keepAliveWorld({
      wrapTransport: (transport) => ({ ...transport, disconnect: async () => ({ kind: outcome }) }),
    });
    await world.open('c', { operations: { 1: true } });
    await world.clock.advance(115 * MINUTE);
    expect(await world.run()).toMatchObject({ rolledOver: 0, left: 1 });
    expect(await world.clock.run(world.registry.subscriptions('c'))).toHaveLength(1);
    outcome = 'gone';
    expect(await world.run()).toMatchObject({ rolledOver: 0, gone: 1, left: 0 });
    expect(await world.clock.run(world.registry.subscriptions('c'))).toEqual([]);
  });

  test('one found gone in the same run is not closed as well', async () => {
    let closes = 0;
    const world = keepAliveWorld({
      wrapTransport: (transport) => ({
        ...transport,
        disconnect: (target) => {
          closes += 1;
          return transport.disconnect(target);
        },
      }),
    });
    await world.open('c');
    await world.clock.advance(115 * MINUTE);
    world.connections.close('c');
    expect(await world.run()).toMatchObject({ gone: 1, rolledOver: 0 });
    expect(closes).toBe(0);
  });

  test('closing stops as soon as the gateway forbids it', async () => {
    const world = keepAliveWorld({
      wrapTransport: (transport) => ({
        ...transport,
        disconnect: async () => ({ kind: 'forbidden', detail: 'ForbiddenException' }),
      }),
    });
    for (let n = 0; n < 50; n += 1) await world.open(`c${n}`);
    await world.clock.advance(115 * MINUTE);
    expect(await world.run()).toMatchObject({ stopped: 'forbidden', sent: 50, rolledOver: 0, left: 50 });
    expect(world.logs.filter(({ event }) => event === 'keepalive.forbidden')).toHaveLength(1);
  });
});
