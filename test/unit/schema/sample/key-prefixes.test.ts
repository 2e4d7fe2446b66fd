import { describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../../src/schema/load.ts';
import { key, sdlOf } from './sampling.ts';

const composite = { table: 'App', partitionKey: key('pk'), sortKey: key('sk') };
const item = (pk: string, sk: string) => ({ pk: { S: pk }, sk: { S: sk } });

/** The types a comment proposes, each with the fields of the keys in it. */
function proposed(sdl: string): string {
  const lines = [...sdl.matchAll(/^# +(type \w+ @table\(.*\)) {3}[\d,]+ items?$/gm)];
  return lines.map(([, head]) => `${head} { pk: String! sk: String! }`).join('\n');
}

describe('a single-table design', () => {
  test('is told apart by the sort key where that differs, and the types proposed load', () => {
    const sdl = sdlOf(
      [
        item('USER#1', 'PROFILE'),
        item('USER#1', 'ORDER#1'),
        item('USER#2', 'ORDER#2'),
        item('USER#2', 'ORDER_ITEM#9'),
      ],
      composite,
    );
    expect(sdl).toContain('told apart by the start of sk:');
    const model = loadModel(proposed(sdl));
    expect([...model.types.values()].map(({ name, where }) => ({ name, where }))).toEqual([
      { name: 'Order', where: { attribute: 'sk', beginsWith: 'ORDER#' } },
      { name: 'Profile', where: { attribute: 'sk', equals: 'PROFILE' } },
      { name: 'OrderItem', where: { attribute: 'sk', beginsWith: 'ORDER_ITEM#' } },
    ]);
  });

  test('is told apart by the partition key where the sort key is something else', () => {
    const sdl = sdlOf([item('USER#1', '2026-01-01'), item('ORDER#1', '7'), item('user#3', 'x')], composite);
    const model = loadModel(proposed(sdl));
    expect([...model.types.values()].map(({ name, where }) => [name, where])).toEqual([
      ['User', { attribute: 'pk', beginsWith: 'USER#' }],
      ['Order', { attribute: 'pk', beginsWith: 'ORDER#' }],
      ['User2', { attribute: 'pk', beginsWith: 'user#' }],
    ]);
  });

  test.each([
    ['one kind alone', [item('USER#1', 'a'), item('USER#2', 'b')]],
    ['a key of no kind among them', [item('USER#1', 'a'), item('ORDER#2', 'b'), item('17', 'c')]],
    ['mere words', [item('OPEN', 'a'), item('DONE', 'b')]],
    ['a start for each item', Array.from({ length: 30 }, (_, index) => item(`U${index}#1`, 'a'))],
  ])('is not seen in %s', (_, items) => {
    expect(sdlOf(items, composite)).not.toContain('told apart');
  });
});
