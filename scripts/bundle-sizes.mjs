/**
 * Prints what each function weighs after `serverless package`: the bundle, which a cold start reads, the zip, which a
 * deploy uploads, and how long Node takes to load the bundle here (a cold start on Lambda is this and what Lambda adds).
 * Exits with 1 when a bundle of ours is larger than it may be.
 *
 *     node scripts/bundle-sizes.mjs [FOLDER]        FOLDER is .serverless unless given
 */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

/**
 * Most KB of a bundle, minified, of a project without code of its own: what it weighs today and a twentieth. Of each,
 * 176 KB are the SDK's client of DynamoDB and 42 KB are pino; of those that read the schema, 145 KB are graphql and 41 KB
 * the schema's own code (docs/deploy.md, "Bundles").
 */
const LIMITS = new Map([
  ['connect', { kilobytes: 325, reason: 'the relay table and credentials; no schema' }],
  ['disconnect', { kilobytes: 275, reason: 'the relay table alone' }],
  ['gap', { kilobytes: 335, reason: 'the relay table and @connections; no schema' }],
  ['keepalive', { kilobytes: 335, reason: 'the relay table and @connections; no schema' }],
  ['deliver', { kilobytes: 345, reason: 'the relay table and @connections; no schema' }],
  ['stream', { kilobytes: 605, reason: 'the schema and delivery; nobody is let in and no query is run' }],
  ['subscribe', { kilobytes: 705, reason: 'everything: queries and mutations come over the socket too' }],
  ['graphql', { kilobytes: 695, reason: 'everything but the dialects' }],
]);

/** Fresh processes that load each bundle; the median of them is printed. */
const LOADS = 5;

const folder = process.argv[2] ?? '.serverless';
const zips = readdirSync(folder).filter((name) => name.endsWith('.zip') && name !== 'custom-resources.zip');
if (zips.length === 0)
  throw new Error(`Expected zips in ${folder}, found none: run "serverless package" first`);

const variables = environments();
const bundles = zips.flatMap((name) => {
  const zip = readFileSync(join(folder, name));
  const files = entries(zip);
  return files
    .filter(({ path }) => path.endsWith('.mjs'))
    .map((file) => ({
      label: file.path.replace(/^.*\//, '').replace(/\.mjs$/, ''),
      path: file.path,
      size: file.size,
      zipped: zip.length,
      times: [],
      unpack: (place) => {
        for (const each of files) {
          mkdirSync(join(place, dirname(each.path)), { recursive: true });
          writeFileSync(join(place, each.path), contentOf(zip, each));
        }
      },
    }));
});

measureLoads();

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(0)} KB`;
const columns = (label, ...rest) => label.padEnd(14) + rest.map((text) => text.padStart(10)).join('');
console.log(columns('function', 'bundle', 'zip', 'load', 'limit'));
const tooLarge = [];
for (const { label, path, size, zipped, times } of bundles) {
  const limit = ownName(path) && LIMITS.get(label);
  const load = times.length > 0 ? `${times.sort((a, b) => a - b)[times.length >> 1].toFixed(0)} ms` : '-';
  const most = limit ? `${limit.kilobytes} KB` : '-';
  console.log(columns(label, kilobytes(size), kilobytes(zipped), load, most));
  if (limit && size > limit.kilobytes * 1024) tooLarge.push({ label, size, limit });
}
for (const { label, size, limit } of tooLarge) {
  console.error(
    `${label}: expected a bundle of at most ${limit.kilobytes} KB (${limit.reason}), got ${kilobytes(size)}. What is in it: esbuild --metafile; what may be left out: src/deploy/stand-ins.ts`,
  );
}
if (tooLarge.length > 0) process.exitCode = 1;

/** Ours lie in these two folders (`handlersFolder` of serverless.cjs); a project's own functions may be of any size. */
function ownName(path) {
  return path.startsWith('handlers/') || path.startsWith('node_modules/tablecast/dist/handlers/');
}

/** Fills in `times`, in ms: one round after the other, so that a slow moment of the machine is everybody's. */
function measureLoads() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'tablecast-load-')));
  try {
    for (const [number, bundle] of bundles.entries()) bundle.unpack(join(root, String(number)));
    for (let round = 0; round < LOADS; round += 1) {
      for (const [number, { path, times }] of bundles.entries()) {
        const time = loadOnce(join(root, String(number)), path);
        if (time !== undefined) times.push(time);
      }
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** @returns ms, or undefined for a function that does not load outside of AWS */
function loadOnce(cwd, path) {
  const script = `const start = performance.now(); await import('./${path}'); process.stdout.write('\\n' + (performance.now() - start)); process.exit();`;
  const env = { PATH: process.env.PATH, ...variables.get(path.replace(/\.mjs$/, '')) };
  try {
    const args = ['--no-warnings', '--input-type=module', '-e', script];
    const printed = execFileSync(process.execPath, args, { cwd, env, encoding: 'utf8', timeout: 30_000 });
    return Number(printed.slice(printed.lastIndexOf('\n') + 1));
  } catch {
    return undefined;
  }
}

/** What Lambda and the template give each function, by its handler without the name of its export. */
function environments() {
  const template = JSON.parse(
    readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8'),
  );
  const lambda = {
    AWS_REGION: 'us-east-1',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const functions = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  return new Map(
    functions.map(({ Properties: { Handler, Environment } }) => [
      String(Handler).replace(/\.[^./]*$/, ''),
      { ...lambda, ...texts(Environment?.Variables ?? {}) },
    ]),
  );
}

/** What is only known once deployed is of no use here, but has to be there. */
function texts(given) {
  const unknown = 'known-once-deployed';
  const known = Object.entries(given).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : unknown,
  ]);
  return Object.fromEntries(known);
}

/** The central directory of a zip. @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3.12, 4.3.16 */
function entries(zip) {
  const end = zip.lastIndexOf(Buffer.from('504b0506', 'hex'));
  const found = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameLength = zip.readUInt16LE(at + 28);
    found.push({
      path: zip.toString('utf8', at + 46, at + 46 + nameLength),
      size: zip.readUInt32LE(at + 24),
      packed: zip.readUInt32LE(at + 20),
      isDeflated: zip.readUInt16LE(at + 10) === 8,
      start: zip.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return found;
}

/** What stands behind a file's own header. @see the same, 4.3.7 */
function contentOf(zip, { start, packed, isDeflated }) {
  const from = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28);
  const data = zip.subarray(from, from + packed);
  return isDeflated ? inflateRawSync(data) : data;
}
