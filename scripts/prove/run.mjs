/**
 * `npm run prove`: bundles the proofs with the sources of today and runs them in this process. See docs/proofs.md.
 *
 *     node scripts/prove/run.mjs [--short | --long] [--only T1,T2] [--seed N] [--json] [--list] [--help]
 *
 * Every file of `processes/` becomes a program of its own beside the bundle, for proofs that start real processes.
 */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const outdir = `${root}.esbuild/prove`;
const processes = existsSync(`${here}processes`)
  ? readdirSync(`${here}processes`).filter((name) => name.endsWith('.ts'))
  : [];

// Set before any AWS client is loaded, here and in every process started from here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
// A stack names the lines of the sources, not of the bundle.
process.setSourceMapsEnabled(true);

await build({
  absWorkingDir: root,
  entryPoints: [`${here}main.ts`, ...processes.map((name) => `${here}processes/${name}`)],
  outbase: here,
  outdir,
  outExtension: { '.js': '.mjs' },
  // What a project brings is none here, as in a plain process.
  alias: { 'tablecast/project': `${root}src/no-project.ts` },
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'linked',
  logLevel: 'warning',
});

const { main } = await import(`${outdir}/main.mjs`);
await main(process.argv.slice(2));
