import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ClosingRows, closingOrder, type Wave } from '../../../src/adapters/dynamodb/close-order.ts';
import { chunk } from '../../../src/adapters/dynamodb/concurrency.ts';
import type { RowKey } from '../../../src/adapters/dynamodb/rows.ts';

const SIZE = 25;
const LIVE: RowKey = { pk: 'LIVE#1', sk: 'a' };
const place = (text: string): RowKey => ({ pk: `KEY#${text}`, sk: 'a' });
const text = ({ pk, sk }: RowKey) => `${pk} ${sk}`;

/** So many subscriptions, of so many rows under filter keys each; so many rows found; so many others. */
function rowsOf(named: readonly number[], found = 0, others = 1): ClosingRows {
  return {
    subscriptions: named.map((count, n) => ({
      key: { pk: 'CONN#a', sk: `SUB#${n}` },
      places: Array.from({ length: count }, (_, m) => place(`${n}-${m}`)),
    })),
    places: Array.from({ length: found }, (_, n) => place(`found-${n}`)),
    others: Array.from({ length: others }, (_, n) => ({ pk: `ID#${n}`, sk: 'a' })),
    live: LIVE,
  };
}

/** Batches of each wave, in turn. */
const batchesOf = (waves: readonly Wave[]) => waves.map((wave) => chunk(wave, SIZE));

const countOf = (rows: ClosingRows) => {
  const { places, rest } = closingOrder(rows, SIZE);
  return batchesOf([...places, ...rest]).flat().length;
};

const arbitrary = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 16 }), { maxLength: 120 }), fc.nat(60), fc.nat(60))
  .map(([named, found, others]) => rowsOf(named, found, others));

describe('the order in which a close deletes', () => {
  test('every row goes exactly once, however the rows are', () => {
    fc.assert(
      fc.property(arbitrary, (rows) => {
        const { places, rest } = closingOrder(rows, SIZE);
        const gone = [...places, ...rest].flat().map(text);
        const all = [
          ...rows.subscriptions.flatMap((each) => [each.key, ...each.places]),
          ...rows.places,
          ...rows.others,
          LIVE,
        ];
        expect(gone.sort()).toEqual(all.map(text).sort());
      }),
    );
  });

  test('a SUB row goes in a later wave than each row it names, and LIVE in the last batch of the last', () => {
    fc.assert(
      fc.property(arbitrary, (rows) => {
        const { places, rest } = closingOrder(rows, SIZE);
        const waveOf = new Map([...places, ...rest].flatMap((wave, n) => wave.map((key) => [text(key), n])));
        for (const { key, places: named } of rows.subscriptions) {
          const own = waveOf.get(text(key)) ?? Number.NaN;
          for (const each of named) expect(waveOf.get(text(each))).toBeLessThan(own);
        }
        expect(rest.at(-1)?.at(-1)).toEqual(LIVE);
        expect(rest.at(-1)?.length).toBeLessThanOrEqual(SIZE);
        expect(rest.flat().filter(({ pk }) => pk.startsWith('KEY#'))).toEqual([]);
      }),
    );
  });

  test('it takes a batch by 25 rows, and never more than one batch beside', () => {
    fc.assert(
      fc.property(arbitrary, (rows) => {
        const { places, rest } = closingOrder(rows, SIZE);
        const least = Math.ceil([...places, ...rest].flat().length / SIZE);
        expect(countOf(rows)).toBeGreaterThanOrEqual(least);
        expect(countOf(rows)).toBeLessThanOrEqual(least + 1);
      }),
    );
  });

  test.each([
    [0, 1],
    // 4 to 25 rows, of which SUB rows and those they name are in two batches.
    [1, 2],
    [11, 2],
    [12, 2],
    [24, 2],
    [25, 3],
    [100, 9],
    [1_000, 81],
  ])('%d subscriptions of one row each take %d batches', (subscriptions, batches) => {
    expect(countOf(rowsOf(Array.from({ length: subscriptions }, () => 1)))).toBe(batches);
  });

  test('a row that was found and is named goes once', () => {
    const rows = rowsOf([1]);
    const { places } = closingOrder({ ...rows, places: [place('0-0')] }, SIZE);
    expect(places.flat().map(text)).toEqual(['KEY#0-0 a', 'ID#0 a']);
  });
});
