/**
 * `npm run bench`: bundles the benchmark with the sources of today and runs it. See docs/benchmarks.md.
 *
 *     node scripts/bench/run.mjs [--case cost|isolation] [--rounds N] [--json] [--help]
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const entry = (name) => fileURLToPath(new URL(`${name}.ts`, import.meta.url));
const outdir = fileURLToPath(new URL('../../.esbuild/bench', import.meta.url));

await build({
  entryPoints: ['main', 'sink', 'worker', 'isolation-worker'].map(entry),
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
});

const child = spawn(process.execPath, ['--no-warnings', `${outdir}/main.mjs`, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
