/**
 * Checks package-lock.json: what `npm ci` installs is exactly what was looked at, from npm's own registry, whole on every
 * platform, and runs nothing while it is installed that is not known here. Exits with 1 and a line for each trouble.
 *
 *     node scripts/check-lock.mjs [FOLDER]        FOLDER holds package.json and package-lock.json; the repository's by default
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPackage, importName } from './lock-packages.mjs';

/** Packages that may run a script when they are installed, and why they do. */
const INSTALL_SCRIPTS = new Map([
  ['@parcel/watcher', 'picks the build for this platform'],
  ['@swc/core', 'picks the build for this platform'],
  ['es5-ext', 'prints a notice'],
  ['esbuild', 'picks the build for this platform'],
  ['unrs-resolver', 'picks the build for this platform'],
]);

/** All other versions of these are missing the build for some platform. */
const WHOLE = new Map([
  ['@biomejs/biome', '2.5.15'],
  ['@swc/core', '1.16.18'],
  ['esbuild', '0.28.2'],
  ['unrs-resolver', '1.12.2'],
]);

const REGISTRY = 'https://registry.npmjs.org/';
const EXACT = /^\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?$/;
/** sha512, 64 bytes in base64. */
const INTEGRITY = /^sha512-[A-Za-z0-9+/]{86}==$/;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? join(import.meta.dirname, '..');
  const read = (file) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const lock = read('package-lock.json');
  const troubles = lockTroubles(read('package.json'), lock);
  for (const trouble of troubles) console.error(trouble);
  if (troubles.length > 0) process.exitCode = 1;
  else
    console.log(`package-lock.json: ${Object.keys(lock.packages).length - 1} packages, each with its digest`);
}

/** A line for each trouble of a lock file, beside the package.json it belongs to; both parsed. */
export function lockTroubles(manifest, lock) {
  const { '': root = {}, ...others } = lock.packages ?? {};
  const packages = new Map(Object.entries(others));
  return [
    ...layoutTroubles(lock, packages),
    ...[...packages].flatMap(([path, entry]) => packageTroubles(path, entry, packages)),
    ...rootTroubles(manifest, root, packages),
  ];
}

function layoutTroubles({ lockfileVersion: version }, packages) {
  return [
    ...(version === 3 ? [] : [`package-lock.json: expected lockfileVersion 3, got ${version}`]),
    ...(packages.size > 0 ? [] : ['package-lock.json: expected packages, got none']),
  ];
}

function packageTroubles(path, entry, packages) {
  const { version, integrity, resolved, link, hasInstallScript } = entry;
  const name = entry.name ?? importName(path);
  const found = [];
  const expected = (what, came) => found.push(`${path}: expected ${what}, got ${came ?? 'none'}`);
  if (!path.startsWith('node_modules/') || link) expected('a package of the registry', 'a folder');
  if (!EXACT.test(version ?? '')) expected('an exact version', version);
  if (!INTEGRITY.test(integrity ?? '')) expected('a sha512 digest', integrity);
  if (resolved !== undefined && !resolved.startsWith(REGISTRY)) expected(`it at ${REGISTRY}`, resolved);
  if (hasInstallScript && !INSTALL_SCRIPTS.has(name)) expected('no script at installation', 'one');
  if (WHOLE.has(name) && version !== WHOLE.get(name)) expected(`version ${WHOLE.get(name)}`, version);
  for (const group of ['dependencies', 'optionalDependencies']) {
    for (const [dependency, range] of Object.entries(entry[group] ?? {})) {
      if (!isOfRegistry(range)) expected(`${dependency} from the registry`, range);
    }
  }
  for (const [dependency, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const there = packages.get(findPackage(path, dependency, packages));
    if (there === undefined) expected(`${dependency} in the lock file`);
    else if (EXACT.test(range) && there.version !== range) expected(`${dependency} ${range}`, there.version);
  }
  return found;
}

/** What package.json asks for is what the lock file was made of, and what it holds. */
function rootTroubles(manifest, root, packages) {
  const found = [];
  for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    const asked = manifest[group] ?? {};
    const locked = root[group] ?? {};
    for (const name of new Set([...Object.keys(asked), ...Object.keys(locked)])) {
      const at = `package.json ${group} ${name}`;
      const range = asked[name];
      if (range !== locked[name]) {
        found.push(
          `${at}: expected the same as in package-lock.json (${locked[name] ?? 'none'}), got ${range ?? 'none'}`,
        );
      } else if (!isOfRegistry(range)) found.push(`${at}: expected a version of the registry, got ${range}`);
      else if (
        !satisfies(packages.get(`node_modules/${name}`)?.version ?? '', range.replace(/^npm:.+@/, ''))
      ) {
        const version = packages.get(`node_modules/${name}`)?.version;
        found.push(`${at}: expected ${range} in package-lock.json, got ${version ?? 'none'}`);
      }
    }
  }
  return found;
}

/** No git, no file, no address: a range, or another name for a package of the registry. */
function isOfRegistry(range) {
  return /^(?:npm:(?:@[\w.-]+\/)?[\w.-]+@)?[\w\s.^~<>=|*+-]*$/.test(range);
}

/** Of package.json alone, where a range is exact, `^`, `~` or `>=`. */
function satisfies(version, range) {
  const [, operator = '', wanted = ''] = /^(\^|~|>=)?(.*)$/.exec(range) ?? [];
  if (!EXACT.test(version)) return false;
  if (operator === '') return version === wanted;
  const [has, least] = [version, wanted].map((text) => text.split(/[.+-]/).slice(0, 3).map(Number));
  const isAtLeast = compare(has, least) >= 0;
  if (operator === '>=') return isAtLeast;
  // `^` keeps the first number that is not 0, `~` the first two.
  const kept = operator === '~' ? 2 : Math.max(1, least.findIndex((part) => part !== 0) + 1);
  return isAtLeast && compare(has.slice(0, kept), least.slice(0, kept)) === 0;
}

function compare(one, other) {
  const at = one.findIndex((part, index) => part !== other[index]);
  return at < 0 ? 0 : one[at] - other[at];
}
