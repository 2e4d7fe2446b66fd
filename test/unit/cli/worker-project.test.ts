import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadProject } from '../../../src/cli/worker-project.ts';

const ROOT = join(import.meta.dirname, '../../..');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tablecast-project-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** What a resolver of the project gives, called with nothing. */
async function answer(file?: string): Promise<unknown> {
  const { resolvers } = await loadProject(folder, file);
  const resolver: unknown = resolvers?.['Query']?.['hello'];
  return typeof resolver === 'function' ? resolver() : 'no resolver';
}

const ANSWERS = (text: string) => `export const resolvers = { Query: { hello: () => '${text}' } };`;

test('a project without such a file has neither resolvers nor hooks', async () => {
  expect(await loadProject(folder, undefined)).toEqual({});
});

test.each(['resolvers.mjs', 'resolvers.js', 'resolvers.ts'])('%s is found and read', async (name) => {
  write('package.json', '{"type":"module"}');
  write(name, ANSWERS(`from ${name}`));
  expect(await answer()).toBe(`from ${name}`);
});

test('of several the first in the order of the deploy is read, and TABLECAST_RESOLVERS overrides it', async () => {
  write('resolvers.ts', ANSWERS('ts'));
  write('resolvers.mjs', ANSWERS('mjs'));
  write('code/other.mjs', ANSWERS('other'));
  expect(await answer()).toBe('ts');
  expect(await answer('code/other.mjs')).toBe('other');
});

test('TypeScript is understood with its types, its own files, packages of the project and JSON', async () => {
  write('node_modules/greeting/package.json', '{"name":"greeting","version":"1.0.0","main":"index.js"}');
  write(
    'node_modules/greeting/index.js',
    "const { basename } = require('path'); exports.greeting = basename('/x/hello');",
  );
  write('names.json', '["world"]');
  write('lib/join.ts', "export const join = (...parts: readonly string[]): string => parts.join(' ');");
  write(
    'resolvers.ts',
    `import { greeting } from 'greeting';
import type { Resolvers } from 'tablecast';
import { join } from './lib/join.ts';
import names from './names.json';
export const resolvers: Resolvers = { Query: { hello: () => join(greeting, ...names) } };
export const hooks = { connect() {} };`,
  );
  expect(await answer()).toBe('hello world');
  expect((await loadProject(folder, undefined)).hooks?.connect).toEqual(expect.any(Function));
});

test("graphql is the copy that runs, though another lies beside the project's files", async () => {
  write('node_modules/graphql/package.json', '{"name":"graphql","version":"15.0.0","main":"index.js"}');
  write('node_modules/graphql/index.js', 'exports.GraphQLError = class Other extends Error {};');
  write('node_modules/old/package.json', '{"name":"old","version":"1.0.0","main":"index.js"}');
  write(
    'node_modules/old/index.js',
    "exports.make = () => new (require('graphql').GraphQLError)('required');",
  );
  write(
    'resolvers.ts',
    `import { GraphQLError } from 'graphql';
import { make } from 'old';
export const resolvers = { Query: { hello: () => [new GraphQLError('imported'), make()] } };`,
  );
  const errors = await answer();
  // By name and not by instanceof: Jest gives each test file a copy of its own.
  expect(errors).toEqual([
    expect.objectContaining({ name: 'GraphQLError' }),
    expect.objectContaining({ name: 'GraphQLError' }),
  ]);
});

test('nothing is left of the bundle in the folder for temporary files', async () => {
  write('resolvers.ts', ANSWERS('ts'));
  const bundles = () => readdirSync(tmpdir()).filter((name) => name.startsWith('tablecast-worker-'));
  const before = new Set(bundles());
  await answer();
  expect(bundles().filter((name) => !before.has(name))).toEqual([]);
});

const refused = (words: string | RegExp) =>
  expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(words) });

test('a file that is named and not there is refused by its path', async () => {
  await expect(loadProject(folder, 'own.ts')).rejects.toEqual(
    refused(`^TABLECAST_RESOLVERS: expected a file at ${join(folder, 'own.ts')}, found none$`),
  );
});

test('TypeScript where no esbuild is installed is refused, with both ways out', async () => {
  write('resolvers.ts', ANSWERS('ts'));
  await expect(loadProject(folder, undefined, 'esbuild-that-is-not-installed')).rejects.toEqual(
    refused(
      /^resolvers\.ts: expected the package esbuild.* not installed: npm install --save-dev esbuild, or bundle the file to JavaScript/,
    ),
  );
});

test('TypeScript that cannot be read is refused with file, line and column', async () => {
  write('resolvers.ts', 'export const resolvers = {\n  Query: { hello: ) },\n};');
  await expect(loadProject(folder, undefined)).rejects.toEqual(
    refused(/^resolvers\.ts:2:19 Unexpected "\)"$/),
  );
});

test('a package that is not installed is named, with the line that wants it', async () => {
  write('resolvers.ts', "import 'never-installed';\nexport const resolvers = {};");
  await expect(loadProject(folder, undefined)).rejects.toEqual(
    refused(/^resolvers\.ts:1:8 .*never-installed/),
  );
});

test('a module that throws is refused with what it says, under the name its author knows', async () => {
  write('resolvers.ts', "throw new Error('expected MAIL_HOST to be set');");
  await expect(loadProject(folder, undefined)).rejects.toEqual(
    refused(/resolvers\.ts: expected a module that can be imported, got expected MAIL_HOST to be set$/),
  );
});

test.each([
  ['export const resolvers = [];', 'expected the export "resolvers" to be an object of types'],
  ['export const resolvers = { Query: { hello: 1 } };', 'each an object of functions, got object'],
  ['export const hooks = { connect: true };', 'expected the export "hooks" to be an object of functions'],
])('%s is refused', async (text, words) => {
  write('resolvers.mjs', text);
  await expect(loadProject(folder, undefined)).rejects.toEqual(refused(`^resolvers.mjs: .*${words}`));
});

test('the example chat, whose resolvers are TypeScript, is loaded as it is deployed', async () => {
  const { resolvers } = await loadProject(join(ROOT, 'examples/chat'), undefined);
  expect(Object.keys(resolvers ?? {}).length).toBeGreaterThan(0);
});

test('a link to a folder elsewhere is as good as the folder', async () => {
  write('real/resolvers.ts', ANSWERS('linked'));
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  expect((await loadProject(join(folder, 'link'), undefined)).resolvers).toBeDefined();
});
