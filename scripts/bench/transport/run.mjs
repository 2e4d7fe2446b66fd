/**
 * Measures the ways to speak to @connections beside each other (docs/transport.md): each bundled as a function is, run in
 * fresh processes, in turns, against a TLS server on loopback.
 *
 *     node scripts/bench/transport/run.mjs [--rounds N] [--case warm|latency|cold]
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const outdir = here('../../../.esbuild/bench-transport');
const common = {
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
};
const REQUIRE = "import{createRequire as $require}from'node:module';const require=$require(import.meta.url);";

await build({ ...common, entryPoints: [here('main.ts'), here('sink.ts')], packages: 'external' });
const variants = async (names, options) => {
  const entryPoints = names.map((name) => here(`variants/${name}.ts`));
  const settings = {
    ...common,
    entryPoints,
    banner: { js: REQUIRE },
    minify: true,
    metafile: true,
    ...options,
  };
  const { metafile } = await build(settings);
  return Object.entries(metafile.outputs).map(([path, { bytes }]) => [
    path.replace(/^.*\/|\.mjs$/g, ''),
    bytes,
  ]);
};
const sizes = Object.fromEntries([
  ...(await variants(['sdk'], {})),
  // The chain of credentials, which these load only when they are given none, comes with the DynamoDB client anyway.
  ...(await variants(['lean-https', 'lean-wire'], { external: ['@aws-sdk/credential-provider-node'] })),
]);

const child = spawn(
  process.execPath,
  ['--no-warnings', `${outdir}/main.mjs`, JSON.stringify(sizes), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
