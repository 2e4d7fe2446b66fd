import { choice, type Environment, within } from './environment.ts';

/** What the worker takes from its environment beside `Config`. */
export interface WorkerConfig {
  /** Address `/healthz` listens on. `TABLECAST_WORKER_HOST`, default every address. */
  readonly host: string;
  /** Its port, 0 for a free one. `TABLECAST_WORKER_PORT`, default 8080. */
  readonly port: number;
  /**
   * How long a shard stays this worker's after it was last heard of. `TABLECAST_WORKER_LEASE_MS`, 1 000 to 300 000,
   * default 10 000.
   */
  readonly leaseMs: number;
  /** Wait after a page that was not full. `TABLECAST_WORKER_POLL_MS`, 50 to 60 000, default 250. */
  readonly pollIntervalMs: number;
  /** Records in a page: after a crash at most these are delivered again. `TABLECAST_WORKER_BATCH_SIZE`, 1 to 1 000, default 100. */
  readonly batchSize: number;
  /** Time to finish pages in once told to stop. `TABLECAST_WORKER_GRACE_MS`, up to 3 600 000, default 25 000. */
  readonly graceMs: number;
  /** A shard that got no further for this long is a problem. `TABLECAST_WORKER_STALE_MS`, at least 1 000, default 120 000. */
  readonly staleAfterMs: number;
  /** Period at which what was counted is logged. `TABLECAST_WORKER_METRICS_MS`, at least 1 000, default 60 000. */
  readonly metricsIntervalMs: number;
  /** Where the first worker ever begins. `TABLECAST_WORKER_START_AT`, `LATEST` (default) or `TRIM_HORIZON`. */
  readonly startAt: 'LATEST' | 'TRIM_HORIZON';
  /** The file with the project's resolvers, if it has not a usual name. `TABLECAST_RESOLVERS`. */
  readonly resolvers: string | undefined;
}

/**
 * Reads what the worker alone needs.
 * @throws TablecastError `CONFIG_INVALID` naming the variable, what was expected and what came
 */
export function readWorkerConfig(env: Environment = process.env): WorkerConfig {
  return {
    host: env['TABLECAST_WORKER_HOST'] || '0.0.0.0',
    port: within(env, 'TABLECAST_WORKER_PORT', 'a port', [0, 65_535], 8080),
    leaseMs: within(env, 'TABLECAST_WORKER_LEASE_MS', 'milliseconds', [1_000, 300_000], 10_000),
    pollIntervalMs: within(env, 'TABLECAST_WORKER_POLL_MS', 'milliseconds', [50, 60_000], 250),
    batchSize: within(env, 'TABLECAST_WORKER_BATCH_SIZE', 'records', [1, 1_000], 100),
    graceMs: within(env, 'TABLECAST_WORKER_GRACE_MS', 'milliseconds', [0, 3_600_000], 25_000),
    staleAfterMs: within(env, 'TABLECAST_WORKER_STALE_MS', 'milliseconds', [1_000, 3_600_000], 120_000),
    metricsIntervalMs: within(env, 'TABLECAST_WORKER_METRICS_MS', 'milliseconds', [1_000, 3_600_000], 60_000),
    startAt: choice(env, 'TABLECAST_WORKER_START_AT', ['LATEST', 'TRIM_HORIZON'], 'LATEST'),
    resolvers: env['TABLECAST_RESOLVERS'] || undefined,
  };
}
