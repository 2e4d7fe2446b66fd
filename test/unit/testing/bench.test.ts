import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../../scripts/bench/digest.ts';
import { median, spread } from '../../../scripts/bench/statistics.ts';

const posted = (path: string, data: unknown, rest: object = {}, id = '1') => ({
  path,
  body: JSON.stringify({ id, type: 'next', payload: { data, ...rest } }),
});

describe('what the benchmark compares', () => {
  const base = [posted('/a', { t: 1 }), posted('/a', { t: 2 }), posted('/b', { t: 1 })];
  const digest = digestOf(base).sha256;

  test('order, extensions and where the id stands make no difference', () => {
    const same = [
      { path: '/b', body: '{"type":"next","payload":{"data":{"t":1}},"id":"1"}' },
      posted('/a', { t: 2 }, { extensions: { eventId: 'x' } }),
      posted('/a', { t: 1 }),
    ];
    expect(digestOf(same)).toEqual({ posts: 3, distinct: 3, sha256: digest });
  });

  test.each([
    ['one that is missing', base.slice(1)],
    ['one that came twice', [...base, posted('/a', { t: 1 })]],
    ['another connection', [posted('/c', { t: 1 }), ...base.slice(1)]],
    ['another client id', [posted('/a', { t: 1 }, {}, '2'), ...base.slice(1)]],
    ['another value', [posted('/a', { t: 3 }), ...base.slice(1)]],
    ['a repeat instead of another', [posted('/a', { t: 2 }), ...base.slice(1)]],
  ])('%s does', (_, other) => {
    expect(digestOf(other).sha256).not.toBe(digest);
  });
});

test('the median is the middle one, or the mean of the two middle ones, in number order', () => {
  expect([median([10, 9, 100]), median([4, 1, 3, 2]), median([7])]).toEqual([10, 2.5, 7]);
  expect(spread([10, 9, 100])).toEqual({ median: 10, min: 9, max: 100 });
  expect(() => median([])).toThrow('at least one value');
});
