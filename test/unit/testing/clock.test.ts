import { describe, expect, test } from '@jest/globals';
import { createVirtualClock } from '../../../src/testing/clock.ts';

describe('virtual clock', () => {
  test('time stands still until it is moved', async () => {
    const clock = createVirtualClock(1_000);
    let over = false;
    const nap = clock.sleep(10).then(() => {
      over = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([clock.now(), over, clock.pending]).toEqual([1_000, false, 1]);
    await clock.advance(9);
    expect([clock.now(), over]).toEqual([1_009, false]);
    await clock.advance(1);
    await nap;
    expect([clock.now(), over, clock.pending]).toEqual([1_010, true, 0]);
  });

  test('sleeps end in order of due time, equal ones in order of start, each seeing its own time', async () => {
    const clock = createVirtualClock(0);
    const seen: string[] = [];
    const nap = async (name: string, ms: number) => {
      await clock.sleep(ms);
      seen.push(`${name}@${clock.now()}`);
    };
    const naps = [nap('c', 30), nap('a', 10), nap('b1', 20), nap('b2', 20)];
    await clock.advance(100);
    await Promise.all(naps);
    expect(seen).toEqual(['a@10', 'b1@20', 'b2@20', 'c@30']);
    expect(clock.now()).toBe(100);
  });

  test('what a sleep sets off sleeps from its own due time, also within one advance', async () => {
    const clock = createVirtualClock(0);
    const ticks: number[] = [];
    const work = (async () => {
      for (let n = 0; n < 5; n += 1) {
        await clock.sleep(7);
        ticks.push(clock.now());
      }
    })();
    await clock.advance(28);
    expect(ticks).toEqual([7, 14, 21, 28]);
    expect(await clock.runUntilIdle()).toBe(7);
    await work;
    expect(ticks).toEqual([7, 14, 21, 28, 35]);
  });

  test('an aborted sleep ends at once, leaves nothing pending and does not reject', async () => {
    const clock = createVirtualClock();
    const controller = new AbortController();
    const nap = clock.sleep(60_000, controller.signal);
    controller.abort();
    await nap;
    expect(clock.pending).toBe(0);
    await clock.sleep(60_000, controller.signal);
    expect(clock.pending).toBe(0);
  });

  test('run gives the result and the failure of the work, having moved on just as far', async () => {
    const clock = createVirtualClock(0);
    const work = async (fail: boolean) => {
      await clock.sleep(3_600_000);
      if (fail) throw new Error('as told');
      return 'done';
    };
    expect(await clock.run(work(false))).toBe('done');
    expect(clock.now()).toBe(3_600_000);
    await expect(clock.run(work(true))).rejects.toThrow('as told');
  });

  test('work that gives up its turn now and then is not taken to sleep', async () => {
    const clock = createVirtualClock(0);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const work = async () => {
      for (let n = 0; n < 10; n += 1) await turn();
      const at = clock.now();
      await clock.sleep(5);
      for (let n = 0; n < 300; n += 1) await turn();
      return [at, clock.now()];
    };
    const other = clock.sleep(1_000);
    expect((await clock.run(work()))[0]).toBe(0);
    await clock.runUntilIdle();
    await other;
    expect(await clock.run(work())).toEqual([1_000, 1_005]);
  });

  test('run tells of work that waits for something else rather than hang', async () => {
    const clock = createVirtualClock();
    await expect(clock.run(new Promise(() => {}))).rejects.toThrow('waits for something else');
  });

  test('monotonic time begins at 0, whatever the time of day, and moves with the clock', async () => {
    const clock = createVirtualClock(Date.UTC(2026, 0, 1));
    expect(clock.monotonic()).toBe(0);
    await clock.advance(250);
    expect([clock.monotonic(), clock.now()]).toEqual([250, Date.UTC(2026, 0, 1) + 250]);
  });

  test('a skewed clock tells another time of day, and the same durations: its sleeps are those of the clock', async () => {
    const clock = createVirtualClock(1_000_000);
    const late = clock.skewed(-300_000);
    const early = clock.skewed(300_000);
    expect([late.now(), early.now(), late.monotonic()]).toEqual([700_000, 1_300_000, 0]);
    const woken: string[] = [];
    const naps = [
      early.sleep(20).then(() => woken.push(`early ${early.now()}`)),
      late.sleep(10).then(() => woken.push(`late ${late.now()}`)),
    ];
    expect(clock.pending).toBe(2);
    await clock.advance(20);
    await Promise.all(naps);
    expect(woken).toEqual(['late 700010', 'early 1300020']);
    expect([late.monotonic(), early.monotonic(), clock.monotonic()]).toEqual([20, 20, 20]);
    const aborted = new AbortController();
    const nap = late.sleep(1_000, aborted.signal);
    aborted.abort();
    await nap;
    expect(clock.pending).toBe(0);
  });
});
