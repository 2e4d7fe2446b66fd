import type { DynamoDBRecord } from 'aws-lambda';
import type { Logger } from 'pino';
import type { Clock } from '../../relay/ports.ts';
import type { Backoff } from './backoff.ts';
import { doneCount, type Invoke } from './batch.ts';

/** The two ways a reader ends: `stopping` begins no new work, `abandoning` breaks off what is under way. */
export interface Ending {
  readonly stopping: AbortSignal;
  readonly abandoning: AbortSignal;
}

export interface DeliverBatchDeps {
  readonly invoke: Invoke;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly backoff: Backoff;
  readonly ending: Ending;
  /** Bytes of JSON one invocation takes; a longer page goes out in several. */
  readonly maxBatchBytes: number;
  /** Called after each delivered stretch with its last record. */
  delivered(last: DynamoDBRecord): Promise<void>;
}

/**
 * Delivers the records in order, again and again from the lowest reported failure, until all are done. Never skips.
 * Resolves with false when the reader was stopped before that.
 */
export async function deliverBatch(
  records: readonly DynamoDBRecord[],
  deps: DeliverBatchDeps,
): Promise<boolean> {
  const { ending, backoff } = deps;
  let rest = records;
  backoff.reset();
  while (rest.length > 0) {
    const batch = rest.slice(0, fittingCount(rest, deps.maxBatchBytes));
    const done = await tryOnce(batch, deps);
    // Broken off, what it says to be done is not relied on: the shard may be another's by now.
    if (ending.abandoning.aborted) return false;
    const last = batch[done - 1];
    if (last) {
      backoff.reset();
      await deps.delivered(last);
      rest = rest.slice(done);
    }
    if (rest.length === 0) return true;
    const failed = done < batch.length;
    if (failed && !ending.stopping.aborted) await deps.clock.sleep(backoff.next(), ending.stopping);
    if (ending.stopping.aborted) return false;
  }
  return true;
}

/** How many records from the front go into one invocation; one always does, for it cannot be made smaller. */
function fittingCount(records: readonly DynamoDBRecord[], maxBytes: number): number {
  if (maxBytes === Number.POSITIVE_INFINITY) return records.length;
  let bytes = 0;
  const over = records.findIndex((record) => {
    bytes += Buffer.byteLength(JSON.stringify(record)) + 1;
    return bytes > maxBytes;
  });
  return over < 0 ? records.length : Math.max(over, 1);
}

async function tryOnce(records: readonly DynamoDBRecord[], deps: DeliverBatchDeps): Promise<number> {
  const first = records[0]?.dynamodb?.SequenceNumber;
  try {
    const response = await deps.invoke({ Records: [...records] }, deps.ending.abandoning);
    const done = doneCount(records, response);
    if (done < records.length) {
      const from = records[done]?.dynamodb?.SequenceNumber;
      deps.logger.warn(
        { event: 'reader.batch_partial', records: records.length, done, from },
        'the handler reported a failure; it and all after it are sent again',
      );
    }
    return done;
  } catch (error) {
    deps.logger.warn(
      { event: 'reader.batch_failed', records: records.length, from: first, detail: messageOf(error) },
      'the handler failed; the whole batch is sent again',
    );
    return 0;
  }
}

/** One line of an unknown error. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? error.name : `${error.name}: ${error.message}`;
}
