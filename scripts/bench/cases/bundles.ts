import { execFile } from 'node:child_process';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { esbuildOptions } from '../../../src/deploy/bundling.ts';
import type { BenchCase, BenchOptions, CaseReport, TargetRow } from '../case.ts';
import { type Spread, spread } from '../statistics.ts';

const run = promisify(execFile);

/** The bundle of the benchmark stands in `.esbuild/bench`. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OUT = join(ROOT, '.esbuild/bench/bundles');

/** Those the target is set for, and the others. */
const TARGETED = ['connect', 'subscribe', 'disconnect', 'stream'] as const;
const OTHERS = ['deliver', 'gap', 'graphql', 'keepalive'] as const;
const MOST_KILOBYTES = 500;
const MOST_MS = 60;
/** Loads of each at the least, whatever the rounds of the other cases: one costs a fifth of a second. */
const LEAST_ROUNDS = 5;

/** What is loaded beside the bundles, as packages from node_modules: what a function without a bundler starts with. */
const UNBUNDLED = [
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/client-apigatewaymanagementapi',
  'graphql/index.mjs',
] as const;

const SCHEMA = 'type Todo @table(name: "Todos") { id: ID! title: String! completed: Boolean }\n';

/** What a function has around it; nothing is asked of AWS while one loads. */
const ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '',
  AWS_REGION: 'us-east-1',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  TABLECAST_RELAY_TABLE: 'relay',
  TABLECAST_API_ID: 'api',
  TABLECAST_PAGE_SECRET: 'known-once-deployed',
};

/** Bundles every function as serverless-esbuild does for a deploy. @returns bytes of each, in the order of `names` */
async function bundleAll(names: readonly string[]): Promise<readonly number[]> {
  await rm(OUT, { recursive: true, force: true });
  await mkdir(OUT, { recursive: true });
  await writeFile(join(OUT, 'schema.graphql'), SCHEMA);
  const options = esbuildOptions({
    graphql: dirname(fileURLToPath(import.meta.resolve('graphql/package.json'))),
    project: join(ROOT, 'src/no-project.ts'),
    ownCode: false,
    handlers: 'handlers',
    offline: false,
    fanOut: false,
    sdkTransport: false,
  });
  return Promise.all(
    names.map(async (name) => {
      const entryPoints = [`handlers/${name}.ts`];
      await build({ ...options, absWorkingDir: ROOT, entryPoints, outdir: OUT, logLevel: 'warning' });
      return (await stat(join(OUT, `${name}.mjs`))).size;
    }),
  );
}

/** A fresh process that imports one thing. @returns ms from before the import to after it */
async function load(specifier: string, cwd: string, signal: AbortSignal): Promise<number> {
  const script = `const start = performance.now(); await import(${JSON.stringify(specifier)}); process.stdout.write('\\n' + (performance.now() - start)); process.exit();`;
  const args = ['--no-warnings', '--input-type=module', '-e', script];
  const { stdout } = await run(process.execPath, args, { cwd, env: ENVIRONMENT, signal, timeout: 30_000 });
  return Number(stdout.slice(stdout.lastIndexOf('\n') + 1));
}

const ms = ({ median, min, max }: Spread) => `${median.toFixed(0)} ms (${min.toFixed(0)}–${max.toFixed(0)})`;

async function measure({ rounds, progress, signal }: BenchOptions): Promise<CaseReport> {
  progress('bundling the functions');
  const names = [...TARGETED, ...OTHERS];
  const sizes = await bundleAll(names);
  const loaded = [
    ...names.map((name) => ({ name, specifier: pathToFileURL(join(OUT, `${name}.mjs`)).href, cwd: OUT })),
    ...UNBUNDLED.map((name) => ({ name, specifier: name, cwd: ROOT })),
  ];
  const times = new Map<string, number[]>(loaded.map(({ name }) => [name, []]));
  const total = Math.max(rounds, LEAST_ROUNDS);
  for (let round = 0; round < total; round += 1) {
    progress(`loading each in a fresh process, round ${round + 1} of ${total}`);
    for (let step = 0; step < loaded.length; step += 1) {
      const each = loaded[(round + step) % loaded.length];
      if (each) times.get(each.name)?.push(await load(each.specifier, each.cwd, signal));
    }
  }
  const timeOf = (name: string) => spread(times.get(name) ?? []);
  const kilobytes = (index: number) => (sizes[index] ?? 0) / 1024;
  const beside = UNBUNDLED.map((name) => `${name.replace('/index.mjs', '')} ${ms(timeOf(name))}`).join(' · ');
  const targets = TARGETED.map(
    (name, index): TargetRow => ({
      id: 'P9',
      figure: `bundle of ${name}: size, and time to load in a fresh process`,
      target: `≤ ${MOST_KILOBYTES} KB, ≤ ${MOST_MS} ms`,
      measured: `${kilobytes(index).toFixed(0)} KB, ${ms(timeOf(name))}`,
      peer: `unbundled, the package alone: ${beside}`,
      met: kilobytes(index) <= MOST_KILOBYTES && timeOf(name).median <= MOST_MS,
      command: 'npm run bench -- --case bundles',
    }),
  );
  const rows = loaded.map(({ name }, index) => ({
    label: name,
    figures: new Map<string, Spread | string>([
      ['KB', index < sizes.length ? kilobytes(index).toFixed(0) : '-'],
      ['load ms', timeOf(name)],
    ]),
  }));
  return {
    case: 'bundles',
    targets,
    rows,
    charts: [],
    method: `Each function of a project without code of its own is bundled by esbuild as a deploy bundles it (minified, the AWS SDK inside), and imported ${total} times in a fresh process with the environment it has on Lambda: reading and running the modules, and what they do at once, such as reading the schema. Beside it, packages imported from node_modules in the same way. Rounds are interleaved, and each begins with another one. On Lambda the start of the sandbox and of Node come on top.`,
  };
}

/** P9: what the bundle of each function weighs, and how long it takes to load. */
export const bundles: BenchCase = {
  name: 'bundles',
  about: 'size of each function’s bundle, and how long it takes to load (P9)',
  isDefault: true,
  run: measure,
};
