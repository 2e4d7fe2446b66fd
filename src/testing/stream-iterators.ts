import type { GetShardIteratorInput } from '@aws-sdk/client-dynamodb-streams';
import { streamErrors } from './stream-failures.ts';
import { endOf, type StreamShard } from './stream-shards.ts';

/** What an iterator stands for. */
export interface IteratorPlace {
  readonly streamArn: string;
  readonly shardId: string;
  /** The record it is before, counted from the shard's first ever. */
  readonly index: number;
  /** Epoch ms. */
  readonly issuedAt: number;
  /** How often all iterators had been made to expire when it was given out. */
  readonly era: number;
}

/** An iterator as text: opaque to readers, complete in itself, so that thousands cost nothing to keep. */
export function iteratorText({ streamArn, shardId, index, issuedAt, era }: IteratorPlace): string {
  return `${streamArn}|1|${shardId}|${index}|${issuedAt}|${era}`;
}

/** @throws ValidationException for what was never given out */
export function parseIterator(text: string | undefined): IteratorPlace {
  const [streamArn = '', version, shardId = '', index, issuedAt, era] = text?.split('|') ?? [];
  if (version !== '1' || era === undefined) throw streamErrors.invalid('Invalid ShardIterator');
  return { streamArn, shardId, index: Number(index), issuedAt: Number(issuedAt), era: Number(era) };
}

/**
 * Where a new iterator begins, as an index. LATEST is settled now, not at its first use.
 * @throws TrimmedDataAccessException for a number at or before the last trimmed one
 * @throws ValidationException for a number that is missing, uncalled for, or not between the shard's first and last
 */
export function placeOfType(shard: StreamShard, input: GetShardIteratorInput): number {
  switch (input.ShardIteratorType) {
    case 'TRIM_HORIZON':
    case 'LATEST':
      if (input.SequenceNumber !== undefined) {
        throw streamErrors.invalid(`expected no SequenceNumber with ${input.ShardIteratorType}, got one`);
      }
      return input.ShardIteratorType === 'LATEST' ? endOf(shard) : shard.first;
    case 'AT_SEQUENCE_NUMBER':
    case 'AFTER_SEQUENCE_NUMBER': {
      const number = sequenceNumber(input.SequenceNumber);
      if (number < shard.startingNumber || number > (shard.lastNumber ?? shard.startingNumber)) {
        throw streamErrors.invalid('expected a SequenceNumber of this shard, got one of another');
      }
      if (shard.lastTrimmed !== undefined && number <= shard.lastTrimmed) throw streamErrors.trimmed();
      return shard.first + entriesBefore(shard, number, input.ShardIteratorType === 'AFTER_SEQUENCE_NUMBER');
    }
    default:
      throw streamErrors.invalid(
        `expected one of four values of ShardIteratorType, got ${input.ShardIteratorType}`,
      );
  }
}

function sequenceNumber(text: string | undefined): bigint {
  if (text === undefined || !/^\d{21,40}$/.test(text)) {
    throw streamErrors.invalid('expected a SequenceNumber of 21 to 40 decimal digits');
  }
  return BigInt(text);
}

/** How many of the shard's entries are below `number`, or, when `through`, at or below it. */
function entriesBefore({ entries }: StreamShard, number: bigint, through: boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry && (entry.number < number || (through && entry.number === number))) low = middle + 1;
    else high = middle;
  }
  return low;
}
