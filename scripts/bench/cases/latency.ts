import { type DynamoDBClient, ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { BenchCase, CaseReport } from '../case.ts';
import { short } from '../figures.ts';
import { handOver } from './latency/hand-over.ts';
import { loopClient, startLoop, startWorker } from './latency/loop.ts';
import { type Subscriber, subscribe } from './latency/subscriber.ts';

const WRITES = 30;
/** Pauses between writes are spread over this, so that they meet every moment of a reader's pause alike. */
const LONGEST_PAUSE_MS = 400;
/** Of the readers of `start` (their default) and of the worker (its default), and one that hardly waits. */
const LOOP_POLL_MS = 200;
const WORKER_POLLS_MS = [250, 50] as const;

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

interface Path {
  readonly label: string;
  readonly pollMs: number;
  readonly percentiles: Percentiles;
}

/** P10: from a write to the client's frame, through everything, on one machine. */
export const latency: BenchCase = {
  name: 'latency',
  about:
    'from a write to the client through the local loop, by function and worker (P10); needs npm run build',
  isDefault: false,
  async run({ progress, signal }) {
    progress('starting the local loop');
    const loop = await startLoop(signal);
    const client = loopClient(loop.ready);
    const subscriber = await subscribe(loop.ready);
    try {
      const paths: Path[] = [];
      const add = async (label: string, pollMs: number) => {
        progress(`${label}, polled every ${pollMs} ms`);
        paths.push({ label, pollMs, percentiles: await measure(client, subscriber, signal) });
      };
      await add('Lambda path', LOOP_POLL_MS);
      const relayTable = 'latency-relay';
      await handOver(client, await relayTableOf(client), relayTable);
      for (const pollMs of WORKER_POLLS_MS) {
        const worker = await startWorker(loop.ready, { relayTable, pollMs, signal });
        try {
          await add('worker', pollMs);
        } finally {
          await worker.stop();
        }
      }
      return reportOf(paths);
    } finally {
      subscriber.close();
      client.destroy();
      await loop.stop();
    }
  },
};

async function relayTableOf(client: DynamoDBClient): Promise<string> {
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const found = TableNames.find((name) => name.endsWith('tablecast-relay'));
  if (!found) throw new Error(`expected a relay table in the local loop, got ${TableNames.join(', ')}`);
  return found;
}

let written = 0;

async function measure(
  client: DynamoDBClient,
  subscriber: Subscriber,
  signal: AbortSignal,
): Promise<Percentiles> {
  const times: number[] = [];
  // The first makes everything warm that is made at the first change.
  for (let n = 0; n <= WRITES; n += 1) {
    signal.throwIfAborted();
    written += 1;
    const id = `latency-${written}`;
    const arrival = subscriber.arrival(id);
    const begun = performance.now();
    await client.send(
      new PutItemCommand({ TableName: 'Todos', Item: { id: { S: id }, title: { S: 'written' } } }),
    );
    const ms = (await arrival) - begun;
    if (n > 0) times.push(ms);
    // The golden ratio spreads them evenly without chance.
    const pause = ((n * 0.618_034) % 1) * LONGEST_PAUSE_MS;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function reportOf(paths: readonly Path[]): CaseReport {
  const text = ({ label, pollMs, percentiles: { p50, p95, p99 } }: Path) =>
    `${label} ${short(p50)} / ${short(p95)} / ${short(p99)} ms, of which polling every ${pollMs} ms is ${short(pollMs / 2)} on average`;
  return {
    case: 'latency',
    targets: [
      {
        id: 'P10',
        figure: 'write → client through the local loop, p50 / p95 / p99',
        target: 'published, the polling share named',
        measured: paths.map(text).join(' · '),
        peer: '–',
        met: undefined,
        command: 'npm run bench -- --case latency',
      },
    ],
    rows: paths.map(({ label, pollMs, percentiles: { p50, p95, p99 } }) => ({
      label: `${label}, polls every ${pollMs} ms`,
      figures: new Map([
        ['p50 ms', p50],
        ['p95 ms', p95],
        ['p99 ms', p99],
        ['of that polling, mean', pollMs / 2],
      ]),
    })),
    charts: [
      {
        title: 'From a write to the client, local loop',
        unit: 'ms',
        groups: paths.map(({ label, pollMs }) => `${label}, polls every ${pollMs} ms`),
        series: (['p50', 'p95', 'p99'] as const).map((name) => ({
          name,
          values: paths.map(({ percentiles }) => percentiles[name]),
        })),
      },
    ],
    method: `${WRITES} PutItem, one after another with pauses between, timed from before the request until the client's frame, in one process. DynamoDB Local and serverless-offline on this machine: what they take is in it. AWS polls a stream about four times a second for a function.`,
  };
}
