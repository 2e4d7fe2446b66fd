import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import * as testing from '../../../src/testing/index.ts';

const page = readFileSync(new URL('../../../docs/testing.md', import.meta.url), 'utf8');

test('docs/testing.md names every outcome of the fake @connections', () => {
  const missing = Object.keys(testing.CONNECTION_OUTCOMES).filter((name) => !page.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});

test('docs/testing.md names every fault of the fake streams', () => {
  const kinds = [...testing.createFakeStreams().faultCounts.keys()];
  expect(kinds.length).toBeGreaterThan(5);
  expect(kinds.filter((kind) => !page.includes(`\`${kind}\``))).toEqual([]);
});

test('docs/testing.md names every function and class that tablecast/testing exports', () => {
  const named = Object.entries(testing).filter(([, value]) => typeof value === 'function');
  const missing = named.map(([name]) => name).filter((name) => !page.includes(name));
  expect(missing).toEqual([]);
});

test('what docs/testing.md imports from tablecast/testing is exported', () => {
  const imported = [...page.matchAll(/import \{ ([^}]+) \} from 'tablecast\/testing'/g)].flatMap(
    ([, names = '']) => names.split(', '),
  );
  expect(imported.length).toBeGreaterThan(5);
  expect(imported.filter((name) => !(name in testing))).toEqual([]);
});
