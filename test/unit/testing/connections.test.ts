import { describe, expect, test } from '@jest/globals';
import { createVirtualClock } from '../../../src/testing/clock.ts';
import { slow } from '../../../src/testing/connection-outcomes.ts';
import { createFakeConnections } from '../../../src/testing/connections.ts';

const text = (value: string) => new TextEncoder().encode(value);
const to = (connectionId: string) => ({ connectionId, stage: 'dev' });

describe('fake @connections in process', () => {
  test('a script is used up in order, then the default holds, then nature', async () => {
    const connections = createFakeConnections();
    connections.open('a');
    connections.script('a', 'throttled', 'internalError');
    connections.script('a', 'goneNameless');
    connections.default('a', 'forbidden');
    const kinds = [];
    for (let n = 0; n < 5; n += 1) kinds.push((await connections.transport.post(to('a'), text(`${n}`))).kind);
    connections.default('a', undefined);
    kinds.push((await connections.transport.post(to('a'), text('5'))).kind);
    expect(kinds).toEqual(['throttled', 'failed', 'gone', 'forbidden', 'forbidden', 'sent']);
    expect(connections.frames('a')).toEqual(['5']);
    expect(connections.attempts('a').map(({ frame, status }) => [frame, status])).toEqual([
      ['0', 429],
      ['1', 500],
      ['2', 410],
      ['3', 403],
      ['4', 403],
      ['5', 200],
    ]);
    expect(connections.posts).toBe(6);
  });

  test('a scripted success does not reach a connection that has closed', async () => {
    const connections = createFakeConnections();
    connections.open('a');
    connections.close('a');
    connections.script('a', 'sent', 'resetAfterDelivery');
    expect(await connections.transport.post(to('a'), text('x'))).toEqual({ kind: 'gone' });
    expect((await connections.transport.post(to('a'), text('x'))).kind).toBe('failed');
    expect(connections.frames('a')).toEqual([]);
  });

  test('a hanging post ends after the time-out, in virtual time', async () => {
    const clock = createVirtualClock(0);
    const connections = createFakeConnections({ clock });
    connections.open('a');
    connections.script('a', 'hang');
    const outcome = await clock.run(connections.transport.post(to('a'), text('x')));
    expect(outcome).toEqual({ kind: 'failed', detail: 'no answer within 3000 ms' });
    expect(clock.now()).toBe(3_000);
  });

  test('a frame that is slower than the time-out arrives after the sender gave up', async () => {
    const clock = createVirtualClock(0);
    const connections = createFakeConnections({ clock });
    connections.open('a');
    connections.script('a', slow(5_000));
    expect((await clock.run(connections.transport.post(to('a'), text('x')))).kind).toBe('failed');
    expect(connections.frames('a')).toEqual([]);
    await clock.advance(2_000);
    expect(connections.frames('a')).toEqual(['x']);
  });

  test('a slow connection that closes meanwhile is gone', async () => {
    const clock = createVirtualClock(0);
    const connections = createFakeConnections({ clock });
    connections.open('a');
    connections.script('a', slow(1_000));
    const post = connections.transport.post(to('a'), text('x'));
    await clock.advance(500);
    connections.close('a');
    expect(await clock.run(post)).toEqual({ kind: 'gone' });
  });

  test('the account throttle is one bucket for all connections, disconnects included, and refills with time', async () => {
    const clock = createVirtualClock(0);
    const connections = createFakeConnections({ clock, accountLimit: { ratePerSecond: 10, burst: 5 } });
    for (const id of ['a', 'b']) connections.open(id);
    const kindsOf = async (posts: number) => {
      const kinds = [];
      for (let n = 0; n < posts; n += 1) {
        kinds.push((await clock.run(connections.transport.post(to(n % 2 ? 'a' : 'b'), text('x')))).kind);
      }
      return kinds;
    };
    expect(await kindsOf(7)).toEqual(['sent', 'sent', 'sent', 'sent', 'sent', 'throttled', 'throttled']);
    expect(await clock.run(connections.transport.disconnect(to('a')))).toEqual({ kind: 'throttled' });
    await clock.advance(200);
    expect(await kindsOf(3)).toEqual(['sent', 'sent', 'throttled']);
    await clock.advance(60_000);
    expect((await kindsOf(6)).filter((kind) => kind === 'sent')).toHaveLength(5);
  });

  test('a client that does not read is buffered, then throttled alone, and misses nothing that was accepted', async () => {
    const connections = createFakeConnections({ clientBufferBytes: 10 });
    for (const id of ['idle', 'busy']) connections.open(id);
    connections.pause('idle');
    const kinds = [];
    for (const frame of ['12345', '67890', 'x']) {
      kinds.push((await connections.transport.post(to('idle'), text(frame))).kind);
      expect(await connections.transport.post(to('busy'), text(frame))).toEqual({ kind: 'sent' });
    }
    expect(kinds).toEqual(['sent', 'sent', 'throttled']);
    expect(connections.frames('idle')).toEqual([]);
    connections.resume('idle');
    expect(connections.frames('idle')).toEqual(['12345', '67890']);
    expect(await connections.transport.post(to('idle'), text('y'))).toEqual({ kind: 'sent' });
    expect(connections.frames('idle')).toEqual(['12345', '67890', 'y']);
  });

  test('what a closed client had not read is lost although it was answered with 200', async () => {
    const connections = createFakeConnections();
    connections.open('a');
    connections.pause('a');
    expect(await connections.transport.post(to('a'), text('x'))).toEqual({ kind: 'sent' });
    connections.close('a');
    connections.resume('a');
    expect(connections.frames('a')).toEqual([]);
  });

  test('posts under way are counted for one connection and for all', async () => {
    const clock = createVirtualClock(0);
    const connections = createFakeConnections({ clock });
    for (const id of ['a', 'b']) {
      connections.open(id);
      connections.default(id, slow(10));
    }
    const post = (id: string) => connections.transport.post(to(id), text('x'));
    const work = Promise.all([post('a').then(() => post('a')), post('b'), post('b')]);
    await clock.run(work);
    expect([connections.maxInFlight('a'), connections.maxInFlight('b'), connections.maxInFlight()]).toEqual([
      1, 2, 3,
    ]);
  });

  test('random faults are the same for one seed', async () => {
    const run = async (seed: number) => {
      const connections = createFakeConnections({
        faults: { seed, rate: 0.4, outcomes: ['gone', 'throttled', 'errorAfterDelivery'] },
      });
      connections.open('a');
      const kinds = [];
      for (let n = 0; n < 40; n += 1)
        kinds.push((await connections.transport.post(to('a'), text(`${n}`))).kind);
      return kinds;
    };
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
    expect(new Set(await run(1))).toEqual(new Set(['sent', 'gone', 'throttled', 'failed']));
  });

  test('asking for frames that do not come says how many came', async () => {
    const connections = createFakeConnections();
    connections.open('a');
    await connections.transport.post(to('a'), text('x'));
    expect(await connections.waitForFrames('a', 1)).toEqual(['x']);
    await expect(connections.waitForFrames('a', 2, 20)).rejects.toThrow(
      'expected 2 frames on connection a within 20 ms, got 1',
    );
    expect(() => connections.frames('b')).toThrow('expected a connection that was opened, got "b"');
    expect(() => connections.open('no spaces')).toThrow('well-formed');
  });
});
