import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { execa } from 'execa';
import WebSocket from 'ws';
import { MAIN, ROOT } from './built.ts';

/** What `start --json` prints. */
export interface Ready {
  readonly ready: boolean;
  readonly ws: string;
  readonly http: string;
  readonly dynamodb: string;
  readonly region: string;
  readonly apiKey: string;
  readonly tables: readonly string[];
}

/** A running `tablecast start`. */
export interface Started {
  readonly pid: number;
  readonly ready: Ready;
  /** Everything printed on standard output so far. */
  stdout(): string;
  stderr(): string;
  /** Sends the signal and resolves with the exit code and how long it took, ms. */
  end(signal: NodeJS.Signals): Promise<{ readonly exitCode: number | undefined; readonly ms: number }>;
}

const START_TIMEOUT_MS = 120_000;

/** Starts the command in `folder` and waits for its line of JSON. */
export async function startStack(
  args: readonly string[],
  options: { readonly folder?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Started> {
  const child = execa(process.execPath, [MAIN, 'start', '--json', ...args], {
    cwd: options.folder ?? ROOT,
    env: { NODE_OPTIONS: '', ...options.env },
    stdin: 'ignore',
    buffer: false,
    reject: false,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('expected the command to start');
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  const line = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no line within ${START_TIMEOUT_MS} ms: ${stderr}`)),
      START_TIMEOUT_MS,
    );
    createInterface({ input: child.stdout }).on('line', (text) => {
      stdout += `${text}\n`;
      clearTimeout(timer);
      resolve(text);
    });
    child.then((result) => {
      clearTimeout(timer);
      reject(new Error(`start ended with ${result.exitCode}: ${stderr}`));
    });
  });
  try {
    return {
      pid,
      ready: JSON.parse(await line),
      stdout: () => stdout,
      stderr: () => stderr,
      async end(signal) {
        const from = Date.now();
        child.kill(signal);
        const { exitCode } = await child;
        return { exitCode, ms: Date.now() - from };
      },
    };
  } catch (error) {
    child.kill('SIGTERM');
    await child;
    throw error;
  }
}

/** Process ids of everything a process started, and what those started, as the system sees it now. */
export function descendants(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = parentOf(Number(entry));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const all: number[] = [];
  const visit = (id: number) => {
    for (const child of children.get(id) ?? []) {
      all.push(child);
      visit(child);
    }
  };
  visit(pid);
  return all;
}

export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function parentOf(pid: number): number | undefined {
  try {
    const parent = /^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    return parent === undefined ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

export function stackClient({ dynamodb, region }: Ready): DynamoDBClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new DynamoDBClient({ endpoint: dynamodb, region, credentials });
}

/** A client as wscat is: no subprotocol, frames as they come. */
export interface PlainClient {
  send(frame: object): void;
  /** The first frame for which `wanted` holds, those that came before included. */
  next(wanted: (frame: Frame) => boolean, timeoutMs?: number): Promise<Frame>;
  readonly closed: Promise<number>;
  close(): void;
}

export interface Frame {
  readonly type?: string;
  readonly id?: string;
  readonly payload?: {
    readonly data?: Record<string, unknown>;
    readonly extensions?: Record<string, unknown>;
  };
}

export async function connect(url: string): Promise<PlainClient> {
  const socket = new WebSocket(url);
  const frames: Frame[] = [];
  const listeners = new Set<() => void>();
  socket.on('message', (data) => {
    frames.push(JSON.parse(data.toString()));
    for (const listener of listeners) listener();
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return {
    closed,
    send: (frame) => socket.send(JSON.stringify(frame)),
    next: (wanted, timeoutMs = 30_000) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = frames.find(wanted);
          if (!found) return;
          clearTimeout(timer);
          listeners.delete(look);
          resolve(found);
        };
        const timer = setTimeout(() => {
          listeners.delete(look);
          reject(new Error(`expected a frame within ${timeoutMs} ms, got ${JSON.stringify(frames)}`));
        }, timeoutMs);
        listeners.add(look);
        look();
      }),
    close: () => socket.close(),
  };
}
