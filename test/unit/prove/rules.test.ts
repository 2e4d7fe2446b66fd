import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { without } from '../../../scripts/prove/simulation/mutant-bundle.ts';
import { RULES } from '../../../scripts/prove/simulation/rules.ts';

const PATCHES = RULES.flatMap((rule) =>
  [rule, ...(rule.also ? [rule.also] : [])].map((patch) => [rule.name, patch] as const),
);

test.each(PATCHES)('T5 its patch fits the sources: %s', (_, rule) => {
  const source = readFileSync(new URL(`../../../src/${rule.file}`, import.meta.url), 'utf8');
  const patched = without(rule, source);
  expect(patched).not.toBe(source);
  expect(patched).toContain(rule.replace);
});

test('a patch that fits twice, or not at all, is refused', () => {
  const rule = { name: 'r', path: 'lambda' as const, file: 'f.ts', find: 'a', replace: 'b' };
  expect(() => without(rule, 'a a')).toThrow('got it 2 times');
  expect(() => without(rule, 'c')).toThrow('got it 0 times');
});
