import { Command, InvalidArgumentError, Option } from 'commander';
import type { BenchCase, CaseReport } from './case.ts';
import { matrix, matrixLatency } from './cases/matrix.ts';
import { CASES } from './cases.ts';
import { installPeers, leavePeersOut } from './peers/install.ts';
import { stopAll } from './processes.ts';
import { type BenchReport, reportOf } from './report/report.ts';
import { printed } from './report/text.ts';
import { writeDocuments } from './report/write.ts';

/** Rounds that give a median a middle. */
const DEFAULT_ROUNDS = 2;
const INTERRUPTED = 130;
const ERASE_LINE = '\r\u001b[K';

interface Options {
  readonly case?: readonly string[];
  readonly rounds: number;
  readonly json?: true;
  readonly write?: true;
  readonly latency?: true;
  /** Commander's form of `--no-peers`. */
  readonly peers: boolean;
}

async function main(): Promise<void> {
  const options = readOptions();
  const controller = new AbortController();
  const { signal } = controller;
  const stop = () => {
    controller.abort();
    stopAll();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop);
  try {
    const report = await runCases(chosen(options), options, signal);
    process.stdout.write(`${options.json ? JSON.stringify(report) : printed(report)}\n`);
    if (options.write) for (const file of writeDocuments(report)) show(`written: ${file}\n`);
  } catch (error) {
    if (!signal.aborted) throw error;
    show('stopped\n');
    process.exitCode = INTERRUPTED;
  } finally {
    stopAll();
  }
}

async function runCases(
  cases: readonly BenchCase[],
  { rounds, peers }: Pick<Options, 'rounds' | 'peers'>,
  signal: AbortSignal,
): Promise<BenchReport> {
  if (!peers) leavePeersOut();
  else await installPeers((text) => show(`${text}\n`), signal);
  const from = Date.now();
  const reports: CaseReport[] = [];
  for (const one of cases) {
    const begun = Date.now();
    const progress = (text: string) => void (process.stderr.isTTY && show(`${one.name}: ${text}`));
    show(process.stderr.isTTY ? `${one.name}: begins` : `${one.name}: begins\n`);
    const running = one.run({ rounds, progress, signal });
    reports.push(await Promise.race([running, aborted(signal)]));
    show(`${one.name}: ${((Date.now() - begun) / 1_000).toFixed(1)} s\n`);
  }
  return reportOf(reports, { rounds, seconds: (Date.now() - from) / 1_000 });
}

/** Rejects when the run is to end: a case may be waiting for something that nobody stops. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );
}

function show(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `${ERASE_LINE}${text}` : text);
}

function chosen({ case: names, latency }: Options): readonly BenchCase[] {
  const wanted = names
    ? CASES.filter(({ name }) => names.includes(name))
    : CASES.filter(({ isDefault }) => isDefault);
  return latency ? wanted.map((one) => (one === matrix ? matrixLatency : one)) : wanted;
}

function readOptions(): Options {
  const names = CASES.map(({ name }) => name);
  const width = Math.max(...names.map(({ length }) => length));
  const list = CASES.map(
    ({ name, about, isDefault }) =>
      `  ${name.padEnd(width)}  ${about}${isDefault ? '' : ' [only when asked for]'}`,
  );
  const program = new Command('npm run bench --')
    .description(
      'Measures the targets, ours beside the peers, in one run. No AWS; the network only to install the peers.',
    )
    .addOption(
      new Option('--case <name>', 'only this case; may be given again')
        .choices(names)
        .argParser((name: string, before: readonly string[] | undefined) => {
          if (!names.includes(name)) throw new InvalidArgumentError(`expected one of ${names.join(', ')}`);
          return [...(before ?? []), name];
        }),
    )
    .option('--rounds <n>', 'rounds, each measuring every program', positive, DEFAULT_ROUNDS)
    .option('--latency', 'case matrix with answers as late as AWS is taken to give them')
    .option('--no-peers', 'without the peers: nothing is installed')
    .option('--json', 'print one JSON object instead of text')
    .option('--write', 'put the table and the charts into docs/benchmarks')
    .addHelpText('after', `\nCases:\n${list.join('\n')}\n\nSee docs/benchmarks/README.md.`);
  return program.parse().opts<Options>();
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError(`expected a whole number of at least 1, got ${JSON.stringify(text)}`);
  return value;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
