/**
 * Runs one of the projects under examples/ as its user does: `npm run example -- todos [options of start]`. Another
 * command than `start` may stand before its options: `npm run example -- chat types`.
 *
 * A project finds Tablecast as node_modules/tablecast; here that is a link to this repository, as built.
 */
import { existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '..');
const EXAMPLES = join(ROOT, 'examples');
const MAIN = join(ROOT, 'dist/src/cli/main.js');

const [name = '', ...rest] = process.argv.slice(2);
const names = readdirSync(EXAMPLES)
  .filter((each) => existsSync(join(EXAMPLES, each, 'serverless.yml')))
  .sort();
if (!names.includes(name)) {
  const came = name === '' ? 'none' : JSON.stringify(name);
  fail(`expected the name of an example (${names.join(', ')}), got ${came}: npm run example -- ${names[0]}`);
}
if (!existsSync(MAIN)) fail('expected Tablecast to be built, and it is not: npm run build');

const folder = join(EXAMPLES, name);
link(folder);
process.chdir(folder);
const command = rest[0] === undefined || rest[0].startsWith('-') ? ['start', ...rest] : rest;
process.argv = [process.execPath, MAIN, ...command];
// In this very process, so that Ctrl-C is the command's own to handle.
await import(pathToFileURL(MAIN).href);

/**
 * Links the repository into an example; what is there already, an installed package perhaps, stays.
 * @param {string} folder of the example
 */
function link(folder) {
  const path = join(folder, 'node_modules/tablecast');
  if (lstatSync(path, { throwIfNoEntry: false })) return;
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync('../../..', path, 'dir');
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(2);
}
