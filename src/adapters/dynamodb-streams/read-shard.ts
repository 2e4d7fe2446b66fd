import type { GetShardIteratorInput, _Record as StreamsRecord } from '@aws-sdk/client-dynamodb-streams';
import type { Logger } from 'pino';
import type { Clock } from '../../relay/ports.ts';
import { type StreamsApi, streamsFault } from './api.ts';
import { createBackoff } from './backoff.ts';
import type { Invoke } from './batch.ts';
import type { Checkpoint, Checkpoints } from './checkpoints.ts';
import { deliverBatch, type Ending, messageOf } from './deliver-batch.ts';
import { lambdaRecord } from './lambda-event.ts';
import type { Outage } from './outage.ts';

/** What every loop of one stream shares. */
export interface ReadDeps {
  readonly api: StreamsApi;
  readonly streamArn: string;
  readonly invoke: Invoke;
  readonly checkpoints: Checkpoints;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly batchSize: number;
  readonly maxBatchBytes: number;
  readonly pollIntervalMs: number;
  readonly creationGranularityMs: number;
  readonly random: () => number;
  readonly onGap: (gap: Gap) => void;
  readonly ending: Ending;
  readonly outage: Outage;
}

/** Records that left the stream before they were delivered. */
export interface Gap {
  readonly streamArn: string;
  readonly shardId?: string;
  readonly cause: 'trimmed' | 'stream-replaced';
}

/**
 * - `ended`: the shard is closed and all of it was delivered.
 * - `lost`: DynamoDB does not know it (any more); a look at the whole stream decides.
 * - `stopped`: the reader was told to stop.
 */
export type ShardOutcome = 'ended' | 'lost' | 'stopped';

/** How far the clocks of the reader and of DynamoDB may differ before "older than the start" is believed. */
const CLOCK_SKEW_MS = 5_000;
/** How long a stream keeps a record. */
const KEPT_MS = 24 * 60 * 60 * 1_000;
const ERROR_BACKOFF = { baseMs: 100, capMs: 5_000 };
const BATCH_BACKOFF = { baseMs: 100, capMs: 10_000 };

/**
 * Reads one shard to its end: a page, deliver it, write the checkpoint, the next page.
 * `latest` allows the first iterator of a `since` place to be LATEST; every later one is found again from the
 * checkpoint. `positioned` is called once the first iterator is held.
 */
export async function readShard(
  shardId: string,
  from: Checkpoint,
  latest: boolean,
  deps: ReadDeps,
  positioned: () => void,
): Promise<ShardOutcome> {
  const { api, clock, logger, ending, outage } = deps;
  const stopping = ending.stopping;
  const errors = createBackoff(ERROR_BACKOFF, deps.random);
  const batches = createBackoff(BATCH_BACKOFF, deps.random);
  let place = from;
  let mayStartLatest = latest;
  let mayBeOld = false;
  let iterator: string | undefined;
  let faults = 0;

  const moveTo = async (next: Checkpoint) => {
    await deps.checkpoints.write(deps.streamArn, shardId, next);
    place = next;
  };

  while (!stopping.aborted) {
    try {
      if (iterator === undefined) {
        const found = await api.getShardIterator(
          iteratorInput(deps.streamArn, shardId, place, mayStartLatest),
          stopping,
        );
        iterator = found.ShardIterator;
        // Only a `since` place that could not be had as LATEST brings up what is older than it.
        mayBeOld = !mayStartLatest;
        mayStartLatest = false;
        positioned();
        if (iterator === undefined) {
          await moveTo({ kind: 'end', at: clock.now() });
          return 'ended';
        }
      }
      const page = await api.getRecords({ ShardIterator: iterator, Limit: deps.batchSize }, stopping);
      faults = 0;
      outage.over(shardId);
      const records = page.Records ?? [];
      const wanted = mayBeOld ? sinceStart(records, place, deps.creationGranularityMs) : records;
      const delivered = await deliverBatch(
        wanted.map((record) => lambdaRecord(record, deps.streamArn)),
        {
          ...deps,
          backoff: batches,
          delivered: async (last) => {
            const sequenceNumber = last.dynamodb?.SequenceNumber;
            if (sequenceNumber !== undefined) await moveTo({ kind: 'after', sequenceNumber });
          },
        },
      );
      if (!delivered) return 'stopped';
      errors.reset();
      // Absent: the shard is closed, and the page above was its last.
      if (page.NextShardIterator === undefined) {
        await moveTo({ kind: 'end', at: clock.now() });
        return 'ended';
      }
      iterator = page.NextShardIterator;
      if (records.length === 0) await clock.sleep(deps.pollIntervalMs, stopping);
    } catch (error) {
      if (stopping.aborted) break;
      const fault = streamsFault(error);
      if (fault === 'not-found') {
        outage.over(shardId);
        return 'lost';
      }
      if (fault === 'trimmed' && canBeTrimmed(place, clock.now())) {
        logger.error(
          { event: 'reader.gap', cause: 'trimmed', streamArn: deps.streamArn, shardId },
          'records left the stream (24 h) before they were delivered; going on at the oldest there is',
        );
        deps.onGap({ streamArn: deps.streamArn, shardId, cause: 'trimmed' });
        place = { kind: 'beginning' };
      }
      if (fault !== 'transient') iterator = undefined;
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

function iteratorInput(
  StreamArn: string,
  ShardId: string,
  place: Checkpoint,
  mayStartLatest: boolean,
): GetShardIteratorInput {
  if (place.kind === 'after') {
    const SequenceNumber = place.sequenceNumber;
    return { StreamArn, ShardId, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber };
  }
  const latest = place.kind === 'since' && mayStartLatest;
  return { StreamArn, ShardId, ShardIteratorType: latest ? 'LATEST' : 'TRIM_HORIZON' };
}

/**
 * What was written since a start of less than 24 hours ago is still there. DynamoDB Local says otherwise at the first
 * record of a table that was empty, for it numbers the records of all tables together.
 */
function canBeTrimmed(place: Checkpoint, now: number): boolean {
  return place.kind !== 'since' || now - place.at >= KEPT_MS;
}

/** Without the records that are certainly older than where a `since` place begins; in doubt a record stays. */
function sinceStart(
  records: readonly StreamsRecord[],
  place: Checkpoint,
  granularityMs: number,
): readonly StreamsRecord[] {
  if (place.kind !== 'since') return records;
  const { at } = place;
  return records.filter((record) => {
    const created = record.dynamodb?.ApproximateCreationDateTime?.getTime();
    return created === undefined || created + granularityMs + CLOCK_SKEW_MS >= at;
  });
}
