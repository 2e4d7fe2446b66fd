import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createVirtualClock } from '../../../src/testing/clock.ts';
import { createFakeConnections, type FakeConnectionsOptions } from '../../../src/testing/connections.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const text = (value: string) => new TextEncoder().encode(value);
const to = (connectionId: string) => ({ connectionId, stage: 'dev' });

/** Connections on a virtual clock, and every close that was told: who, why, after how many minutes. */
function world(options: FakeConnectionsOptions = {}) {
  const clock = createVirtualClock(0);
  const closed: (readonly [id: string, why: string, minutes: number])[] = [];
  const connections = createFakeConnections({
    clock,
    cuts: {},
    onClosed: (id, why) => {
      closed.push([id, why, clock.now() / MINUTE]);
    },
    ...options,
  });
  return { clock, connections, closed };
}

describe('the idle cut and the two-hour cut of fake connections', () => {
  test('a quiet connection is closed after ten minutes, by itself, and is gone for posts', async () => {
    const { clock, connections, closed } = world();
    connections.open('a');
    await clock.advance(10 * MINUTE - 1);
    expect([connections.isOpen('a'), closed]).toEqual([true, []]);
    await clock.advance(1);
    expect(closed).toEqual([['a', 'idle', 10]]);
    expect([connections.isOpen('a'), connections.closedWhy('a'), connections.closedByServer('a')]).toEqual([
      false,
      'idle',
      false,
    ]);
    expect(await connections.transport.post(to('a'), text('x'))).toEqual({ kind: 'gone' });
    expect(connections.receive('a')).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test('traffic of either direction keeps it open, and a post that was refused does not', async () => {
    const { clock, connections, closed } = world();
    for (const id of ['posted', 'sending', 'refused']) connections.open(id);
    await clock.advance(9 * MINUTE);
    await connections.transport.post(to('posted'), text('x'));
    expect(connections.receive('sending')).toBe(true);
    connections.script('refused', 'throttled', 'internalError', 'hang');
    for (let n = 0; n < 3; n += 1) await clock.run(connections.transport.post(to('refused'), text('x')));
    await clock.advance(9 * MINUTE);
    expect(closed).toEqual([['refused', 'idle', 10]]);
    await clock.advance(2 * MINUTE);
    expect(closed.slice(1).map(([id, why]) => [id, why])).toEqual([
      ['posted', 'idle'],
      ['sending', 'idle'],
    ]);
  });

  test('no traffic keeps a connection open for longer than two hours', async () => {
    const { clock, connections, closed } = world();
    connections.open('a');
    for (let minutes = 0; minutes < 119; minutes += 1) {
      await clock.advance(MINUTE);
      expect(connections.receive('a')).toBe(true);
    }
    await clock.advance(MINUTE - 1);
    expect(connections.isOpen('a')).toBe(true);
    await clock.advance(1);
    expect(closed).toEqual([['a', 'expired', 120]]);
  });

  test('without cuts a connection stays open for ever and nothing waits on the clock', async () => {
    const clock = createVirtualClock(0);
    const connections = createFakeConnections({ clock });
    connections.open('a');
    await clock.advance(100 * HOUR);
    expect([connections.isOpen('a'), clock.pending]).toEqual([true, 0]);
  });

  test('either limit can be set or taken out', async () => {
    const { clock, connections, closed } = world({
      cuts: { idleMs: Number.POSITIVE_INFINITY, lifeMs: HOUR },
    });
    connections.open('a');
    await clock.advance(HOUR);
    expect(closed).toEqual([['a', 'expired', 60]]);
    const idle = world({ cuts: { idleMs: MINUTE } });
    idle.connections.open('a');
    await idle.clock.advance(MINUTE);
    expect(idle.closed).toEqual([['a', 'idle', 1]]);
  });

  test('closing by the client and by DELETE are told as well, each once; an id that comes back starts anew', async () => {
    const { clock, connections, closed } = world();
    for (const id of ['a', 'b']) connections.open(id);
    connections.close('a');
    connections.close('a');
    await connections.transport.disconnect(to('b'));
    await connections.transport.disconnect(to('b'));
    expect(closed).toEqual([
      ['a', 'client', 0],
      ['b', 'server', 0],
    ]);
    expect(connections.closedByServer('b')).toBe(true);
    expect(clock.pending).toBe(0);
    await clock.advance(5 * MINUTE);
    connections.open('a');
    expect(connections.closedWhy('a')).toBeUndefined();
    await clock.advance(10 * MINUTE);
    expect(closed.at(-1)).toEqual(['a', 'idle', 15]);
  });

  test('a post that is under way when its connection is cut finds it gone', async () => {
    const { clock, connections } = world({ requestTimeoutMs: HOUR });
    connections.open('a');
    await clock.advance(9 * MINUTE);
    connections.script('a', { status: 200, delayMs: 2 * MINUTE });
    expect(await clock.run(connections.transport.post(to('a'), text('x')))).toEqual({ kind: 'gone' });
    expect(connections.frames('a')).toEqual([]);
  });

  test('$disconnect can be lost, the same times for one seed', async () => {
    const run = (seed: number) => {
      const { connections, closed } = world({ disconnectLost: { seed, rate: 0.3 } });
      for (let n = 0; n < 200; n += 1) {
        connections.open(`c${n}`);
        connections.close(`c${n}`);
      }
      expect(closed.length + connections.disconnectsLost).toBe(200);
      return closed.map(([id]) => id);
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    expect(run(1).length).toBeGreaterThan(110);
    expect(run(1).length).toBeLessThan(170);
  });

  test('whatever the traffic, a connection closes ten minutes after its last frame or two hours after it opened', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ id: fc.nat(4), after: fc.nat(8 * MINUTE) }), { maxLength: 80 }),
        async (frames) => {
          const { clock, connections, closed } = world();
          const last = new Map<string, { opened: number; active: number }>();
          const expected: (readonly [string, string, number])[] = [];
          for (const { id, after } of frames) {
            await clock.advance(after);
            const name = `c${id}`;
            const now = clock.now();
            if (connections.receive(name)) {
              const state = last.get(name);
              if (state) state.active = now;
              continue;
            }
            connections.open(name);
            const before = last.get(name);
            if (before) expected.push(endOf(name, before));
            last.set(name, { opened: now, active: now });
          }
          await clock.runUntilIdle();
          for (const [name, state] of last) expected.push(endOf(name, state));
          const order = (one: readonly unknown[], other: readonly unknown[]) =>
            `${one}` < `${other}` ? -1 : 1;
          expect([...closed].sort(order)).toEqual([...expected].sort(order));
        },
      ),
      { numRuns: 60 },
    );

    function endOf(name: string, { opened, active }: { opened: number; active: number }) {
      const expired = opened + 2 * HOUR <= active + 10 * MINUTE;
      const at = expired ? opened + 2 * HOUR : active + 10 * MINUTE;
      return [name, expired ? 'expired' : 'idle', at / MINUTE] as const;
    }
  });

  test('thousands of connections over a day cost one pending sleep', async () => {
    const { clock, connections, closed } = world();
    for (let n = 0; n < 2_000; n += 1) connections.open(`c${n}`);
    expect(clock.pending).toBe(1);
    for (let minutes = 0; minutes < 24 * 60; minutes += 5) {
      for (let n = 0; n < 1_000; n += 1) connections.receive(`c${n}`);
      await clock.advance(5 * MINUTE);
    }
    expect(closed.filter(([, why]) => why === 'idle')).toHaveLength(1_000);
    expect(closed.filter(([, why]) => why === 'expired')).toHaveLength(1_000);
  });
});
