import { createHash } from 'node:crypto';
import type { DynamoDBRecord } from 'aws-lambda';
import { batchResponse } from '../../../src/relay/deliver/batch-response.ts';
import { createDeliver, type Deliver } from '../../../src/relay/deliver/deliver.ts';
import { createEventSourceMapping } from '../../../src/testing/event-source-mapping.ts';
import type { InvocationContext } from '../../../src/testing/invocation.ts';
import { NO_FAULTS, operationFaults } from './faults.ts';
import { imageOf, TABLE } from './items.ts';
import type { LambdaFanOut } from './lambda-fan-out.ts';
import { createProcess, type SimulatedProcess } from './process.ts';
import { between } from './randomness.ts';
import type { World } from './world.ts';
import type { Stream } from './writer.ts';

const STREAM_ARN = `arn:aws:dynamodb:us-east-1:000000000000:table/${TABLE}/stream/2026-01-01T00:00:00.000`;

export interface LambdaStream extends Stream {
  /** Reads every shard to its end. */
  drained(): Promise<void>;
  /** Resolves once stopped. */
  run(): Promise<void>;
  stop(): void;
  readonly report: { readonly invocations: number; readonly retries: number; readonly redelivered: number };
}

interface Environment {
  readonly process: SimulatedProcess;
  readonly deliver: Deliver;
}

/**
 * A stream of some shards, each read by Lambda's event source mapping into the relay's stream handler.
 * @param fanOut where that hands over what is too much for it, if anywhere
 */
export function createLambdaStream(world: World, shardCount: number, fanOut?: LambdaFanOut): LambdaStream {
  const { clock } = world;
  const random = world.random('lambda');
  // Of different lengths, so that comparing them as text goes wrong.
  let sequence = 10n ** 21n - 200n;
  let environments = 0;
  let stopped = false;

  const createShard = (shard: number) => {
    const settings = {
      batchSize: random.pick([10, 25, 100]),
      bisectBatchOnFunctionError: random.chance(0.5),
      reportBatchItemFailures: true,
      // Short ones make batches outgrow an invocation.
      functionTimeoutMs: random.pick([3_000, 12_000, 60_000]),
    };
    let warm: Environment | undefined;

    const newEnvironment = (faults = NO_FAULTS): Environment => {
      environments += 1;
      const process = createProcess();
      const part = `environment ${environments}`;
      const context = world.relay(process, faults, part);
      const handsOver = fanOut && { fanOut: fanOut.of(process, faults, part) };
      return { process, deliver: createDeliver({ ...context, ...handsOver }) };
    };
    const handler = async (event: { readonly Records: DynamoDBRecord[] }, lambda: InvocationContext) => {
      const faults = operationFaults(random, world.rates.operation);
      // One that is to fail is not kept, whether it survives or not.
      const environment = faults.isPlanned ? newEnvironment(faults) : (warm ?? newEnvironment());
      warm = faults.isPlanned ? undefined : environment;
      const { process, deliver } = environment;
      const over = new AbortController();
      // Lambda ends what outlives its time-out; the mapping then takes the batch for failed.
      void clock.sleep(settings.functionTimeoutMs, over.signal).then(() => {
        if (over.signal.aborted) return;
        process.kill('time-out');
        if (warm === environment) warm = undefined;
      });
      try {
        const remainingMs = () => lambda.getRemainingTimeInMillis();
        return batchResponse(await Promise.race([deliver(event.Records, { remainingMs }), process.died]));
      } finally {
        over.abort();
      }
    };
    const { invocation } = world.rates;
    return createEventSourceMapping<DynamoDBRecord>({
      handler,
      settings,
      clock,
      // Rates of the mapping are fixed: it goes on failing while all else is calm.
      faults: {
        seed: world.seed + shard,
        crashBefore: invocation,
        crashAfter: invocation,
        throttle: invocation,
        redeliver: invocation,
      },
      retryDelayMs: (retry) => Math.min(8_000, 500 * 2 ** (retry - 1)),
    });
  };
  const shards = Array.from({ length: shardCount }, (_, shard) => createShard(shard));
  const pending = shards.map(() => 0);
  const reading = new Set<Promise<void>>();

  const read = async (shard: number) => {
    while (!stopped) {
      if ((pending[shard] ?? 0) > 0) {
        pending[shard] = 0;
        const draining = (shards[shard]?.drain() ?? Promise.resolve()).then(() => {});
        reading.add(draining);
        await draining;
        reading.delete(draining);
      }
      await clock.sleep(between(random, 50, 300));
    }
  };

  return {
    append(write) {
      sequence += BigInt(between(random, 1, 3));
      const sequenceNumber = String(sequence);
      const eventId = createHash('md5').update(sequenceNumber).digest('hex');
      const shard = hashOf(write.id) % shardCount;
      const { id, before, after } = write;
      shards[shard]?.push([
        {
          eventID: eventId,
          eventName: after ? (before ? 'MODIFY' : 'INSERT') : 'REMOVE',
          eventVersion: '1.1',
          eventSource: 'aws:dynamodb',
          awsRegion: 'us-east-1',
          dynamodb: {
            ApproximateCreationDateTime: Math.floor(clock.now() / 1_000),
            Keys: { id: { S: id } },
            ...(after && { NewImage: imageOf(after) }),
            ...(before && { OldImage: imageOf(before) }),
            SequenceNumber: sequenceNumber,
            StreamViewType: 'NEW_AND_OLD_IMAGES',
          },
          eventSourceARN: STREAM_ARN,
        },
      ]);
      pending[shard] = (pending[shard] ?? 0) + 1;
      return { eventId, sequenceNumber };
    },
    async drained() {
      while (reading.size > 0 || pending.some((count) => count > 0)) await clock.sleep(100);
    },
    async run() {
      await Promise.all(shards.map((_, shard) => read(shard)));
    },
    stop() {
      stopped = true;
    },
    get report() {
      const sum = { invocations: 0, retries: 0, redelivered: 0 };
      for (const { report } of shards) {
        sum.invocations += report.invocations;
        sum.retries += report.retries;
        sum.redelivered += report.redelivered;
      }
      return sum;
    },
  };
}

function hashOf(id: string): number {
  return createHash('md5').update(id).digest().readUInt32BE(0);
}
