import { systemClock } from '../adapters/clock.ts';
import type { Clock } from '../relay/ports.ts';
import { judgeResponse } from './batch-response.ts';
import { createInvoker, type InvocationFaults, type StreamHandler } from './invocation.ts';
import { type DiscardCondition, type OnFailureMessage, onFailureMessage } from './on-failure.ts';
import { createSeededRandom } from './random.ts';

/** The parts of a stream record the mapping reads; the rest goes through untouched. */
export interface StreamRecord {
  readonly eventSourceARN?: string | undefined;
  readonly dynamodb?:
    | {
        readonly SequenceNumber?: string | undefined;
        /** Epoch seconds, as in a Lambda event. Absent: the time it was pushed. */
        readonly ApproximateCreationDateTime?: number | undefined;
      }
    | undefined;
}

/** Settings of the mapping, by the names and with the defaults of Lambda's API. */
export interface EventSourceMappingSettings {
  /** Most records in one invocation. Default 100 (Serverless Framework: 10). */
  readonly batchSize?: number;
  /** Default false. */
  readonly bisectBatchOnFunctionError?: boolean;
  /** Retries of one batch before it is given up; -1, the default, is without end. */
  readonly maximumRetryAttempts?: number;
  /** Records older than this are given up; -1, the default, is as long as the stream keeps them (24 h). */
  readonly maximumRecordAgeInSeconds?: number;
  /** `functionResponseTypes: [ReportBatchItemFailures]`. Default false: then answers are not read at all. */
  readonly reportBatchItemFailures?: boolean;
  /** The function's own time-out. Default 60 000. */
  readonly functionTimeoutMs?: number;
}

export interface EventSourceMappingOptions<R extends StreamRecord> {
  readonly handler: StreamHandler<R>;
  readonly settings?: EventSourceMappingSettings;
  /** Default: the system's clock. With a virtual one, drive it: `clock.run(mapping.drain())`. */
  readonly clock?: Clock;
  /** The on-failure destination. */
  readonly onFailure?: (message: OnFailureMessage) => void | Promise<void>;
  /** What goes wrong around the function, the same for one seed. Default: nothing. */
  readonly faults?: InvocationFaults;
  /** Wait before a retry, in ms. Default: 1 s, doubling to 60 s (Lambda's own is not documented). */
  readonly retryDelayMs?: (retry: number) => number;
}

/** Counts since the mapping was made. */
export interface EventSourceMappingReport {
  /** Times the function was invoked, invocations that crashed before it included. */
  readonly invocations: number;
  /** Records behind the checkpoint because the function was done with them. */
  readonly done: number;
  readonly retries: number;
  /** Batches split by `bisectBatchOnFunctionError`. */
  readonly splits: number;
  /** Batches delivered again although they were done. */
  readonly redelivered: number;
  /** Invocations Lambda was throttled on; they use up no retry. */
  readonly throttled: number;
  /** Records given up, and reported to the on-failure destination. */
  readonly discarded: readonly {
    readonly condition: DiscardCondition;
    readonly sequenceNumbers: readonly string[];
  }[];
  /** Sequence numbers that left the stream unread after 24 h; nobody is told. */
  readonly trimmed: readonly string[];
}

export interface EventSourceMapping<R extends StreamRecord> {
  /** Appends records to a shard, in commit order. Default shard: one for all. */
  push(records: readonly R[], shardId?: string): void;
  /** Works until every shard is read to its end: shards side by side, each in order. */
  drain(): Promise<EventSourceMappingReport>;
  readonly report: EventSourceMappingReport;
}

interface Entry<R> {
  readonly record: R;
  readonly sequenceNumber: string;
  /** Epoch ms. */
  readonly at: number;
}

interface Batch<R> {
  readonly entries: readonly Entry<R>[];
  readonly retries: number;
  readonly invocations: number;
  readonly threw: boolean;
}

/** How long a stream keeps a record. */
const RETENTION_MS = 24 * 60 * 60 * 1_000;
/** Lambda's limit for the payload of one invocation, in bytes. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
const SHARD = 'shardId-00000000000000000000-00000000';

/**
 * A model of Lambda's event source mapping for DynamoDB Streams, as AWS documents it: batches in order per shard, at
 * least once, partial answers, retries, bisection, record age and the on-failure destination. Where the documents are
 * silent it takes the reading that is harder on the function: a partial answer uses up a retry unless it splits the
 * batch, and records the stream has trimmed are reported to nobody. Not modelled: `parallelizationFactor`, batch windows,
 * filter criteria, tumbling windows, shard lineage.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
export function createEventSourceMapping<R extends StreamRecord>(
  options: EventSourceMappingOptions<R>,
): EventSourceMapping<R> {
  const { handler, settings = {}, clock = systemClock, onFailure, faults } = options;
  const { batchSize = 100, bisectBatchOnFunctionError: bisect = false, maximumRetryAttempts = -1 } = settings;
  const { maximumRecordAgeInSeconds = -1, reportBatchItemFailures = false } = settings;
  const retryDelayMs = options.retryDelayMs ?? ((retry) => Math.min(60_000, 1_000 * 2 ** (retry - 1)));
  const random = createSeededRandom(faults?.seed ?? 0);
  const invoker = createInvoker({
    handler,
    clock,
    random,
    faults,
    timeoutMs: settings.functionTimeoutMs ?? 60_000,
  });
  const shards = new Map<string, Entry<R>[]>();
  const count = { invocations: 0, done: 0, retries: 0, splits: 0, redelivered: 0, throttled: 0 };
  const discarded: { condition: DiscardCondition; sequenceNumbers: readonly string[] }[] = [];
  const trimmed: string[] = [];

  const discard = async (shardId: string, batch: Batch<R>, condition: DiscardCondition) => {
    const { entries, invocations, threw } = batch;
    discarded.push({ condition, sequenceNumbers: entries.map((entry) => entry.sequenceNumber) });
    const streamArn = entries[0]?.record.eventSourceARN ?? '';
    const { functionArn } = invoker;
    const requestId = invoker.newRequestId();
    await onFailure?.(
      onFailureMessage(
        { shardId, streamArn, functionArn, requestId, condition, invocations, threw, records: entries },
        clock.now(),
      ),
    );
  };

  /** Takes the leading records that are too old out of the batch. */
  const withoutAged = async (shardId: string, batch: Batch<R>): Promise<Batch<R>> => {
    const ageLimit =
      maximumRecordAgeInSeconds < 0 ? Number.POSITIVE_INFINITY : maximumRecordAgeInSeconds * 1_000;
    const now = clock.now();
    const isOver = (limit: number) => {
      const place = batch.entries.findIndex(({ at }) => now - at <= limit);
      return place < 0 ? batch.entries.length : place;
    };
    const gone = isOver(RETENTION_MS);
    const aged = Math.max(gone, isOver(ageLimit));
    trimmed.push(...batch.entries.slice(0, gone).map((entry) => entry.sequenceNumber));
    if (aged > gone) {
      await discard(shardId, { ...batch, entries: batch.entries.slice(gone, aged) }, 'RecordAgeExceeded');
    }
    return aged === 0 ? batch : { ...batch, entries: batch.entries.slice(aged) };
  };

  const succeed = async (entries: readonly Entry<R>[]) => {
    count.done += entries.length;
    if (faults?.redeliver === undefined || !random.chance(faults.redeliver)) return;
    count.redelivered += 1;
    count.invocations += 1;
    await invoker.invoke(entries.map(({ record }) => record));
  };

  /** Retries the whole batch after a wait, or gives it up. */
  const retry = async (shardId: string, batch: Batch<R>): Promise<readonly Batch<R>[]> => {
    if (maximumRetryAttempts >= 0 && batch.retries >= maximumRetryAttempts) {
      await discard(shardId, batch, 'RetryAttemptsExhausted');
      return [];
    }
    count.retries += 1;
    await clock.sleep(retryDelayMs(batch.retries + 1));
    return [{ ...batch, retries: batch.retries + 1 }];
  };

  /** Invokes the function once with the batch; gives what is left of it to do, in order. */
  const attempt = async (shardId: string, batch: Batch<R>): Promise<readonly Batch<R>[]> => {
    if (faults?.throttle !== undefined && random.chance(faults.throttle)) {
      count.throttled += 1;
      await clock.sleep(retryDelayMs(1));
      return [batch];
    }
    count.invocations += 1;
    const { entries } = batch;
    const result = await invoker.invoke(entries.map(({ record }) => record));
    const after = { ...batch, invocations: batch.invocations + 1, threw: result.kind === 'threw' };
    const verdict =
      result.kind === 'threw'
        ? ({ kind: 'failure' } as const)
        : reportBatchItemFailures
          ? judgeResponse(
              result.response,
              entries.map(({ sequenceNumber }) => sequenceNumber),
            )
          : ({ kind: 'success' } as const);
    switch (verdict.kind) {
      case 'success':
        await succeed(entries);
        return [];
      case 'partial': {
        count.done += verdict.index;
        const rest = { ...after, entries: entries.slice(verdict.index) };
        if (!bisect || verdict.index === 0) return retry(shardId, rest);
        count.splits += 1;
        return [rest];
      }
      case 'failure': {
        if (!bisect || entries.length === 1) return retry(shardId, after);
        count.splits += 1;
        const middle = Math.ceil(entries.length / 2);
        return [
          { ...after, entries: entries.slice(0, middle) },
          { ...after, entries: entries.slice(middle) },
        ];
      }
      default:
        return verdict satisfies never;
    }
  };

  const drainShard = async (shardId: string, queue: Entry<R>[]) => {
    const open: Batch<R>[] = [];
    for (;;) {
      const next = open.shift() ?? nextBatch(queue, batchSize);
      if (!next) return;
      const batch = await withoutAged(shardId, next);
      if (batch.entries.length > 0) open.unshift(...(await attempt(shardId, batch)));
    }
  };

  const report = () => ({ ...count, discarded: [...discarded], trimmed: [...trimmed] });

  return {
    push(records, shardId = SHARD) {
      const queue = shards.get(shardId) ?? [];
      shards.set(shardId, queue);
      for (const record of records) queue.push(entryOf(record, clock.now()));
    },
    async drain() {
      await Promise.all([...shards].map(([shardId, queue]) => drainShard(shardId, queue)));
      return report();
    },
    get report() {
      return report();
    },
  };
}

function entryOf<R extends StreamRecord>(record: R, now: number): Entry<R> {
  const sequenceNumber = record.dynamodb?.SequenceNumber;
  if (sequenceNumber === undefined) {
    throw new Error('expected a stream record with dynamodb.SequenceNumber, got one without');
  }
  const seconds = record.dynamodb?.ApproximateCreationDateTime;
  return { record, sequenceNumber, at: seconds === undefined ? now : seconds * 1_000 };
}

/** Takes the next batch off the queue: at most `batchSize` records and 6 MB, at least one record. */
function nextBatch<R>(queue: Entry<R>[], batchSize: number): Batch<R> | undefined {
  let size = 0;
  let bytes = 0;
  for (const { record } of queue) {
    bytes += Buffer.byteLength(JSON.stringify(record));
    if (size === batchSize || (size > 0 && bytes > MAX_PAYLOAD_BYTES)) break;
    size += 1;
  }
  if (size === 0) return undefined;
  return { entries: queue.splice(0, size), retries: 0, invocations: 0, threw: false };
}
