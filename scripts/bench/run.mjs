/**
 * `npm run bench`: bundles the benchmark with the sources of today and runs it. See docs/benchmarks/README.md.
 *
 *     node scripts/bench/run.mjs [--case NAME]… [--rounds N] [--json] [--write] [--help]
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const outdir = path('../../.esbuild/bench');
/** Each runs in a process of its own. A case has its own beside it: `cases/NAME-worker.ts`. */
const processes = [
  'main.ts',
  'program-worker.ts',
  'isolation-worker.ts',
  'servers/sink.ts',
  'servers/dynamodb.ts',
];
const workers = readdirSync(path('cases')).filter((name) => name.endsWith('-worker.ts'));

await build({
  entryPoints: [...processes, ...workers.map((name) => `cases/${name}`)].map(path),
  // All beside one another, so that one finds another by its name.
  entryNames: '[name]',
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
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});
