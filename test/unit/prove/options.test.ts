import { expect, test } from '@jest/globals';
import { readOptions } from '../../../scripts/prove/options.ts';

const KNOWN = ['T1', 'T2', 'T13'];

function read(...args: string[]) {
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  return { options: readOptions(args, KNOWN, { out: write, err: write }), text };
}

test('without arguments everything runs at its normal size from seed 1', () => {
  expect(read().options).toEqual({ size: 'normal', only: undefined, seed: 1, json: false, list: false });
});

test('sizes, ids in any case, seed and forms of output are read', () => {
  expect(
    read('--short', '--only', 't1, T13', '--only', 'T2', '--seed', '4711', '--json', '--list').options,
  ).toEqual({
    size: 'short',
    only: ['T1', 'T13', 'T2'],
    seed: 4711,
    json: true,
    list: true,
  });
  expect(read('--long').options).toMatchObject({ size: 'long' });
});

test.each([
  [['--only', 'T9'], 'expected ids among T1, T2, T13, got "T9"'],
  [['--only', ','], 'got ","'],
  [['--seed', '-1'], 'expected a whole number from 0 to 4294967295, got "-1"'],
  [['--seed', '1e3'], 'got "1e3"'],
  [['--seed', '4294967296'], 'got "4294967296"'],
  [['--short', '--long'], 'cannot be used with'],
  [['--fast'], 'unknown option'],
  [['T1'], 'too many arguments'],
])('a wrong call ends with exit code 2 and says why: %j', (args, words) => {
  const { options, text } = read(...args);
  expect(options).toEqual({ exitCode: 2 });
  expect(text).toContain(words);
});

test('help is no fault', () => {
  const { options, text } = read('--help');
  expect(options).toEqual({ exitCode: 0 });
  expect(text).toContain('npm run prove -- --only T2 --seed 4711');
});
