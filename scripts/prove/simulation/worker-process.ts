import type { DynamoDBBatchResponse } from 'aws-lambda';
import { createDynamoDBLeases } from '../../../src/adapters/dynamodb/leases.ts';
import type { StreamsApi } from '../../../src/adapters/dynamodb-streams/api.ts';
import { createWorker } from '../../../src/adapters/dynamodb-streams/worker.ts';
import type { Worker } from '../../../src/adapters/dynamodb-streams/worker-port.ts';
import { batchResponse } from '../../../src/relay/deliver/batch-response.ts';
import { createDeliver } from '../../../src/relay/deliver/deliver.ts';
import { lostUnread, reportGap } from '../../../src/relay/gap.ts';
import type { FakeStreams } from '../../../src/testing/stream-options.ts';
import { steadyFaults } from './faults.ts';
import { TABLE } from './items.ts';
import { createProcess, type SimulatedProcess } from './process.ts';
import { between } from './randomness.ts';
import { RELAY_TABLE, type World } from './world.ts';

/** Shorter than the default, so that leases are lost and taken often. */
export const LEASE_MS = 5_000;
/** Clocks of two machines may be this far apart. */
const SKEW_MS = 5 * 60_000;

export interface WorkerProcess {
  readonly id: string;
  readonly process: SimulatedProcess;
  readonly worker: Worker;
  isFrozen: boolean;
}

export interface WorkerSettings {
  readonly batchSize: number;
  readonly pollIntervalMs: number;
}

/** One worker as a process of its own: the clock of its leases is off, its requests fail, and it can die or stand still at any moment. */
export function createWorkerProcess(
  world: World,
  streams: FakeStreams,
  id: string,
  settings: WorkerSettings,
): WorkerProcess {
  const process = createProcess();
  const random = world.random(`worker ${id}`);
  const offset = world.isCalm ? 0 : between(random, -SKEW_MS, SKEW_MS);
  const clock = process.clock(world.clock.skewed(offset));
  const faults = steadyFaults(random, () => world.rates.request);
  // The pipeline has the right time: when credentials end is a machine's own clock to say, and one that is off is wrong.
  const context = world.relay(process, faults, `relay of ${id}`);
  const deliver = createDeliver(context);
  const worker = createWorker({
    table: TABLE,
    api: apiOf(process, streams.api(id)),
    resolveStream: (signal) => process.awaits(() => streams.resolveStream(TABLE)(signal)),
    leases: createDynamoDBLeases({
      client: world.client(process, faults, `leases of ${id}`),
      tableName: RELAY_TABLE,
      clock,
    }),
    async deliver(records, time): Promise<DynamoDBBatchResponse> {
      return batchResponse(await deliver(records, time));
    },
    onGap: (gap) => reportGap(context, lostUnread(TABLE, gap)),
    clock,
    logger: context.logger,
    metrics: context.metrics,
    workerId: id,
    leaseMs: LEASE_MS,
    takeIntervalMs: LEASE_MS / 5,
    syncIntervalMs: LEASE_MS,
    random: () => random.next(),
    ...settings,
  });
  return { id, process, worker, isFrozen: false };
}

/** The stream's calls as one process makes them. */
function apiOf(process: SimulatedProcess, api: StreamsApi): StreamsApi {
  return {
    describeStream: (input, signal) => process.awaits(() => api.describeStream(input, signal)),
    getShardIterator: (input, signal) => process.awaits(() => api.getShardIterator(input, signal)),
    getRecords: (input, signal) => process.awaits(() => api.getRecords(input, signal)),
  };
}
