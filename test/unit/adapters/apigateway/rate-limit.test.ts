import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRateLimit } from '../../../../src/adapters/apigateway/rate-limit.ts';

function world(perSecond = 10_000) {
  let now = 0;
  const limit = createRateLimit({ perSecond, clock: { monotonic: () => now } });
  const pass = (ms: number) => {
    now += ms;
  };
  /** Takes `count` places at once; all must be there at once. */
  const begin = (count: number) => {
    for (let n = 0; n < count; n += 1) limit.take(0);
  };
  /** Answers `count` requests, `throttled` of them with 429, spread over `connections`. */
  const answer = (count: number, throttled: number, connections: number) => {
    for (let n = 0; n < count; n += 1) limit.answered(`c${n % connections}`, n < throttled);
  };
  return { limit, pass, begin, answer };
}

test('a burst of a twentieth of a second begins at once, the rest in its order at the rate', () => {
  const { limit, pass } = world(1_000);
  const waits = Array.from({ length: 60 }, () => limit.take(1_000));
  expect(waits.slice(0, 50)).toEqual(Array(50).fill(0));
  expect(waits.slice(50)).toEqual(Array.from({ length: 10 }, (_, n) => n + 1));
  pass(100);
  expect(limit.take(1_000)).toBe(0);
});

test('what would wait longer than it may is turned away and takes no place', () => {
  const { limit, pass } = world(100);
  for (let n = 0; n < 5; n += 1) expect(limit.take(0)).toBe(0);
  for (let n = 0; n < 50; n += 1) expect(limit.take(9)).toBeUndefined();
  expect(limit.take(10)).toBe(10);
  pass(20);
  expect(limit.take(0)).toBe(0);
});

test('the least rate lets one request begin a second', () => {
  const { limit } = world(1);
  expect([limit.take(5_000), limit.take(5_000), limit.take(5_000)]).toEqual([0, 1_000, 2_000]);
});

test('never more are begun in any time than the burst and the rate allow', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20_000 }),
      fc.array(fc.tuple(fc.nat(400), fc.nat(300)), { maxLength: 40 }),
      (perSecond, steps) => {
        const { limit, pass } = world(perSecond);
        let elapsed = 0;
        let begun = 0;
        for (const [ms, requests] of steps) {
          pass(ms);
          elapsed += ms;
          for (let n = 0; n < requests; n += 1) if (limit.take(0) === 0) begun += 1;
        }
        const burst = Math.max(1, perSecond / 20);
        expect(begun).toBeLessThanOrEqual(burst + (perSecond * elapsed) / 1_000 + 1e-6);
      },
    ),
  );
});

test('throttling of everybody halves what was really begun, once a second', () => {
  const { limit, pass, begin, answer } = world();
  for (let n = 0; n < 8; n += 1) {
    begin(500);
    pass(100);
  }
  answer(1_000, 200, 1_000);
  expect(limit.perSecond).toBe(2_000);
  answer(1_000, 1_000, 1_000);
  expect(limit.perSecond).toBe(2_000);
  pass(1_000);
  begin(100);
  answer(1_000, 1_000, 1_000);
  expect(limit.perSecond).toBeLessThan(2_000);
});

test('clients who do not read slow nobody else down, however often they are tried', () => {
  const { limit, begin } = world();
  begin(500);
  for (let n = 0; n < 5_000; n += 1) {
    limit.answered(`reads${n}`, false);
    limit.answered(`does-not${n % 9}`, true);
  }
  expect(limit.perSecond).toBe(10_000);
});

test('one in twenty throttled, of however many connections, is left to be tried again', () => {
  const { limit, begin } = world();
  begin(500);
  for (let n = 1; n < 5_000; n += 1) limit.answered(`c${n}`, n % 20 === 0);
  expect(limit.perSecond).toBe(10_000);
});

test('a few throttled answers among few slow nothing down', () => {
  const { limit, begin, answer } = world();
  begin(99);
  answer(99, 99, 99);
  expect(limit.perSecond).toBe(10_000);
});

test('the rate never falls below a hundredth and is back at its most after a minute', () => {
  const { limit, pass, begin, answer } = world();
  for (let n = 0; n < 20; n += 1) {
    begin(10);
    answer(200, 200, 200);
    pass(1_000);
  }
  begin(1);
  answer(200, 200, 200);
  expect(limit.perSecond).toBe(100);
  pass(30_000);
  limit.take(0);
  expect(limit.perSecond).toBeCloseTo(5_100, 6);
  pass(30_000);
  limit.take(0);
  expect(limit.perSecond).toBe(10_000);
});

test('answers of a second ago are no longer counted', () => {
  const { limit, pass, begin, answer } = world();
  begin(100);
  answer(99, 99, 99);
  pass(1_001);
  begin(1);
  answer(1, 1, 1);
  expect(limit.perSecond).toBe(10_000);
});
