import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Digest } from './digest.ts';
import type { Assignment, SinkReply, SinkRequest, WorkerReply } from './messages.ts';

/** A child that says nothing for this long is given up. */
const PATIENCE_MS = 60_000;

export interface Sink {
  readonly endpoint: string;
  /** What came since the last time. */
  take(): Promise<{ readonly digest: Digest; readonly handshakes: number }>;
  stop(): void;
}

export async function startSink(key: string, cert: string): Promise<Sink> {
  const child = start('sink', {});
  const ask = (request: SinkRequest) => {
    child.send(request);
    return nextMessage<SinkReply>(child, 'sink');
  };
  const listening = await ask({ kind: 'listen', key, cert });
  if (listening.kind !== 'listening') throw new Error(`sink: expected listening, got ${listening.kind}`);
  return {
    endpoint: `https://127.0.0.1:${listening.port}`,
    async take() {
      const taken = await ask({ kind: 'take' });
      if (taken.kind !== 'taken') throw new Error(`sink: expected taken, got ${taken.kind}`);
      return taken;
    },
    stop: () => child.kill(),
  };
}

export interface Measurement {
  readonly deliveriesPerSecond: number;
  readonly cpuMicrosecondsPerDelivery: number;
  readonly digest: Digest;
  /** TLS handshakes while measured: none when sockets are kept. */
  readonly handshakes: number;
}

/** Runs one variant once, in a process of its own. */
export async function measure(assignment: Assignment, sink: Sink, certFile: string): Promise<Measurement> {
  const child = start('worker', { NODE_EXTRA_CA_CERTS: certFile });
  try {
    child.send(assignment);
    await nextMessage<WorkerReply>(child, assignment.variant);
    await sink.take();
    child.send('go');
    const measured = await nextMessage<WorkerReply>(child, assignment.variant);
    if (measured.kind !== 'measured')
      throw new Error(`${assignment.variant}: expected measured, got ${measured.kind}`);
    const { deliveries, ms, cpuMicroseconds } = measured;
    return {
      deliveriesPerSecond: deliveries / (ms / 1_000),
      cpuMicrosecondsPerDelivery: cpuMicroseconds / deliveries,
      ...(await sink.take()),
    };
  } finally {
    child.kill();
  }
}

/** Starts one of the programs beside this one; the caller ends it. */
export function start(
  name: 'sink' | 'worker' | 'isolation-worker',
  env: Readonly<Record<string, string>>,
): ChildProcess {
  return fork(fileURLToPath(new URL(`${name}.mjs`, import.meta.url)), {
    env: { ...process.env, ...env },
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

export function nextMessage<T>(child: ChildProcess, who: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    const onMessage = (message: unknown) => {
      end();
      resolve(message as T);
    };
    const onExit = (code: number | null) => {
      end();
      reject(new Error(`${who}: expected an answer, got exit code ${code}`));
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`${who}: expected an answer within ${PATIENCE_MS} ms, got none`));
    }, PATIENCE_MS);
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
