import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { ApiGatewayTransport } from '../../../src/adapters/apigateway/transport.ts';
import { CREDENTIALS, STAGE } from '../workload.ts';

/** What a process is told on its command line, as JSON. */
export interface Task {
  readonly port: number;
  readonly certFile: string;
  /** Posts under way at once. */
  readonly concurrency: number;
  /** Posts before those that are measured; 0 measures from the start of the process's own code. */
  readonly warmUp: number;
  readonly posts: number;
}

/** What it prints, as JSON. */
export interface Measured {
  readonly ms: number;
  readonly cpuMicroseconds: number;
}

/** What every variant is made with. */
export interface TransportSettings {
  readonly endpointFor: () => string;
  readonly region: string;
  readonly credentials: typeof CREDENTIALS;
  readonly maxSockets: number;
  readonly requestTimeoutMs: number;
  readonly connectionTimeoutMs: number;
  readonly perSecond: number;
  readonly ca: string;
}

/** The size the figures of docs/transport.md are of. */
const FRAME = Buffer.alloc(239, 'x');
const IDS = Array.from({ length: 128 }, (_, n) => Buffer.from(`connection-${n}`).toString('base64'));
/** Nothing is to fail because the machine is busy. */
const PATIENCE_MS = 60_000;

/** Posts what the command line says, and prints what it took. */
export async function measure(create: (settings: TransportSettings) => ApiGatewayTransport): Promise<void> {
  const task: Task = JSON.parse(process.argv[2] ?? '{}');
  const { port, concurrency, warmUp, posts } = task;
  const transport = create({
    endpointFor: () => `https://127.0.0.1:${port}/${STAGE}`,
    region: 'eu-central-1',
    credentials: CREDENTIALS,
    maxSockets: concurrency,
    requestTimeoutMs: PATIENCE_MS,
    connectionTimeoutMs: PATIENCE_MS,
    perSecond: 1_000_000,
    ca: readFileSync(task.certFile, 'utf8'),
  });
  let begun = 0;
  const lane = async (end: number) => {
    while (begun < end) {
      const connectionId = IDS[begun % IDS.length] ?? '';
      begun += 1;
      const outcome = await transport.post({ connectionId, stage: STAGE }, FRAME);
      if (outcome.kind !== 'sent') throw new Error(`expected sent, got ${JSON.stringify(outcome)}`);
    }
  };
  const run = (count: number) => {
    const end = begun + count;
    return Promise.all(Array.from({ length: concurrency }, () => lane(end)));
  };
  if (warmUp > 0) await run(warmUp);
  const cpu = warmUp > 0 ? process.cpuUsage() : { user: 0, system: 0 };
  const start = warmUp > 0 ? performance.now() : performance.nodeTiming.bootstrapComplete;
  await run(posts);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const measured: Measured = { ms, cpuMicroseconds: user + system };
  process.stdout.write(JSON.stringify(measured));
  transport.destroy();
}
