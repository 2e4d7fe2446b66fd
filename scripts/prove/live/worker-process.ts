import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { systemClock } from '../../../src/adapters/clock.ts';
import type { MemoryReport } from './memory.ts';

export interface WorkerOptions {
  /** Working directory: the project, with its schema. */
  readonly folder: string;
  /** All of its environment but the port of `/healthz`. */
  readonly env: Readonly<Record<string, string>>;
  /** Has it tell what memory it holds, when asked. Default false. */
  readonly reportsMemory?: boolean;
  readonly signal: AbortSignal;
}

/** How a process ended: its exit code, or the signal that killed it. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running `tablecast worker`. */
export interface WorkerProcess {
  readonly pid: number;
  /** Resolves once it has ended, however it does. */
  readonly ended: Promise<Ended>;
  /** Resolves once `/healthz` says that it takes part; rejects when it ends before, or takes too long. */
  ready(): Promise<void>;
  /** How many shards it reads at the moment; 0 when it does not answer. */
  shards(): Promise<number>;
  memory(): Promise<MemoryReport>;
  send(signal: NodeJS.Signals): void;
  /** What it last logged, for a trace. */
  log(): string;
}

const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
const ANSWER_TIMEOUT_MS = 10_000;
const KEPT_CHARACTERS = 6_000;
const PROGRAM = fileURLToPath(new URL('./processes/tablecast.mjs', import.meta.url));
const MEMORY_REPORT = new URL('./processes/memory-report.mjs', import.meta.url).href;

/** Starts a worker as an operator does: one command, environment only. */
export async function startWorker(options: WorkerOptions): Promise<WorkerProcess> {
  const { folder, env, reportsMemory = false, signal } = options;
  const port = await getPort();
  const flags = reportsMemory ? ['--expose-gc', '--import', MEMORY_REPORT] : [];
  const child = spawn(process.execPath, ['--no-warnings', ...flags, PROGRAM, 'worker'], {
    cwd: folder,
    env: { ...env, TABLECAST_WORKER_HOST: '127.0.0.1', TABLECAST_WORKER_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe', ...(reportsMemory ? (['ipc'] as const) : [])],
  });
  const { pid } = child;
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString('utf8')).slice(-KEPT_CHARACTERS);
    });
  }
  const ended = endOf(child);
  if (pid === undefined) {
    await ended;
    throw new Error('expected a worker process, got none');
  }
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  void ended.then(() => process.off('exit', kill));
  return {
    pid,
    ended,
    async ready() {
      const deadline = systemClock.monotonic() + READY_TIMEOUT_MS;
      while (!(await health(port))?.ok) {
        signal.throwIfAborted();
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`expected a worker that takes part, got exit ${child.exitCode}: ${log}`);
        if (systemClock.monotonic() > deadline)
          throw new Error(`expected a worker that takes part within ${READY_TIMEOUT_MS} ms: ${log}`);
        await systemClock.sleep(POLL_MS, signal);
      }
    },
    async shards() {
      return (await health(port))?.shards ?? 0;
    },
    async memory() {
      const answer = once(child, 'message', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      child.send('report');
      const [report]: MemoryReport[] = await answer;
      if (!report) throw new Error('expected a report on memory, got none');
      return report;
    },
    send: (name) => void child.kill(name),
    log: () => log,
  };
}

async function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
}

/** What `/healthz` says; undefined when nobody answers. */
async function health(port: number): Promise<{ readonly ok: boolean; readonly shards: number } | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(2_000) });
    const { ok, tables }: { ok: boolean; tables: readonly { shards: readonly unknown[] }[] } = JSON.parse(
      await response.text(),
    );
    return { ok, shards: tables.reduce((sum, { shards }) => sum + shards.length, 0) };
  } catch {
    return undefined;
  }
}
