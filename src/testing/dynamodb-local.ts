import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { TablecastError } from '../errors.ts';

/** How DynamoDB Local is started. */
export interface DynamoDBLocalOptions {
  /** Port to listen on; a free one by default. */
  readonly port?: number;
  /** Folder to keep the data in; by default everything is in memory and gone with the process. */
  readonly dataDir?: string;
  /** How long to wait for the first answer, in ms. Default 30 000. */
  readonly startTimeoutMs?: number;
  /**
   * Puts the process in a group of its own, so that Ctrl-C in a terminal reaches only whoever started it.
   * Default false.
   */
  readonly ownGroup?: boolean;
  /** Told the process as soon as there is one, which is seconds before it answers. */
  readonly onSpawn?: (pid: number) => void;
  /** Breaks off the starting: the process is killed and the start rejects. Of no effect once it has resolved. */
  readonly signal?: AbortSignal;
}

/** A DynamoDB Local that answers, until it is stopped. */
export interface DynamoDBLocal {
  readonly endpoint: string;
  readonly port: number;
  readonly pid: number;
  /** The process, for those who supervise it. */
  readonly process: ChildProcess;
  /** Stops the process (SIGTERM, SIGKILL after `graceMs`, default 3 000) and resolves once it is gone. Idempotent. */
  stop(graceMs?: number): Promise<void>;
}

/** Access keys DynamoDB Local takes (a hyphen is refused). */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

/** Region named to DynamoDB Local; with `-sharedDb` it makes no difference to the data. */
export const LOCAL_REGION = 'us-east-1';

/**
 * Starts Amazon's own DynamoDB Local (Streams and TTL included) from the jar that npm installed.
 * @throws TablecastError `LOCAL_STACK` when Java is missing, the jar is not installed, or nothing answers in time.
 */
export async function startDynamoDBLocal(options: DynamoDBLocalOptions = {}): Promise<DynamoDBLocal> {
  const home = emulatorHome();
  const port = options.port ?? (await getPort());
  if (options.dataDir) mkdirSync(options.dataDir, { recursive: true });
  const storage = options.dataDir ? ['-dbPath', resolve(options.dataDir)] : ['-inMemory'];
  const child = spawn(
    'java',
    [
      // Half the processor time until the first answer; what a local loop asks of it never pays the optimiser back.
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      `-Djava.library.path=${join(home, 'DynamoDBLocal_lib')}`,
      '-jar',
      join(home, 'DynamoDBLocal.jar'),
      ...storage,
      '-sharedDb',
      '-disableTelemetry',
      '-port',
      String(port),
    ],
    // It drops a metadata file into its working directory.
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: options.dataDir ?? tmpdir(),
      detached: options.ownGroup ?? false,
    },
  );
  const { pid } = child;
  if (pid !== undefined) options.onSpawn?.(pid);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-2_000);
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(javaMissing(cause)));
    child.once('exit', (code) =>
      reject(
        new TablecastError('LOCAL_STACK', `DynamoDB Local stopped at start (exit ${code}): ${stderr.trim()}`),
      ),
    );
  });
  failed.catch(() => {});
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = (graceMs = 3_000) => stopProcess(child, graceMs);
  const giveUp = () => child.kill('SIGKILL');
  options.signal?.addEventListener('abort', giveUp, { once: true });
  if (options.signal?.aborted) giveUp();
  try {
    await Promise.race([failed, answers(endpoint, options.startTimeoutMs ?? 30_000, child)]);
    if (pid === undefined) return await failed;
    return { endpoint, port, pid, process: child, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
  }
}

function emulatorHome(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve('amplify-dynamodb-simulator/package.json');
    const home = join(dirname(manifest), 'emulator');
    if (existsSync(join(home, 'DynamoDBLocal.jar'))) return home;
  } catch {
    // Told below in one sentence whichever way it is missing.
  }
  throw new TablecastError(
    'LOCAL_STACK',
    'DynamoDB Local is not installed: add amplify-dynamodb-simulator@2.9.30 to devDependencies, or set DYNAMODB_ENDPOINT to one that is already running.',
  );
}

function javaMissing(cause: Error): TablecastError {
  return new TablecastError(
    'LOCAL_STACK',
    `DynamoDB Local needs Java 11 or newer, and "java" did not start (${cause.message}): install it, or set DYNAMODB_ENDPOINT to a DynamoDB Local that is already running.`,
    { cause },
  );
}

async function answers(endpoint: string, timeoutMs: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      // Any HTTP answer will do: unsigned, it is a 400 that says so.
      await fetch(endpoint, { method: 'POST', signal: AbortSignal.timeout(1_000) });
      return;
    } catch (cause) {
      // Its end is told by another; here it only means that nothing will answer any more.
      if (child.exitCode !== null || child.signalCode !== null) return;
      if (Date.now() > deadline) {
        throw new TablecastError(
          'LOCAL_STACK',
          `DynamoDB Local did not answer at ${endpoint} within ${timeoutMs} ms`,
          {
            cause,
          },
        );
      }
      await sleep(100);
    }
  }
}

async function stopProcess(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await gone;
  clearTimeout(forced);
}
