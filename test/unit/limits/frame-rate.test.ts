import { describe, expect, test } from '@jest/globals';
import { createFrameRate } from '../../../src/relay/frame-rate.ts';

function counted(perMinute: number, maxConnections?: number) {
  let now = 0;
  const rate = createFrameRate(perMinute, () => now, maxConnections);
  return {
    wait: (ms: number) => {
      now += ms;
    },
    judge: (id = 'c') => rate.judge(id),
    many: (count: number, id = 'c') => Array.from({ length: count }, () => rate.judge(id)),
  };
}

describe('frames a minute', () => {
  test('as many as are allowed are taken at once, the next is refused, and what comes on its heels is dropped', () => {
    const { judge, many } = counted(20);
    expect(new Set(many(20))).toEqual(new Set(['take']));
    expect(judge()).toBe('refuse');
    expect(many(50)).toEqual(Array.from({ length: 50 }, () => 'drop'));
  });

  test('a connection that keeps to them evenly is never refused, whatever the hour', () => {
    const { judge, wait } = counted(60);
    for (let frame = 0; frame < 10_000; frame += 1) {
      expect(judge()).toBe('take');
      wait(1_000);
    }
  });

  test('what was not used up is no credit for more than a minute', () => {
    const { judge, many, wait } = counted(20);
    judge();
    wait(3_600_000);
    expect(new Set(many(20))).toEqual(new Set(['take']));
    expect(judge()).toBe('refuse');
  });

  test('time that has passed fills it once', () => {
    const { judge, many, wait } = counted(20);
    many(20);
    wait(3_000);
    expect(judge()).toBe('take');
    expect(judge()).toBe('refuse');
  });

  test('a refused connection that sends on is cut off after ten seconds, and again ten seconds later', () => {
    const { judge, many, wait } = counted(10);
    many(11);
    wait(9_999);
    expect(judge()).toBe('drop');
    wait(1);
    expect(judge()).toBe('disconnect');
    expect(judge()).toBe('drop');
    wait(10_000);
    expect(judge()).toBe('disconnect');
    wait(3_600_000);
    expect(judge()).toBe('disconnect');
  });

  test('one connection costs another nothing', () => {
    const { many } = counted(10);
    many(100, 'loud');
    expect(many(10, 'quiet')).toEqual(Array.from({ length: 10 }, () => 'take'));
  });

  test('those heard of last are remembered, however many come and go', () => {
    const { judge, many } = counted(10, 100);
    many(10, 'c');
    for (let other = 0; other < 1_000; other += 1) {
      if (other % 90 === 0) expect(['refuse', 'drop']).toContain(judge('c'));
      judge(`other ${other}`);
    }
    for (let other = 0; other < 100; other += 1) judge(`last ${other}`);
    expect(judge('c')).toBe('take');
  });

  test('no more connections are remembered than were asked for', () => {
    const { judge } = counted(1, 2);
    for (const id of ['c', 'second']) expect(judge(id)).toBe('take');
    expect(judge('second')).toBe('refuse');
    judge('third');
    expect(judge('second')).toBe('drop');
    expect(judge('c')).toBe('take');
  });
});
