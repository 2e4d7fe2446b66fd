import type { _Record as StreamsRecord } from '@aws-sdk/client-dynamodb-streams';
import type { Logger } from 'pino';
import type { Clock } from '../../relay/ports.ts';
import { type StreamsApi, streamsFault } from './api.ts';
import { createBackoff } from './backoff.ts';
import type { Invoke } from './batch.ts';
import type { Checkpoint, Checkpoints } from './checkpoints.ts';
import { deliverBatch, type Ending, messageOf } from './deliver-batch.ts';
import { type OnGap, tellGap } from './gap.ts';
import { lambdaRecord } from './lambda-event.ts';
import type { Outage } from './outage.ts';
import { canBeTrimmed, iteratorInput, sinceStart } from './shard-place.ts';

/** What every loop of one stream shares. */
export interface ReadDeps {
  readonly api: StreamsApi;
  readonly streamArn: string;
  readonly invoke: Invoke;
  readonly checkpoints: Pick<Checkpoints, 'write'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly batchSize: number;
  readonly maxBatchBytes: number;
  readonly pollIntervalMs: number;
  readonly creationGranularityMs: number;
  readonly random: () => number;
  readonly onGap: OnGap;
  readonly onGapMet?: () => void;
  /** Told of each page before it is delivered: when its first record was written, epoch ms. */
  readonly onRead?: (shardId: string, createdAt: number | undefined) => void;
  /** Told of each page once it is delivered: how far behind now its last record is, 0 for an empty one. */
  readonly onPage?: (shardId: string, ageMs: number) => void;
  readonly ending: Ending;
  readonly outage: Outage;
}

/** Where a loop begins. */
export interface ShardStart {
  readonly from: Checkpoint;
  /** The first iterator of a `since` place may be LATEST; every later one is found again from the checkpoint. */
  readonly latest?: boolean;
  /** A first iterator that was had before, at LATEST. */
  readonly iterator?: string | undefined;
}

/**
 * - `ended`: the shard is closed and all of it was delivered.
 * - `lost`: DynamoDB does not know it (any more); a look at the whole stream decides.
 * - `stopped`: the reader was told to stop.
 */
export type ShardOutcome = 'ended' | 'lost' | 'stopped';

/** Behind by more than this there is no wait between pages. */
const CATCH_UP_MS = 10_000;
/** DynamoDB Local is known to say this when it is not so: it counts when the same question gets it so often in a row. */
const TRIMMED_ANSWERS = 3;
const ERROR_BACKOFF = { baseMs: 100, capMs: 5_000 };
const BATCH_BACKOFF = { baseMs: 100, capMs: 10_000 };

/**
 * Reads one shard to its end: a page, deliver it, write the checkpoint, the next page. Never rejects.
 * `positioned` is called once the first iterator is held.
 */
export async function readShard(
  shardId: string,
  start: ShardStart,
  deps: ReadDeps,
  positioned: () => void = () => {},
): Promise<ShardOutcome> {
  const { api, clock, logger, ending, outage, streamArn } = deps;
  const stopping = ending.stopping;
  const errors = createBackoff(ERROR_BACKOFF, deps.random);
  const batches = createBackoff(BATCH_BACKOFF, deps.random);
  let place = start.from;
  let iterator = start.iterator;
  let mayStartLatest = start.latest ?? false;
  let mayBeOld = false;
  let faults = 0;
  let trimmed = 0;

  const moveTo = async (next: Checkpoint) => {
    await deps.checkpoints.write(streamArn, shardId, next);
    place = next;
  };
  const end = async (): Promise<ShardOutcome> => {
    await moveTo({ kind: 'end', at: clock.now() });
    return 'ended';
  };
  const deliver = (records: readonly StreamsRecord[]) =>
    deliverBatch(
      records.map((record) => lambdaRecord(record, streamArn)),
      {
        ...deps,
        backoff: batches,
        delivered: async (last) => {
          const sequenceNumber = last.dynamodb?.SequenceNumber;
          if (sequenceNumber !== undefined) await moveTo({ kind: 'after', sequenceNumber });
        },
      },
    );

  while (!stopping.aborted) {
    try {
      if (iterator === undefined) {
        const found = await api.getShardIterator(
          iteratorInput(streamArn, shardId, place, mayStartLatest),
          stopping,
        );
        iterator = found.ShardIterator;
        // Only a `since` place that could not be had as LATEST brings up what is older than it.
        mayBeOld = !mayStartLatest;
        mayStartLatest = false;
        positioned();
        if (iterator === undefined) return await end();
      }
      const page = await api.getRecords({ ShardIterator: iterator, Limit: deps.batchSize }, stopping);
      faults = 0;
      trimmed = 0;
      outage.over(shardId);
      const records = page.Records ?? [];
      const wanted = mayBeOld ? sinceStart(records, place, deps.creationGranularityMs) : records;
      deps.onRead?.(shardId, createdAt(wanted[0]));
      if (!(await deliver(wanted))) return 'stopped';
      errors.reset();
      const ageMs = ageOf(records.at(-1), clock.now());
      deps.onPage?.(shardId, ageMs);
      // Absent: the shard is closed, and the page above was its last.
      if (page.NextShardIterator === undefined) return await end();
      iterator = page.NextShardIterator;
      const full = records.length >= deps.batchSize;
      const behind = ageMs > CATCH_UP_MS + deps.creationGranularityMs;
      if (!full && !behind) await clock.sleep(deps.pollIntervalMs, stopping);
    } catch (error) {
      if (stopping.aborted) break;
      const fault = streamsFault(error);
      if (fault === 'not-found') {
        outage.over(shardId);
        return 'lost';
      }
      if (fault === 'trimmed' && canBeTrimmed(place, clock.now())) {
        trimmed += 1;
        if (trimmed >= TRIMMED_ANSWERS) {
          if (!(await tellGap({ streamArn, shardId, cause: 'trimmed' }, deps, stopping))) return 'stopped';
          place = { kind: 'beginning' };
          // Written down, so that who reads the shard next does not meet it again and tell it twice.
          await moveTo(place).catch(() => {});
          iterator = undefined;
          trimmed = 0;
        }
      } else if (fault !== 'transient') iterator = undefined;
      // An iterator that expired is every day's; one that will not come back is not.
      const entry = { event: 'reader.shard_error', shardId, fault, detail: messageOf(error) };
      if (fault === 'transient' || faults > 0)
        outage.met(shardId, entry, 'reading a shard failed; trying again');
      else logger.debug(entry, 'a new iterator is needed');
      faults += 1;
      await clock.sleep(errors.next(), stopping);
    }
  }
  return 'stopped';
}

/** How long ago a record was written, in ms; 0 without one. */
function ageOf(record: StreamsRecord | undefined, now: number): number {
  return Math.max(0, now - (createdAt(record) ?? now));
}

function createdAt(record: StreamsRecord | undefined): number | undefined {
  return record?.dynamodb?.ApproximateCreationDateTime?.getTime();
}
