/**
 * Prints what each function weighs after `serverless package`: the bundle, which a cold start reads, and the zip, which
 * a deploy uploads.
 *
 *     node scripts/bundle-sizes.mjs [FOLDER]        FOLDER is .serverless unless given
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '.serverless';
const zips = readdirSync(folder).filter((name) => name.endsWith('.zip') && name !== 'custom-resources.zip');
if (zips.length === 0)
  throw new Error(`Expected zips in ${folder}, found none: run "serverless package" first`);

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(0)} KB`.padStart(9);
console.log(`${'function'.padEnd(14)}${'bundle'.padStart(9)}${'zip'.padStart(9)}`);
for (const name of zips) {
  const zip = readFileSync(join(folder, name));
  for (const { path, size } of entries(zip).filter((entry) => entry.path.endsWith('.mjs'))) {
    const label = path.replace(/^.*\//, '').replace(/\.mjs$/, '');
    console.log(`${label.padEnd(14)}${kilobytes(size)}${kilobytes(zip.length)}`);
  }
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
    });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return found;
}
