import type { GetShardIteratorInput, _Record as StreamsRecord } from '@aws-sdk/client-dynamodb-streams';
import type { Checkpoint } from './checkpoints.ts';

/**
 * How far the clock of the machine that began may differ from DynamoDB's before "older than the start" is believed.
 * AWS refuses requests signed by a clock that is further off than this.
 */
const CLOCK_DIFFERENCE_MS = 15 * 60 * 1_000;
/** How long a stream keeps a record. */
const KEPT_MS = 24 * 60 * 60 * 1_000;

/** The iterator to ask for, to go on at a place. `latest` allows that of a `since` place to be LATEST. */
export function iteratorInput(
  StreamArn: string,
  ShardId: string,
  place: Checkpoint,
  latest: boolean,
): GetShardIteratorInput {
  if (place.kind === 'after') {
    const SequenceNumber = place.sequenceNumber;
    return { StreamArn, ShardId, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber };
  }
  const atLatest = place.kind === 'since' && latest;
  return { StreamArn, ShardId, ShardIteratorType: atLatest ? 'LATEST' : 'TRIM_HORIZON' };
}

/**
 * What was written since a start of less than 24 hours ago is still there. DynamoDB Local says otherwise at the first
 * record of a table that was empty, for it numbers the records of all tables together.
 */
export function canBeTrimmed(place: Checkpoint, now: number): boolean {
  return place.kind !== 'since' || now - place.at >= KEPT_MS;
}

/** Without the records that are certainly older than where a `since` place begins; in doubt a record stays. */
export function sinceStart(
  records: readonly StreamsRecord[],
  place: Checkpoint,
  granularityMs: number,
): readonly StreamsRecord[] {
  if (place.kind !== 'since') return records;
  const { at } = place;
  return records.filter((record) => {
    const created = record.dynamodb?.ApproximateCreationDateTime?.getTime();
    return created === undefined || created + granularityMs + CLOCK_DIFFERENCE_MS >= at;
  });
}
