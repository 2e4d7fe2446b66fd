import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';

/** What `start --json` prints. */
export interface Ready {
  readonly ws: string;
  readonly http: string;
  readonly dynamodb: string;
  readonly region: string;
  readonly apiKey: string;
  readonly tables: readonly string[];
}

export interface LocalLoop {
  readonly ready: Ready;
  /** Interrupts it as Ctrl-C does and waits for its end. */
  stop(): Promise<void>;
}

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

const READY_WITHIN_MS = 90_000;
const STOPPED_WITHIN_MS = 15_000;

/** Starts what `npm start` starts, as built, on free ports, with nothing kept. */
export async function startLocalLoop(): Promise<LocalLoop> {
  const [http, ws, dynamodb] = [await getPort(), await getPort(), await getPort()];
  const ports = ['--http-port', http, '--ws-port', ws, '--dynamodb-port', dynamodb].map(String);
  const child = spawn(
    process.execPath,
    ['dist/src/cli/main.js', 'start', '--json', '--in-memory', ...ports],
    { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const stop = () => stopped(child);
  try {
    return { ready: await readyLine(child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readyLine(child: ChildProcess): Promise<Ready> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('expected piped output');
  const complaints = text(stderr);
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`not ready within ${READY_WITHIN_MS} ms`)),
      READY_WITHIN_MS,
    );
    child.once('exit', async (code) => reject(new Error(`ended with ${code}: ${await complaints}`)));
    let printed = '';
    stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
      const line = printed.split('\n').find((candidate) => candidate.startsWith('{"ready":true'));
      if (line === undefined || !printed.includes(`${line}\n`)) return;
      clearTimeout(late);
      resolve(JSON.parse(line));
    });
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), STOPPED_WITHIN_MS);
  await gone;
  clearTimeout(forced);
}
