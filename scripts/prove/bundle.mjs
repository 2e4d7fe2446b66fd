import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Bundles `scripts/NAME/main.ts` with the sources of today into `.esbuild/NAME`, and runs its `main` in this process.
 * Every file of `processes/` becomes a program of its own beside the bundle, for proofs that start real processes.
 * @param {'prove' | 'attack'} name
 * @param {readonly string[]} args
 */
export async function bundleAndRun(name, args) {
  const here = `${root}scripts/${name}/`;
  const outdir = `${root}.esbuild/${name}`;
  const processes = existsSync(`${here}processes`)
    ? readdirSync(`${here}processes`).filter((file) => file.endsWith('.ts'))
    : [];

  // Set before any AWS client is loaded, here and in every process started from here.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  // A stack names the lines of the sources, not of the bundle.
  process.setSourceMapsEnabled(true);

  await build({
    absWorkingDir: root,
    entryPoints: [`${here}main.ts`, ...processes.map((file) => `${here}processes/${file}`)],
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
  await main(args);
}
