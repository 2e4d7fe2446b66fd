import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { peersFolder } from './peers/install.ts';
import { ask, start } from './processes.ts';
import type { ProgramReply, ProgramRequest, Work } from './programs/messages.ts';
import type { ProgramName } from './programs/program.ts';
import type { Digest } from './servers/digest.ts';
import type {
  DynamoDBReply,
  DynamoDBRequest,
  Layout,
  Reads,
  Refusals,
  SinkReply,
  SinkRequest,
} from './servers/messages.ts';
import type { Cell } from './workload.ts';

/** The bundle runs in `.esbuild/bench`; the certificate stays with the sources. */
const tlsFile = (name: string) => fileURLToPath(new URL(`../../scripts/bench/${name}`, import.meta.url));
const KEY_FILE = tlsFile('benchmark-only-self-signed.key.pem');
/** What children are told to trust. */
export const CERT_FILE = tlsFile('benchmark-only-self-signed.cert.pem');

const LAYOUTS: Readonly<Record<ProgramName, Layout | undefined>> = {
  tablecast: 'tablecast',
  'tablecast-https': 'tablecast',
  'tablecast-sdk': 'tablecast',
  gls: 'gls',
  'gls-tuned': 'gls',
  alg: 'alg',
  'sdk-loop': undefined,
};

/** More than any program here can begin in a second: what is measured is the program, and not a quota it keeps to. */
const UNLIMITED = 1_000_000;

/** What one piece of work took and did. */
export interface Measurement {
  readonly ms: number;
  /** User and system time of the program's process. */
  readonly cpuMs: number;
  readonly deliveries: number;
  readonly renderings: number | undefined;
  /** By event: what came to whom. */
  readonly digests: ReadonlyMap<string, Digest>;
  /** TLS handshakes: none when sockets are kept. */
  readonly handshakes: number;
  /** Posts the sink answered with 429, and with 410. */
  readonly throttled: number;
  readonly gone: number;
  /** User and system time of the sink's process while the program ran. */
  readonly sinkCpuMs: number;
  readonly reads: Reads;
}

/** What the sink was sent, and did. */
type Taken = Pick<Measurement, 'digests' | 'handshakes' | 'throttled' | 'gone' | 'sinkCpuMs'>;

export interface RunningProgram {
  /** Makes the cell's rows and what the program needs for it: not measured. */
  prepare(cell: Cell): Promise<void>;
  /**
   * @param leftOut connections of the cell's matches that are looked at by nobody: what they got is neither counted nor
   * compared
   * @throws Error when anything but one delivery for each match and event came
   */
  run(cell: Cell, work: Work, leftOut?: readonly string[]): Promise<Measurement>;
  stop(): void;
}

/** The servers every program is measured against, each in a process of its own. */
export interface World {
  /** `host:port` of the sink. */
  readonly sinkHost: string;
  /** Origin of the fake DynamoDB. */
  readonly dynamodb: string;
  /** Makes the rows of a cell's subscribers, where they are not there yet. */
  seed(layout: Layout, cell: Cell): Promise<void>;
  /** How the servers answer from now on: at once by default. */
  serve(as: {
    readonly serviceMs?: number;
    readonly isDynamoDBSlow?: boolean;
    readonly refusals?: Refusals;
  }): Promise<void>;
  /** What the sink was sent since it was last asked, less what went to the connections left out. */
  take(leftOut?: readonly string[]): Promise<Taken>;
  /** @param perSecond most posts a second that ours begins; by default it is let do what it can */
  start(program: ProgramName, concurrency: number, perSecond?: number): Promise<RunningProgram>;
  stop(): void;
}

export async function startWorld(): Promise<World> {
  const sink = start('sink');
  const dynamodb = start('dynamodb');
  const askSink = (request: SinkRequest) => ask<SinkReply>(sink, request, 'sink');
  const askDynamoDB = (request: DynamoDBRequest) => ask<DynamoDBReply>(dynamodb, request, 'dynamodb');
  const stop = () => {
    sink.kill();
    dynamodb.kill();
  };
  const listening = await askSink({
    kind: 'listen',
    key: readFileSync(KEY_FILE, 'utf8'),
    cert: readFileSync(CERT_FILE, 'utf8'),
  });
  const table = await askDynamoDB({ kind: 'listen' });
  if (listening.kind !== 'listening' || table.kind !== 'listening')
    throw new Error('expected the servers to listen');
  const sinkHost = `127.0.0.1:${listening.port}`;
  const surroundings = { sinkHost, dynamodb: `http://127.0.0.1:${table.port}`, peers: peersFolder() };

  const seed = async (layout: Layout, cell: Cell) => {
    await askDynamoDB({ kind: 'seed', layout, cell, sinkHost });
  };
  const take = async (leftOut: readonly string[] = []): Promise<Taken> => {
    const taken = await askSink({ kind: 'take', leftOut });
    if (taken.kind !== 'taken') throw new Error(`sink: expected taken, got ${taken.kind}`);
    const { digests, handshakes, throttled, gone, cpuMs } = taken;
    return { digests: new Map(Object.entries(digests)), handshakes, throttled, gone, sinkCpuMs: cpuMs };
  };
  const takeReads = async (): Promise<Reads> => {
    const taken = await askDynamoDB({ kind: 'take' });
    if (taken.kind !== 'taken') throw new Error(`dynamodb: expected taken, got ${taken.kind}`);
    return taken;
  };

  return {
    sinkHost,
    dynamodb: surroundings.dynamodb,
    seed,
    take,
    stop,
    async serve({ serviceMs = 0, isDynamoDBSlow = false, refusals }) {
      await askSink({ kind: 'serve', serviceMs, ...(refusals && { refusals }) });
      await askDynamoDB({ kind: 'serve', isSlow: isDynamoDBSlow });
    },
    async start(program, concurrency, perSecond = UNLIMITED) {
      const child = start('program-worker', {
        NODE_EXTRA_CA_CERTS: CERT_FILE,
        AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: '1',
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      });
      const tell = (request: ProgramRequest) => ask<ProgramReply>(child, request, program);
      await tell({ kind: 'start', program, surroundings: { ...surroundings, concurrency, perSecond } });
      return {
        stop: () => child.kill(),
        async prepare(cell) {
          const layout = LAYOUTS[program];
          if (layout) await seed(layout, cell);
          await tell({ kind: 'prepare', cell });
        },
        async run(cell, work, leftOut = []) {
          await take();
          await takeReads();
          const measured = await tell({ kind: 'run', cell, work });
          if (measured.kind !== 'measured')
            throw new Error(`${program}: expected measured, got ${measured.kind}`);
          const taken = await take(leftOut);
          const deliveries = deliveredAll(program, taken.digests, cell.matches - leftOut.length, work);
          const { ms, cpuMs, renderings } = measured;
          return { ms, cpuMs, renderings, deliveries, ...taken, reads: await takeReads() };
        },
      };
    },
  };
}

/** Nobody is fast by delivering less, or twice. */
function deliveredAll(
  program: ProgramName,
  digests: ReadonlyMap<string, Digest>,
  matches: number,
  { batches, eventsPerBatch }: Work,
): number {
  const posts = [...digests.values()].map((digest) => digest.posts);
  const events = batches * eventsPerBatch;
  if (posts.length !== events || posts.some((each) => each !== matches)) {
    throw new Error(
      `${program}: expected ${events} events delivered to ${matches} connections each, got ${posts.length} to ${Math.min(...posts)}–${Math.max(...posts)}`,
    );
  }
  return events * matches;
}

/**
 * Compares what programs delivered: the same connections, ids and data for every event that more than one delivered.
 * @throws Error naming the programs that differ
 */
export function assertSame(measurements: ReadonlyMap<string, Pick<Measurement, 'digests'>>): void {
  const first = new Map<string, { readonly program: string; readonly sha256: string }>();
  for (const [program, { digests }] of measurements) {
    for (const [event, { sha256 }] of digests) {
      const known = first.get(event);
      if (!known) first.set(event, { program, sha256 });
      else if (known.sha256 !== sha256)
        throw new Error(
          `expected every program to deliver the same, but ${known.program} and ${program} differ for ${event}`,
        );
    }
  }
}
