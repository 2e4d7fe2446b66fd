import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { benchIsolation, ISOLATION_METHOD, printedIsolation } from './isolation.ts';
import type { Assignment, VariantName } from './messages.ts';
import { type Measurement, measure, type Sink, startSink } from './processes.ts';
import { printed, reportOf } from './report.ts';

const WORKLOAD = { concurrency: 64, connections: 128, batchSize: 8, warmUpBatches: 2, batches: 3 } as const;
const VARIANTS: readonly VariantName[] = ['tablecast', 'transport', 'sdk-loop'];

/** Runs from `.esbuild/bench`; the certificate stays with the sources. */
const tlsFile = (name: string) => fileURLToPath(new URL(`../../scripts/bench/${name}`, import.meta.url));
const KEY_FILE = tlsFile('benchmark-only-self-signed.key.pem');
const CERT_FILE = tlsFile('benchmark-only-self-signed.cert.pem');

const EACH = WORKLOAD.batchSize * WORKLOAD.connections;
const METHOD = `Method: ${WORKLOAD.connections} connections with one subscription each, all matching; inserts in batches of ${WORKLOAD.batchSize};
${WORKLOAD.batches * EACH} deliveries a measurement after ${WORKLOAD.warmUpBatches * EACH} to warm up; ${WORKLOAD.concurrency} posts at once; TLS on loopback to a sink in a
process of its own. Each measurement is a fresh process; variants are interleaved in every round, in turning order.
CPU is user and system time of the measured process. The sink compares what each variant delivered to whom: a
difference fails the run. No network, no AWS.
  tablecast  stream records in: decode, match, render, @connections; memory registry
  transport  ready frames through the same @connections transport, without the pipeline
  sdk-loop   ready frames through an AWS SDK v3 client as it comes, one command a message`;

async function main(): Promise<void> {
  const program = new Command('npm run bench --')
    .description('Deliveries per second and CPU per delivery of the pipeline, beside a plain AWS SDK loop.')
    .addOption(
      new Option(
        '--case <name>',
        'cost: what a delivery costs · isolation: what troubled connections cost others',
      )
        .choices(['cost', 'isolation'])
        .default('cost'),
    )
    .option('--rounds <n>', 'rounds, each measuring every variant once', positive, 3)
    .option('--json', 'print one JSON object instead of text')
    .addHelpText('after', `\nCase cost. ${METHOD}\n\nCase isolation. ${ISOLATION_METHOD}`);
  const options = program.parse().opts<{ case: 'cost' | 'isolation'; rounds: number; json?: boolean }>();
  const { rounds, json = false } = options;
  if (options.case === 'isolation') {
    const report = await benchIsolation(rounds, (round) => showRound(round, rounds));
    clearRound();
    const text = json ? JSON.stringify({ ...report, method: ISOLATION_METHOD }) : printedIsolation(report);
    process.stdout.write(`${text}\n`);
    return;
  }

  const sink = await startSink(readFileSync(KEY_FILE, 'utf8'), readFileSync(CERT_FILE, 'utf8'));
  try {
    const results: Map<VariantName, Measurement>[] = [];
    for (let round = 0; round < rounds; round += 1) {
      showRound(round + 1, rounds);
      results.push(await measureRound(round, sink));
    }
    clearRound();
    const report = reportOf(results);
    process.stdout.write(
      `${json ? JSON.stringify({ ...report, method: METHOD }) : printed(report, METHOD)}\n`,
    );
  } finally {
    sink.stop();
  }
}

function showRound(round: number, rounds: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\rround ${round} of ${rounds} `);
}

function clearRound(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}

/** Each variant once, starting with another one each round, so that none is always first. */
async function measureRound(round: number, sink: Sink): Promise<Map<VariantName, Measurement>> {
  const results = new Map<VariantName, Measurement>();
  for (let turn = 0; turn < VARIANTS.length; turn += 1) {
    const variant = VARIANTS[(round + turn) % VARIANTS.length] as VariantName;
    const assignment: Assignment = { ...WORKLOAD, variant, endpoint: sink.endpoint };
    results.set(variant, await measure(assignment, sink, CERT_FILE));
  }
  const expected = WORKLOAD.batches * WORKLOAD.batchSize * WORKLOAD.connections;
  const digests = [...results].map(([variant, { digest }]) => ({ variant, ...digest }));
  const same = digests.every(({ posts, sha256 }) => posts === expected && sha256 === digests[0]?.sha256);
  if (!same) {
    throw new Error(
      `expected every variant to deliver the same ${expected} frames, got ${JSON.stringify(digests)}`,
    );
  }
  return results;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError(`expected a whole number of at least 1, got ${JSON.stringify(text)}`);
  }
  return value;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
