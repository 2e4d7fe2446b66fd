import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { inFolder, ROOT, runScript } from './folder.ts';

interface Package {
  readonly [key: string]: unknown;
}

const files = (packages: Readonly<Record<string, Package>>) => ({
  'package-lock.json': JSON.stringify({ packages: { '': { license: 'MIT' }, ...packages } }),
  'src/console/app.ts': "import { createElement } from 'react';\nimport './style.css';\n",
  'docs/licences.md': 'old',
});

const REACT = { version: '19.0.0', license: 'MIT', dev: true, dependencies: { scheduler: '1' } };

test("the repository's own list is up to date, and every licence is permitted", () => {
  expect(runScript('licences.mjs', '--check', ROOT)).toEqual({
    code: 0,
    said: 'docs/licences.md: as package-lock.json says, every licence permitted\n',
  });
});

test('what is installed is listed, what the pages bundle as well, and what only develops is not', () => {
  const packages = {
    'node_modules/graphql': { version: '16.15.0', license: 'MIT' },
    'node_modules/path-key': { version: '3.1.1', license: 'ISC' },
    'node_modules/run/node_modules/path-key': { version: '4.0.0', license: '(MPL-2.0 OR Apache-2.0)' },
    'node_modules/jest': { version: '30.0.0', license: 'GPL-3.0', dev: true },
    'node_modules/react': REACT,
    'node_modules/scheduler': { version: '0.28.0', license: '0BSD', dev: true },
  };
  inFolder(files(packages), (folder) => {
    expect(runScript('licences.mjs', '--check', folder)).toEqual({
      code: 1,
      said: expect.stringContaining('licences.md'),
    });
    expect(runScript('licences.mjs', folder)).toEqual({
      code: 0,
      said: 'docs/licences.md: written, every licence permitted\n',
    });
    expect(runScript('licences.mjs', '--check', folder)).toMatchObject({ code: 0 });
    const rows = readFileSync(join(folder, 'docs/licences.md'), 'utf8').match(/^\| .*\d.*\|$/gm);
    expect(rows).toEqual([
      '| graphql | 16.15.0 | MIT |',
      '| path-key | 3.1.1 | ISC |',
      '| path-key | 4.0.0 | (MPL-2.0 OR Apache-2.0) |',
      '| react | 19.0.0 | MIT |',
      '| scheduler | 0.28.0 | 0BSD |',
    ]);
  });
});

test.each([
  [
    'installed',
    { 'node_modules/a': { version: '1.0.0', license: 'GPL-3.0-only' } },
    'a 1.0.0: expected one of',
  ],
  ['installed without one', { 'node_modules/a': { version: '1.0.0' } }, 'got none named'],
  [
    'in the pages',
    { 'node_modules/react': { ...REACT, license: 'SSPL-1.0' } },
    'react 19.0.0: expected one of',
  ],
  [
    'that wants two at once',
    { 'node_modules/a': { version: '1.0.0', license: 'MIT AND GPL-2.0' } },
    'got MIT AND GPL-2.0',
  ],
])('a licence that is not permitted, %s, is refused and nothing is written', (_, packages, message) => {
  inFolder(files(packages), (folder) => {
    expect(runScript('licences.mjs', folder)).toEqual({ code: 1, said: expect.stringContaining(message) });
    expect(readFileSync(join(folder, 'docs/licences.md'), 'utf8')).toBe('old');
  });
});
