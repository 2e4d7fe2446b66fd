import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** Ids of the attacks there are, as their files have them. */
const attacks = new Set(
  readdirSync(join(ROOT, 'scripts/attack'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .flatMap((entry) => [
      ...readFileSync(join(entry.parentPath, entry.name), 'utf8').matchAll(/\bid: '([A-Z]\d+)'/g),
    ])
    .map(([, id = '']) => id),
);

describe.each(['SECURITY.md', 'docs/threat-model.md'])('%s', (file) => {
  const page = read(file);

  test('names tests that are there', () => {
    const named = [...page.matchAll(/`((?:unit|contract|protocol|integration)(?:\/[\w-]+)*)`/g)].map(
      ([, path]) => path,
    );
    expect(named.length).toBeGreaterThan(10);
    const missing = named.filter(
      (path) => !['', '.test.ts'].some((end) => existsSync(join(ROOT, `test/${path}${end}`))),
    );
    expect(missing).toEqual([]);
  });

  test('names attacks that are there', () => {
    const named = [...page.matchAll(/\battack ([A-Z]\d+)/g)].map(([, id = '']) => id);
    expect(named.length).toBeGreaterThan(5);
    expect([...new Set(named)].filter((id) => !attacks.has(id))).toEqual([]);
  });

  test('links to files that are there', () => {
    const links = [...page.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(2);
    expect(links.filter((path) => !existsSync(join(ROOT, dirname(file), path)))).toEqual([]);
  });
});

test('SECURITY.md has a line for each requirement, S1 to S19', () => {
  const rows = [...read('SECURITY.md').matchAll(/^\| (S\d+) \| .+ \| .+ \|$/gm)].map(([, id]) => id);
  expect(rows).toEqual(Array.from({ length: 19 }, (_, index) => `S${index + 1}`));
});
