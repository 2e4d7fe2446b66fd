import type { Logger } from 'pino';
import type { Metrics, MonotonicClock } from '../../relay/ports.ts';
import type { StreamsApi } from './api.ts';
import type { OnGap } from './gap.ts';
import type { Holding } from './holding.ts';
import type { Leases } from './leases.ts';
import type { Outage } from './outage.ts';
import type { ResolveStream } from './reader.ts';
import type { DeliverPage } from './worker-port.ts';
import type { WorkerProgress } from './worker-progress.ts';

/** What everything one worker does shares. */
export interface WorkDeps {
  readonly table: string;
  readonly workerId: string;
  readonly api: StreamsApi;
  readonly resolveStream: ResolveStream;
  readonly leases: Leases;
  readonly deliver: DeliverPage;
  readonly remainingMs: () => number;
  readonly onGap: OnGap;
  readonly onGapMet: () => void;
  readonly clock: MonotonicClock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly random: () => number;
  readonly leaseMs: number;
  readonly takeIntervalMs: number;
  readonly syncIntervalMs: number;
  readonly pollIntervalMs: number;
  readonly batchSize: number;
  readonly creationGranularityMs: number;
  readonly stopping: AbortSignal;
  readonly outage: Outage;
  readonly progress: WorkerProgress;
  /** Every lease this worker holds, for who stops it. */
  readonly holdings: Set<Holding>;
  /** First iterators had at LATEST, by shard; each is used once. */
  readonly iterators: Map<string, string>;
}
