import type {
  GetRecordsInput,
  GetRecordsOutput,
  GetShardIteratorInput,
} from '@aws-sdk/client-dynamodb-streams';
import type { SeededRandom } from './random.ts';
import { streamErrors } from './stream-failures.ts';
import { iteratorText, parseIterator, placeOfType } from './stream-iterators.ts';
import type { StreamLineage } from './stream-lineage.ts';
import type { PageFaults } from './stream-options.ts';
import type { StreamReaders } from './stream-readers.ts';
import { endOf, type StreamEntry, type StreamShard, trimUntil } from './stream-shards.ts';

/** Limits of one page. */
const MAX_PAGE_RECORDS = 1_000;
const MAX_PAGE_BYTES = 1024 * 1024;

export interface CallSettings {
  readonly retentionMs: number;
  readonly iteratorLifeMs: number;
  readonly pages: PageFaults;
}

/** What the calls see of the rest. */
export interface CallWorld {
  readonly settings: CallSettings;
  readonly readers: StreamReaders;
  readonly random: SeededRandom;
  /** How often all iterators were made to expire. */
  readonly era: number;
  /** False: pages are as full as they can be. */
  readonly faulty: boolean;
  /** The stream as it is now. @throws ResourceNotFoundException */
  stream(arn: string | undefined): StreamLineage;
}

/** GetShardIterator at `now` (epoch ms). @returns the iterator */
export function getShardIterator(world: CallWorld, input: GetShardIteratorInput, now: number): string {
  const shard = shardOf(world, input.StreamArn, input.ShardId, now);
  const index = placeOfType(shard, input);
  return iteratorText({
    streamArn: shard.streamArn,
    shardId: shard.id,
    index,
    issuedAt: now,
    era: world.era,
  });
}

/** GetRecords at `now` (epoch ms) by one reader. */
export function getRecords(
  world: CallWorld,
  input: GetRecordsInput,
  readerId: string,
  now: number,
): GetRecordsOutput {
  const { settings, readers, era } = world;
  const limit = pageLimit(input.Limit);
  const place = parseIterator(input.ShardIterator);
  if (place.era < era || now - place.issuedAt >= settings.iteratorLifeMs) throw streamErrors.expired();
  const shard = shardOf(world, place.streamArn, place.shardId, now);
  if (!readers.admit(shard, readerId, now)) throw streamErrors.tooManyReaders();
  if (place.index < shard.first) throw streamErrors.trimmed();
  const offset = place.index - shard.first;
  const count = givenCount(world, fittingCount(shard.entries, offset, limit));
  const entries = shard.entries.slice(offset, offset + count);
  const index = place.index + count;
  const closing = shard.closedAt !== undefined && index === endOf(shard);
  readers.handOut(shard, readerId, { entries, closing, now });
  const { streamArn, shardId } = place;
  return {
    Records: entries.map(({ record }) => record),
    ...(!closing && { NextShardIterator: iteratorText({ streamArn, shardId, index, issuedAt: now, era }) }),
  };
}

function shardOf(
  world: CallWorld,
  streamArn: string | undefined,
  shardId: string | undefined,
  now: number,
): StreamShard {
  const shard = world.stream(streamArn).shard(shardId ?? '');
  if (!shard) throw streamErrors.shardNotFound(shardId);
  trimUntil(shard, now - world.settings.retentionMs);
  return shard;
}

function pageLimit(limit: number | undefined): number {
  if (limit === undefined) return MAX_PAGE_RECORDS;
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE_RECORDS) return limit;
  throw streamErrors.invalid(`expected a Limit of 1 to ${MAX_PAGE_RECORDS}, got ${limit}`);
}

/** How many entries from `offset` on make a page; one always does, however large. */
function fittingCount(entries: readonly StreamEntry[], offset: number, limit: number): number {
  const most = Math.min(limit, entries.length - offset);
  let bytes = 0;
  for (let count = 0; count < most; count += 1) {
    bytes += entries[offset + count]?.bytes ?? 0;
    if (bytes > MAX_PAGE_BYTES && count > 0) return count;
  }
  return most;
}

/** How many of them this page has. */
function givenCount({ settings: { pages }, random, faulty }: CallWorld, fitting: number): number {
  if (!faulty || fitting === 0) return fitting;
  if (pages.empty !== undefined && random.chance(pages.empty)) return 0;
  if (pages.short !== undefined && random.chance(pages.short)) return 1 + random.integer(fitting);
  return fitting;
}
