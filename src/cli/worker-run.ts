import type { Logger } from 'pino';
import type { Worker } from '../adapters/dynamodb-streams/worker-port.ts';
import { TablecastError } from '../errors.ts';
import type { Clock, Metrics } from '../relay/ports.ts';
import { type HealthReport, healthReport, startHealthServer } from './worker-health.ts';

export interface RunOptions {
  /** One a table. */
  readonly workers: readonly Worker[];
  readonly workerId: string;
  /** Where `/healthz` listens. */
  readonly host: string;
  readonly port: number;
  /** Ms to finish in once `signal` aborted. */
  readonly graceMs: number;
  /** Ms between two flushes of the metrics. */
  readonly metricsIntervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Aborts when the workers are to stop. */
  readonly signal: AbortSignal;
}

/** What a worker may need beyond its grace to say that it was cut. */
const LAST_WORDS_MS = 2_000;

/**
 * Runs workers until the signal aborts, and stops them; `/healthz` answers all the while.
 * @throws TablecastError `WORKER_CUT` when what was under way could not be finished in time: it comes again, to the next
 * worker · what a worker's start rejects with · `CONFIG_INVALID` when the port cannot be had
 */
export async function runWorkers(options: RunOptions): Promise<void> {
  const { workers, workerId, clock, logger, signal } = options;
  let state: HealthReport['state'] = 'starting';
  const server = await startHealthServer({
    host: options.host,
    port: options.port,
    report: () =>
      healthReport(
        workerId,
        state,
        workers.map((worker) => worker.health()),
      ),
  });
  logger.info({ event: 'worker.health', host: options.host, port: server.port }, 'GET /healthz answers');
  const ended = new AbortController();
  const flushed = flushAtPeriod(options, ended.signal);
  const startedAt = clock.now();
  try {
    const starting = Promise.all(workers.map((worker) => worker.start()));
    // Told to stop meanwhile, it is `stop` that ends a start.
    starting.catch(() => {});
    if ((await Promise.race([starting, aborted(signal)])) !== 'aborted') {
      state = 'running';
      logger.info(
        { event: 'worker.ready', workerId, afterMs: clock.now() - startedAt },
        'reading the streams',
      );
      await aborted(signal);
    }
    state = 'stopping';
    await stopWorkers(options);
  } catch (error) {
    if (state === 'starting') await Promise.allSettled(workers.map((worker) => worker.stop(0)));
    throw error;
  } finally {
    ended.abort();
    await flushed;
    await server.close();
  }
}

async function stopWorkers({ workers, graceMs, clock, logger }: RunOptions): Promise<void> {
  logger.info({ event: 'worker.stopping', graceMs }, 'finishing the pages under way');
  const stoppingAt = clock.now();
  const done = new AbortController();
  const outcomes = await Promise.race([
    Promise.allSettled(workers.map((worker) => worker.stop(graceMs))),
    clock.sleep(graceMs + LAST_WORDS_MS, done.signal).then((): undefined => undefined),
  ]);
  done.abort();
  const ms = clock.now() - stoppingAt;
  for (const outcome of outcomes ?? []) {
    if (outcome.status === 'rejected') logger.error({ event: 'worker.stop_failed', err: outcome.reason });
  }
  if (outcomes?.every((each) => each.status === 'fulfilled' && each.value === 'clean') === true) {
    logger.info({ event: 'worker.exit', outcome: 'clean', ms }, 'all that was read is delivered');
    return;
  }
  logger.error({ event: 'worker.exit', outcome: 'cut', ms }, 'what was under way will come again');
  throw new TablecastError(
    'WORKER_CUT',
    `expected the pages under way to be finished within ${graceMs} ms (TABLECAST_WORKER_GRACE_MS), and one was not: its records come again`,
  );
}

/** Resolves once `ended` aborts and what was counted by then is flushed. */
async function flushAtPeriod(
  { clock, metrics, metricsIntervalMs }: RunOptions,
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    await clock.sleep(metricsIntervalMs, ended);
    metrics.flush();
  }
}

function aborted(signal: AbortSignal): Promise<'aborted'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('aborted');
    signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
}
