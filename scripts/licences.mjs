/**
 * Writes docs/licences.md from package-lock.json: every package that is installed with Tablecast, and every one whose code
 * is in its pages, with its licence. Exits with 1 when one has a licence that is not permitted here.
 *
 *     node scripts/licences.mjs [FOLDER]             FOLDER is the repository by default
 *     node scripts/licences.mjs --check [FOLDER]     writes nothing, and exits with 1 when the page would change
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackage, importName } from './lock-packages.mjs';

/** All let the code be used and passed on in a product of any licence, as long as the notice is kept. */
const PERMITTED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
  'PSF-2.0',
]);

/** What scripts/build-console.mjs bundles beside what the sources of the pages import. */
const WORKERS = ['monaco-editor', 'monaco-graphql'];

const given = process.argv.slice(2);
const isCheck = given.includes('--check');
const folder = given.find((word) => word !== '--check') ?? join(import.meta.dirname, '..');
const file = join(folder, 'docs', 'licences.md');
const packages = new Map(Object.entries(JSON.parse(read('package-lock.json')).packages));

const installed = [...packages].filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional);
const bundled = closure([...importedByPages(), ...WORKERS]);
const page = pageOf(rowsOf(installed), rowsOf(bundled));

const refused = [...rowsOf([...installed, ...bundled]).values()].filter(
  ({ licence }) => !isPermitted(licence),
);
for (const { name, version, licence } of refused) {
  console.error(`${name} ${version}: expected one of ${[...PERMITTED].join(', ')}, got ${licence}`);
}
if (refused.length > 0) process.exitCode = 1;
else if (!isCheck) {
  writeFileSync(file, page);
  console.log('docs/licences.md: written, every licence permitted');
} else if (read('docs/licences.md') !== page) {
  console.error(
    'docs/licences.md: expected what package-lock.json says, got another list: run "npm run licences"',
  );
  process.exitCode = 1;
} else console.log('docs/licences.md: as package-lock.json says, every licence permitted');

function read(path) {
  try {
    return readFileSync(join(folder, path), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

/** Names of packages that the sources of the pages import, of graphql and graphiql down to the styles. */
function importedByPages() {
  const place = join(folder, 'src', 'console');
  const texts = readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|css)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  const imported = texts.flatMap((text) => [
    ...text.matchAll(/^(?:import|export|@import)\b[^;]*?['"]([^'".][^'"]*)['"]/gm),
  ]);
  const names = imported.map(([, specifier]) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0]);
  return [...new Set(names)].filter((name) => name !== undefined && packages.has(`node_modules/${name}`));
}

/** The packages of these names and all they depend on, as entries of the lock file. */
function closure(names) {
  const found = new Map();
  const add = (path) => {
    const entry = packages.get(path);
    // Types are no code.
    if (entry === undefined || found.has(path) || path.includes('node_modules/@types/')) return;
    found.set(path, entry);
    for (const name of Object.keys({ ...entry.dependencies, ...entry.peerDependencies }))
      add(findPackage(path, name, packages));
  };
  for (const name of names) add(`node_modules/${name}`);
  return [...found];
}

/** Each name and version once, by name. */
function rowsOf(entries) {
  const rows = entries.map(([path, { name, version, license }]) => {
    return { name: name ?? importName(path), version, licence: license ?? 'none named' };
  });
  const sorted = rows.sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
  return new Map(sorted.map((row) => [`${row.name} ${row.version}`, row]));
}

function compare(one, other) {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** `MIT`, or a choice of which one is permitted: `(MPL-2.0 OR Apache-2.0)`. */
function isPermitted(licence) {
  return licence
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((one) => PERMITTED.has(one));
}

function pageOf(runtime, pages) {
  const table = (rows) => [
    '| package | version | licence |',
    '|---|---|---|',
    ...[...rows.values()].map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`),
  ];
  return [
    '# Licences',
    '',
    'Tablecast is under the MIT licence. What it is made of, as package-lock.json has it; `npm run licences` writes this page,',
    `and CI fails when it is out of date or a licence is none of ${[...PERMITTED].join(', ')}.`,
    '',
    '## Installed with it',
    '',
    `${runtime.size} packages, those that others depend on included.`,
    '',
    ...table(runtime),
    '',
    '## In its pages',
    '',
    `The pages that \`tablecast start\` serves are bundled from these ${pages.size}, with the notices their files carry.`,
    '',
    ...table(pages),
    '',
  ].join('\n');
}
