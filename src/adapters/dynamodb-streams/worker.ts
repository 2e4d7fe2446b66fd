import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import { TablecastError } from '../../errors.ts';
import type { Metrics, MonotonicClock } from '../../relay/ports.ts';
import type { StreamsApi } from './api.ts';
import { messageOf } from './deliver-batch.ts';
import { firstStart } from './first-start.ts';
import type { OnGap } from './gap.ts';
import type { Holding } from './holding.ts';
import type { Leases } from './leases.ts';
import { nextStream } from './next-stream.ts';
import { createOutage } from './outage.ts';
import type { ResolveStream } from './reader.ts';
import type { WorkDeps } from './work-deps.ts';
import { workStream } from './work-stream.ts';
import type { DeliverPage, Worker } from './worker-port.ts';
import { createWorkerProgress, type WorkerProgress } from './worker-progress.ts';

export interface WorkerOptions {
  /** Real name of the table, for the logs, the health report, and the row that says which of its streams is read. */
  readonly table: string;
  readonly api: StreamsApi;
  readonly resolveStream: ResolveStream;
  /** Shared by all workers of the table. */
  readonly leases: Leases;
  readonly deliver: DeliverPage;
  readonly clock: MonotonicClock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Names this process in leases and logs. Default: `worker-` and random text. */
  readonly workerId?: string;
  /** Where the first worker ever of a table begins. Default `LATEST`. */
  readonly startAt?: 'LATEST' | 'TRIM_HORIZON';
  /** How long a lease may go without renewal before another worker takes it, ms. Default 10 000. */
  readonly leaseMs?: number;
  /** How often leases are looked at to take free ones, ms. Default a fifth of `leaseMs`. */
  readonly takeIntervalMs?: number;
  /** How often new shards are looked for; at once when one ended. Default 10 000 ms. */
  readonly syncIntervalMs?: number;
  /** Wait after a page that was not full and not far behind, ms. Default 250, as often as Lambda polls. */
  readonly pollIntervalMs?: number;
  /** Records in a page, 1 to 1000: at most so many are delivered again after a crash. Default 100. */
  readonly batchSize?: number;
  /** What ApproximateCreationDateTime is rounded down to, ms. Default 1 000 (AWS); DynamoDB Local: 60 000. */
  readonly creationGranularityMs?: number;
  /** A shard that has not got ahead for so long makes the worker unhealthy, ms. Default 120 000. */
  readonly staleAfterMs?: number;
  /**
   * Told of records that were lost before delivery (24 h trim, stream replaced). Told again until it resolves; the
   * shard waits meanwhile, so that no gap is dropped.
   */
  readonly onGap?: OnGap;
  /** In [0, 1): for jitter and the default `workerId`. Default Math.random. */
  readonly random?: () => number;
}

/** After the time to stop is over, what was broken off may take so long to notice. */
const CUT_GRACE_MS = 1_000;
const DEFAULT_GRACE_MS = 25_000;

/** One worker of a table. Several, in one process or many, share its shards by their leases. */
export function createWorker(options: WorkerOptions): Worker {
  const { clock, metrics, table } = options;
  const random = options.random ?? Math.random;
  const workerId = options.workerId ?? `worker-${randomText(random)}`;
  const logger = options.logger.child({ workerId, table });
  const leaseMs = options.leaseMs ?? 10_000;
  const stopping = new AbortController();
  // A loop a shard listens to it.
  setMaxListeners(0, stopping.signal);
  const holdings = new Set<Holding>();
  const book = createWorkerProgress({ clock, leaseMs, staleAfterMs: options.staleAfterMs ?? 120_000 });
  const progress: WorkerProgress = {
    ...book,
    page(shardId, iteratorAgeMs) {
      metrics.measure('worker.iterator-age', iteratorAgeMs);
      book.page(shardId, iteratorAgeMs);
    },
    looked(problem) {
      // A page that cannot be delivered is never told of as one that was: a shard that is stuck shows here.
      for (const ageMs of book.underWay()) metrics.measure('worker.iterator-age', ageMs);
      book.looked(problem);
    },
  };
  /** Monotonic ms at which what is under way is broken off. */
  let deadline = Number.POSITIVE_INFINITY;
  let running: Promise<void> | undefined;
  let working: Promise<void> | undefined;
  let stopped: Promise<'clean' | 'cut'> | undefined;

  const deps: WorkDeps = {
    table,
    workerId,
    api: options.api,
    resolveStream: options.resolveStream,
    leases: options.leases,
    deliver: options.deliver,
    remainingMs: () => deadline - clock.monotonic(),
    onGap: options.onGap ?? (() => {}),
    onGapMet: () => metrics.count('worker.gap'),
    clock,
    logger,
    metrics,
    random,
    leaseMs,
    takeIntervalMs: options.takeIntervalMs ?? leaseMs / 5,
    syncIntervalMs: options.syncIntervalMs ?? 10_000,
    pollIntervalMs: options.pollIntervalMs ?? 250,
    batchSize: options.batchSize ?? 100,
    creationGranularityMs: options.creationGranularityMs ?? 1_000,
    stopping: stopping.signal,
    outage: createOutage(logger, clock),
    progress,
    holdings,
    iterators: new Map(),
  };

  async function run(first: string, joined: () => void): Promise<void> {
    let arn: string | undefined = first;
    while (arn !== undefined) {
      logger.info({ event: 'worker.stream', streamArn: arn }, 'taking part in reading a stream');
      progress.stream(true);
      const end = await workStream(arn, deps, joined);
      if (end === 'stopped') break;
      logger.info({ event: 'worker.stream_left', streamArn: arn, end }, 'no longer reading a stream');
      if (end === 'lost') deps.outage.allOver();
      arn = await nextStream(arn, end === 'lost', deps);
    }
    joined();
  }

  async function start(): Promise<void> {
    const arn = await firstStart(options.startAt ?? 'LATEST', deps);
    if (arn === undefined) return;
    await new Promise<void>((joined, failed) => {
      working = run(arn, joined).catch((error: unknown) => {
        logger.error({ event: 'worker.failed', detail: messageOf(error) }, 'the worker reads no more');
        progress.failed(messageOf(error));
        failed(error);
      });
    });
  }

  async function stop(graceMs: number): Promise<'clean' | 'cut'> {
    deadline = clock.monotonic() + graceMs;
    const held = [...holdings];
    stopping.abort();
    for (const holding of held) holding.leave();
    const over = new AbortController();
    const finished = (running ?? Promise.resolve())
      .catch(() => {})
      .then(() => working)
      .then(() => over.abort());
    await Promise.race([finished, clock.sleep(graceMs, over.signal)]);
    const inTime = over.signal.aborted;
    if (!inTime) {
      for (const holding of holdings) holding.abandon();
      await Promise.race([finished, clock.sleep(CUT_GRACE_MS, over.signal)]);
    }
    const result = inTime && held.every((holding) => !holding.cut.aborted) ? 'clean' : 'cut';
    logger.info({ event: 'worker.stopped', result, leases: held.length }, 'the worker has stopped');
    return result;
  }

  return {
    start() {
      if (running)
        throw new TablecastError('CONFIG_INVALID', 'expected one start of a worker, and it came twice');
      running = start();
      return running;
    },
    stop(graceMs = DEFAULT_GRACE_MS) {
      stopped ??= stop(graceMs);
      return stopped;
    },
    health: () => ({ workerId, table, ...progress.report() }),
  };
}

function randomText(random: () => number): string {
  return Math.floor(random() * 2 ** 48)
    .toString(36)
    .padStart(10, '0');
}
