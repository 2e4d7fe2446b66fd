import { expect, test } from '@jest/globals';
import { ATTACKS } from '../../../scripts/attack/attacks.ts';
import { readOptions } from '../../../scripts/prove/options.ts';
import { runProofs } from '../../../scripts/prove/runner.ts';

const words = { program: 'attack', description: 'Attacks the relay.', example: 'T6' } as const;

test('npm run attack has the flags of npm run prove, under its own name', () => {
  let help = '';
  const write = (text: string) => {
    help += text;
  };
  const output = { out: write, err: write };
  expect(readOptions(['--help'], ['T6'], output, words)).toEqual({ exitCode: 0 });
  expect(help).toContain('npm run attack -- --only T6 --seed 4711');
  expect(help).not.toContain('prove');
  expect(readOptions(['--only', 't6', '--short'], ['T6'], output, words)).toMatchObject({ only: ['T6'] });
});

test('an attack that throws got through as far as anybody knows, and the command that shows it again is named', async () => {
  const broken = {
    id: 'T6',
    claim: 'nothing',
    run: async () => {
      throw new Error('no such socket');
    },
  };
  const [run] = await runProofs([broken], {
    size: 'short',
    seed: 9,
    signal: new AbortController().signal,
    program: 'attack',
    progress: () => {},
  });
  expect(run).toMatchObject({ holds: false, figure: 'threw: Error: no such socket' });
  expect(run?.trace?.at(-1)).toBe('again: npm run attack -- --short --only T6 --seed 9');
});

test('every attack the issue names is among them, once', () => {
  const ids = ATTACKS.map(({ id }) => id);
  expect([...ids].sort()).toEqual(['S1', 'S11', 'S12', 'S13', 'S14', 'S3', 'S4', 'T10', 'T19', 'T6', 'T9']);
});
