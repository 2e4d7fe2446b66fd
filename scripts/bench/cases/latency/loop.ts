import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { execa } from 'execa';
import getPort from 'get-port';
import { LOCAL_CREDENTIALS } from '../../../../src/testing/dynamodb-local.ts';

/** What `tablecast start --json` prints, as far as it is read here. */
export interface Ready {
  readonly ws: string;
  readonly dynamodb: string;
  readonly region: string;
  readonly apiKey: string;
}

/** A running command of the package. */
export interface Running {
  stop(): Promise<void>;
}

/** The bundle of the benchmark stands in `.esbuild/bench`. */
const root = () => fileURLToPath(new URL('../..', import.meta.url));
const command = () => fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** Starts the whole local loop of this repository, in memory, on free ports. */
export async function startLoop(signal: AbortSignal): Promise<Running & { readonly ready: Ready }> {
  if (!existsSync(command()))
    throw new Error('case latency: expected the package to be built: npm run build');
  const ports = ['--http-port', '--ws-port', '--dynamodb-port'];
  const args: string[] = [];
  for (const port of ports) args.push(port, String(await getPort()));
  const child = execa(process.execPath, [command(), 'start', '--json', '--in-memory', ...args], {
    cwd: root(),
    env: { DYNAMODB_ENDPOINT: '', NODE_OPTIONS: '' },
    stdin: 'ignore',
    buffer: { stdout: false },
    reject: false,
    cancelSignal: signal,
    forceKillAfterDelay: 10_000,
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await child;
  };
  const line = new Promise<string>((resolve) =>
    createInterface({ input: child.stdout }).once('line', resolve),
  );
  const ended = child.then(({ exitCode, stderr }) => {
    throw new Error(`expected the local loop to start, got exit code ${exitCode}: ${stderr.slice(-500)}`);
  });
  ended.catch(() => {});
  const ready: Ready = JSON.parse(await Promise.race([line, ended]));
  return { ready, stop };
}

/** Starts `tablecast worker` on the loop's DynamoDB and gateway; resolves once it reads. */
export async function startWorker(
  ready: Ready,
  options: { readonly relayTable: string; readonly pollMs: number; readonly signal: AbortSignal },
): Promise<Running> {
  const child = execa(process.execPath, [command(), 'worker'], {
    cwd: root(),
    env: {
      AWS_REGION: ready.region,
      AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
      DYNAMODB_ENDPOINT: ready.dynamodb,
      TABLECAST_CONNECTIONS_ENDPOINT: ready.ws.replace(/^ws/, 'http').replace('localhost', '127.0.0.1'),
      TABLECAST_RELAY_TABLE: options.relayTable,
      TABLECAST_STREAM_GRANULARITY_MS: '60000',
      TABLECAST_WORKER_HOST: '127.0.0.1',
      TABLECAST_WORKER_PORT: '0',
      TABLECAST_WORKER_POLL_MS: String(options.pollMs),
    },
    stdin: 'ignore',
    buffer: { stdout: false },
    reject: false,
    cancelSignal: options.signal,
    forceKillAfterDelay: 10_000,
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await child;
  };
  const reads = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"worker.ready"')) resolve();
    });
  });
  const ended = child.then(({ exitCode, stderr }) => {
    throw new Error(`expected the worker to start, got exit code ${exitCode}: ${stderr.slice(-500)}`);
  });
  ended.catch(() => {});
  await Promise.race([reads, ended]);
  return { stop };
}

/** A client of the loop's DynamoDB; the caller destroys it. */
export const loopClient = ({ dynamodb, region }: Ready): DynamoDBClient =>
  new DynamoDBClient({ endpoint: dynamodb, region, credentials: { ...LOCAL_CREDENTIALS } });
