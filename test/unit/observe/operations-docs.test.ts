import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { metricDefinition } from '../../../src/observe/metric-names.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DOCS = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');

/** Text of every source of the functions, the worker and the commands. */
const SOURCES = ['src', 'handlers']
  .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  // The pages in the browser, and the tools for tests, log nothing of the relay.
  .filter(({ parentPath }) => !/src\/(console|testing)/.test(parentPath))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));

function found(...patterns: RegExp[]): Set<string> {
  const matches = SOURCES.flatMap((source) => patterns.flatMap((pattern) => [...source.matchAll(pattern)]));
  return new Set(matches.flatMap((match) => match[1] ?? []));
}

/** The first cells of the tables in a part of the page, each name in them. */
function documented(from: string, to: string): string[][] {
  const part = DOCS.slice(DOCS.indexOf(from), DOCS.indexOf(to));
  return part
    .split('\n')
    .filter((line) => line.startsWith('| `') && !line.startsWith('| `event` |'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| /, '')));
}

const namesIn = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].flatMap((match) => match[1] ?? []);

describe('docs/operations.md and the code name the same', () => {
  test('log events, either way', () => {
    const logged = found(/\bevent: '([^']+)'/g, /\bstepOver\(\s*context, '([^']+)'/g);
    const told = documented('## Logs', '## Posts to nobody').flatMap(([names]) => namesIn(names));
    expect(logged.size).toBeGreaterThan(50);
    expect([...logged].sort()).toEqual([...new Set(told)].sort());
    expect(told).toHaveLength(new Set(told).size);
  });

  test('metrics, either way, with their CloudWatch names and units', () => {
    const counted = found(/\.(?:count|measure)\(\s*'([^']+)'/g);
    for (const code of found(/\bcode: '(SLOW_CONSUMER|EVENTS_LOST|SCHEMA_CHANGED|TOKEN_EXPIRED|REVOKED)'/g))
      counted.add(`ended.${code}`);
    const told = documented('## Metrics', '## Logs').map(([name, cloudWatch, unit]) => ({
      name: namesIn(name)[0] ?? '',
      cloudWatch: namesIn(cloudWatch)[0],
      unit,
    }));
    expect(counted.size).toBeGreaterThan(20);
    expect(told.map(({ name }) => name).sort()).toEqual([...counted].sort());
    for (const { name, cloudWatch, unit } of told)
      expect({ name, cloudWatch, unit }).toEqual({
        name,
        cloudWatch: metricDefinition(name).name,
        unit: metricDefinition(name).unit,
      });
    expect(new Set(told.map(({ cloudWatch }) => cloudWatch)).size).toBe(told.length);
  });

  test('the codes operations are ended with', () => {
    const ended = SOURCES.filter((source) => source.includes('endOperations(')).flatMap((source) =>
      [...source.matchAll(/\bcode: '([A-Z_]+)',\n\s*message/g)].flatMap((match) => match[1] ?? []),
    );
    const told = documented('Operations the relay ended', '## Logs').map(([name]) => namesIn(name)[0]);
    expect([...new Set(ended)].map((code) => `ended.${code}`).sort()).toEqual([...told].sort());
  });
});
