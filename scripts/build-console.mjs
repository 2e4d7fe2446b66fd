/**
 * Builds the page: bundles the script and the style of src/console for browsers and copies the rest.
 *
 *     node scripts/build-console.mjs [FOLDER]     default dist/src/console
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = fileURLToPath(new URL('../src/console', import.meta.url));
const folder = resolve(process.argv[2] ?? fileURLToPath(new URL('../dist/src/console', import.meta.url)));

await mkdir(folder, { recursive: true });
await build({
  entryPoints: [join(source, 'app.ts'), join(source, 'style.css')],
  outdir: folder,
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: ['es2022'],
  minify: true,
  legalComments: 'inline',
  logLevel: 'warning',
});
for (const file of ['index.html', 'icon.svg']) await copyFile(join(source, file), join(folder, file));
