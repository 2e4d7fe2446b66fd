import { expect, test } from '@jest/globals';
import { inLanes } from '../../../src/relay/lanes.ts';

/** Work that is over when it is told to be. */
function held() {
  const begun: number[] = [];
  const ends = new Map<number, (fault?: Error) => void>();
  const work = (item: number) =>
    new Promise<void>((resolve, reject) => {
      begun.push(item);
      ends.set(item, (fault) => (fault ? reject(fault) : resolve()));
    });
  return { begun, work, end: (item: number, fault?: Error) => ends.get(item)?.(fault) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('as many are under way as there are lanes, in order, and the next begins when one is over', async () => {
  const { begun, work, end } = held();
  const all = inLanes([1, 2, 3, 4], 2, work);
  await turn();
  expect(begun).toEqual([1, 2]);
  end(2);
  await turn();
  expect(begun).toEqual([1, 2, 3]);
  end(1);
  await turn();
  expect(begun).toEqual([1, 2, 3, 4]);
  end(3);
  end(4);
  expect(await all).toEqual([]);
});

test('what is thrown is told at the end, and everything else is done all the same', async () => {
  const done: number[] = [];
  const faults = await inLanes([1, 2, 3, 4, 5], 2, async (item) => {
    if (item % 2 === 0) throw new Error(`fault of ${item}`);
    await turn();
    done.push(item);
  });
  expect(faults.map(String).sort()).toEqual(['Error: fault of 2', 'Error: fault of 4']);
  expect(done.sort()).toEqual([1, 3, 5]);
});

test('more lanes than items ask no item twice, and work that is over at once leaves none out', async () => {
  const seen: number[] = [];
  expect(await inLanes(new Set([1, 2, 3]), 50, async (item) => void seen.push(item))).toEqual([]);
  expect(seen).toEqual([1, 2, 3]);
  expect(await inLanes([], 5, async () => expect(true).toBe(false))).toEqual([]);
});
