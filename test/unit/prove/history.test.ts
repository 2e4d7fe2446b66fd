import { beforeEach, describe, expect, test } from '@jest/globals';
import { History } from '../../../scripts/prove/live/history.ts';
import { slopePerSecond } from '../../../scripts/prove/live/memory.ts';

let history: History;
beforeEach(() => {
  history = new History(
    new Map<string, (item: string) => boolean>([
      ['all', () => true],
      ['b', (item: string) => item === 'b'],
    ]),
  );
  for (const version of [1, 2, 3]) {
    for (const item of ['a', 'b']) history.writing(item, version);
  }
});

const frame = (id: string, version: number, eventId = `${id}${version}`) =>
  JSON.stringify({
    type: 'next',
    id: '1',
    payload: { data: { onChangeTodo: { item: { id, version } } }, extensions: { eventId } },
  });
const arrive = (subscriber: string, ...frames: readonly string[]) => {
  for (const each of frames) history.arrived(subscriber, { at: 9_000, frame: each });
};
const allOf = (item: string) => [1, 2, 3].map((version) => frame(item, version));

describe('the judge of what worker processes delivered', () => {
  test('finds nothing wrong with everything once and in order', () => {
    arrive('all', ...allOf('a'), ...allOf('b'));
    arrive('b', ...allOf('b'));
    expect(history.report()).toEqual({
      written: 6,
      delivered: 9,
      lost: 0,
      duplicates: 0,
      strangers: 0,
      outOfOrder: 0,
      leaked: 0,
    });
  });

  test('counts what is missing as lost, at the end, in the middle and altogether', () => {
    arrive('all', frame('a', 1), frame('a', 2), frame('b', 1), frame('b', 3));
    expect(history.report()).toMatchObject({ lost: 2 + 3 });
  });

  test('counts repeats by the subscriber that had most, and those under another eventId', () => {
    arrive('all', ...allOf('a'), frame('a', 1), frame('a', 3), ...allOf('b'));
    arrive('b', ...allOf('b'), frame('b', 2, 'another'));
    expect(history.report()).toMatchObject({ duplicates: 2, strangers: 1, lost: 0, outOfOrder: 0 });
  });

  test('sees a first delivery that a later version overtook', () => {
    arrive('all', frame('a', 1), frame('a', 3), frame('a', 2), ...allOf('b'));
    arrive('b', ...allOf('b'));
    expect(history.report()).toMatchObject({ outOfOrder: 1, lost: 0, duplicates: 0 });
  });

  test('a repeat of one that came too early is a repeat', () => {
    arrive('b', frame('b', 3), frame('b', 3));
    expect(history.report()).toMatchObject({ duplicates: 1, delivered: 1 });
  });

  test.each([
    ['of an item the subscriber did not ask for', frame('a', 1)],
    ['that is no payload', '{"type":"error","id":"1","payload":[]}'],
    ['of a change nobody made', frame('b', 4)],
  ])('counts a frame %s as leaked', (_, text) => {
    arrive('b', text);
    expect(history.report()).toMatchObject({ leaked: 1 });
  });

  test('tells of each arrival when it was', () => {
    const seen: number[] = [];
    history.onArrival = (at) => void seen.push(at);
    arrive('b', frame('b', 1), frame('b', 1), frame('b', 2));
    expect(seen).toEqual([9_000, 9_000, 9_000]);
  });
});

describe('the slope of what a process holds', () => {
  const line = (slope: number) => Array.from({ length: 12 }, (_, at) => ({ at, value: 100 + slope * at }));

  test.each([0, 5, -3])('of a straight line is its own (%i)', (slope) => {
    expect(slopePerSecond(line(slope))).toBe(slope);
  });

  test('is not moved by a few outliers', () => {
    const samples = line(1).map((sample, index) => (index === 4 ? { ...sample, value: 1e6 } : sample));
    expect(slopePerSecond(samples)).toBeCloseTo(1, 5);
  });

  test('takes two samples at least', () => {
    expect(() => slopePerSecond(line(1).slice(0, 1))).toThrow('two samples');
  });
});
