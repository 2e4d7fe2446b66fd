/**
 * Builds the pages: bundles the scripts and styles of src/console and src/console/graphiql for browsers and copies the
 * rest.
 *
 *     node scripts/build-console.mjs [FOLDER]     default dist/src/console
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = fileURLToPath(new URL('../src/console', import.meta.url));
const folder = resolve(process.argv[2] ?? fileURLToPath(new URL('../dist/src/console', import.meta.url)));
const graphiql = join(folder, 'graphiql');

const options = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: ['es2022'],
  minify: true,
  legalComments: 'inline',
  logLevel: 'warning',
};

/** The page of subscriptions. */
const page = {
  ...options,
  entryPoints: [join(source, 'app.ts'), join(source, 'style.css')],
  outdir: folder,
};

/** GraphiQL. Its style sheet holds the editor's too, so that what the editor's modules import of it is left out. */
const explorer = {
  ...options,
  entryPoints: [join(source, 'graphiql/app.ts')],
  outdir: graphiql,
  loader: { '.css': 'empty' },
  define: { 'process.env.NODE_ENV': '"production"' },
};
const explorerStyle = { ...options, entryPoints: [join(source, 'graphiql/style.css')], outdir: graphiql };

/** What checks and completes text in GraphiQL's editors, each in a thread of its own. */
const workers = {
  ...options,
  format: 'iife',
  entryPoints: {
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
  },
  absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
  outdir: graphiql,
};

await mkdir(graphiql, { recursive: true });
await Promise.all([page, explorer, explorerStyle, workers].map((each) => build(each)));
for (const file of ['index.html', 'icon.svg', 'graphiql/index.html']) {
  await copyFile(join(source, file), join(folder, file));
}
