import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Spread, spread } from '../statistics.ts';
import type { Measured, Task } from './measure.ts';

const VARIANTS = ['sdk', 'lean-https', 'lean-wire'] as const;
type Variant = (typeof VARIANTS)[number];

interface Case {
  readonly about: string;
  readonly latencyMs: number;
  readonly concurrency: number;
  readonly warmUp: number;
  readonly posts: number;
}

const CASES: ReadonlyMap<string, Case> = new Map([
  [
    'warm',
    { about: '64 in flight, no latency', latencyMs: 0, concurrency: 64, warmUp: 3_000, posts: 10_000 },
  ],
  [
    'latency',
    {
      about: '256 in flight, 10 ms of service time',
      latencyMs: 10,
      concurrency: 256,
      warmUp: 6_000,
      posts: 30_000,
    },
  ],
  [
    'cold',
    {
      about: 'first 1,000 posts of a fresh process with its load, 64 in flight, 10 ms of service time',
      latencyMs: 10,
      concurrency: 64,
      warmUp: 0,
      posts: 1_000,
    },
  ],
]);

/** Runs from `.esbuild/bench-transport`; the certificate stays with the sources. */
const tlsFile = (name: string) =>
  fileURLToPath(new URL(`../../scripts/bench/benchmark-only-self-signed.${name}.pem`, import.meta.url));
const bundle = (name: string) => fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));
const PATIENCE_MS = 120_000;

async function main(): Promise<void> {
  const [sizesText = '{}', ...args] = process.argv.slice(2);
  const program = new Command('node scripts/bench/transport/run.mjs')
    .description('The ways to speak to @connections, beside each other. See docs/transport.md.')
    .addOption(new Option('--case <name>', 'one case alone').choices([...CASES.keys()]))
    .option('--rounds <n>', 'rounds, each measuring every variant once', positive, 3);
  const options = program.parse(args, { from: 'user' }).opts<{ case?: string; rounds: number }>();
  const sizes: Record<string, number> = JSON.parse(sizesText);
  for (const variant of VARIANTS) {
    console.log(`${variant.padEnd(12)} ${((sizes[variant] ?? 0) / 1024).toFixed(0)} KB minified`);
  }
  for (const [name, plan] of CASES) {
    if (options.case !== undefined && options.case !== name) continue;
    console.log(`\n${name}: ${plan.about}`);
    const results = await runCase(plan, options.rounds);
    for (const [variant, measured] of results) console.log(line(variant, plan, measured));
  }
}

async function runCase(plan: Case, rounds: number): Promise<ReadonlyMap<Variant, Measured[]>> {
  const sink = fork(bundle('sink'), [tlsFile('key'), tlsFile('cert'), String(plan.latencyMs)]);
  try {
    const [port]: unknown[] = await once(sink, 'message');
    const results = new Map<Variant, Measured[]>(VARIANTS.map((variant) => [variant, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (let turn = 0; turn < VARIANTS.length; turn += 1) {
        const variant = VARIANTS[(round + turn) % VARIANTS.length] ?? 'sdk';
        const task: Task = { ...plan, port: Number(port), certFile: tlsFile('cert') };
        results.get(variant)?.push(await runVariant(variant, task));
      }
    }
    return results;
  } finally {
    sink.kill();
  }
}

async function runVariant(variant: Variant, task: Task): Promise<Measured> {
  const args = ['--no-warnings', bundle(variant), JSON.stringify(task)];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    // The SDK takes a certificate of one's own from the environment alone.
    env: { ...process.env, NODE_EXTRA_CA_CERTS: task.certFile },
    timeout: PATIENCE_MS,
  });
  return JSON.parse(stdout);
}

function line(variant: string, { posts }: Case, measured: readonly Measured[]): string {
  const cpu = spread(measured.map(({ cpuMicroseconds }) => cpuMicroseconds / posts));
  const rate = spread(measured.map(({ ms }) => posts / (ms / 1_000)));
  const ms = spread(measured.map((one) => one.ms));
  const columns = [`${shown(cpu)} µs CPU a post`, `${shown(rate)} posts/s`, `${shown(ms)} ms in all`];
  return `${variant.padEnd(12)} ${columns.join('   ')}`;
}

/** Median, and least and most. */
function shown({ median, min, max }: Spread): string {
  return `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`;
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError(`expected a whole number of at least 1, got ${JSON.stringify(text)}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
