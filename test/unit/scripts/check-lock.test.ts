import { expect, test } from '@jest/globals';
import { lockTroubles } from '../../../scripts/check-lock.mjs';
import { inFolder, ROOT, runScript } from './folder.ts';

const DIGEST = `sha512-${'A'.repeat(86)}==`;

interface Entry {
  readonly [key: string]: unknown;
}

const entry = (version: string, more: Entry = {}): Entry => ({ version, integrity: DIGEST, ...more });

/** What is wrong with a lock file of these packages beside a good one, `a`, that the root asks for. */
function check(
  packages: Readonly<Record<string, Entry>>,
  root: Entry = {},
  more: Entry = {},
): readonly string[] {
  const asked = { dependencies: { a: '^1.2.0' }, ...root };
  return lockTroubles(asked, {
    lockfileVersion: 3,
    packages: { '': asked, 'node_modules/a': entry('1.3.0'), ...packages },
    ...more,
  });
}

test("the repository's own lock file passes", () => {
  expect(runScript('check-lock.mjs', ROOT)).toEqual({
    code: 0,
    said: expect.stringMatching(/\d{3,} packages/),
  });
});

test('one that is as it should be passes', () => {
  const good = {
    'node_modules/esbuild': entry('0.28.2', {
      hasInstallScript: true,
      optionalDependencies: { '@esbuild/x': '0.28.2' },
    }),
    'node_modules/@esbuild/x': entry('0.28.2', {
      resolved: 'https://registry.npmjs.org/@esbuild/x/-/x-0.28.2.tgz',
    }),
    'node_modules/b': entry('2.0.0-rc.1', {
      dependencies: { c: 'npm:@scope/d@^4.2.0', a: '>=1 <3 || ~0.5' },
    }),
  };
  expect(check(good)).toEqual([]);
  expect(check({ 'node_modules/s': entry('4.3.1') }, { devDependencies: { s: 'npm:osls@^4.3.1' } })).toEqual(
    [],
  );
});

test.each([
  ['no digest', { 'node_modules/b': { version: '1.0.0' } }, 'expected a sha512 digest, got none'],
  [
    'a weak digest',
    { 'node_modules/b': { version: '1.0.0', integrity: 'sha1-x' } },
    'expected a sha512 digest',
  ],
  [
    'another registry',
    { 'node_modules/b': entry('1.0.0', { resolved: 'https://registry.npmjs.org.example.com/b.tgz' }) },
    'expected it at https://registry.npmjs.org/',
  ],
  [
    'no encryption',
    { 'node_modules/b': entry('1.0.0', { resolved: 'http://registry.npmjs.org/b.tgz' }) },
    'expected it at https://registry.npmjs.org/',
  ],
  [
    'a script at installation',
    { 'node_modules/b': entry('1.0.0', { hasInstallScript: true }) },
    'expected no script',
  ],
  [
    'a known script under another name',
    { 'node_modules/esbuild': entry('0.28.2', { name: 'evil', hasInstallScript: true }) },
    'expected no script',
  ],
  ['a version that is a range', { 'node_modules/b': entry('^1.0.0') }, 'expected an exact version'],
  ['a folder', { 'packages/b': entry('1.0.0') }, 'expected a package of the registry'],
  ['a link', { 'node_modules/b': entry('1.0.0', { link: true }) }, 'expected a package of the registry'],
  [
    'a dependency from git',
    { 'node_modules/b': entry('1.0.0', { dependencies: { c: 'git+ssh://git@example.com/c.git' } }) },
    'expected c from the registry',
  ],
  [
    'a dependency from GitHub',
    { 'node_modules/b': entry('1.0.0', { dependencies: { c: 'someone/c' } }) },
    'expected c from the registry',
  ],
  ['half a package', { 'node_modules/@swc/core': entry('1.16.19') }, 'expected version 1.16.18'],
  [
    'a platform that is missing',
    { 'node_modules/b': entry('1.0.0', { optionalDependencies: { 'b-linux-x64': '1.0.0' } }) },
    'expected b-linux-x64 in the lock file, got none',
  ],
  [
    'a platform of another version',
    {
      'node_modules/b': entry('1.0.0', { optionalDependencies: { 'b-linux-x64': '1.0.0' } }),
      'node_modules/b-linux-x64': entry('1.0.1'),
    },
    'expected b-linux-x64 1.0.0, got 1.0.1',
  ],
])('%s is refused', (_, packages, message) => {
  expect(check(packages)).toEqual([expect.stringContaining(message)]);
});

test.each([
  ['^1.2.0', '2.0.0', 1],
  ['^1.2.0', '1.1.9', 1],
  ['^1.2.0', '1.10.0', 0],
  ['^0.5.6', '0.6.0', 1],
  ['^0.5.6', '0.5.7', 0],
  ['~5.9.3', '5.10.0', 1],
  ['~5.9.3', '5.9.4', 0],
  ['1.16.18', '1.16.18', 0],
  ['1.16.18', '1.16.19', 1],
  ['>=5.0.0', '6.0.0', 0],
  ['file:../a', '1.0.0', 1],
  ['https://example.com/a.tgz', '1.0.0', 1],
  ['latest', '1.0.0', 1],
])('asked for %s and locked at %s: %d troubles', (range, version, troubles) => {
  const found = check({ 'node_modules/a': entry(version) }, { dependencies: { a: range } });
  expect(found).toHaveLength(troubles);
});

test('package.json and lock file that do not agree, and an older layout, are refused', () => {
  const files = {
    'package.json': JSON.stringify({ dependencies: { a: '^2.0.0' } }),
    'package-lock.json': JSON.stringify({
      lockfileVersion: 3,
      packages: { '': { dependencies: { a: '^1.2.0' } }, 'node_modules/a': entry('1.3.0') },
    }),
  };
  const { code, said } = inFolder(files, (folder) => runScript('check-lock.mjs', folder));
  expect([code, said]).toEqual([
    1,
    expect.stringContaining('expected the same as in package-lock.json (^1.2.0)'),
  ]);
  expect(check({}, {}, { lockfileVersion: 1 })).toEqual([
    'package-lock.json: expected lockfileVersion 3, got 1',
  ]);
});
