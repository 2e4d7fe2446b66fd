import type { DynamoDBRecord } from 'aws-lambda';
import { doneCount, type Invoke } from '../adapters/dynamodb-streams/batch.ts';

/** Records kept, and bytes of JSON they may come to together: a record may hold two items of 400 KB. */
export const MAX_RECORDS = 1_000;
export const MAX_BYTES = 64 * 1024 * 1024;

/** A stream record that the local loop handed to the stream handler. */
export interface RecentRecord {
  readonly record: DynamoDBRecord;
  /** Epoch ms at which it was first handed over. */
  readonly handedOverAt: number;
  /** Epoch ms at which the handler had answered that it was done; absent before. */
  readonly doneAt?: number;
  /** Times it was handed over. */
  readonly attempts: number;
}

/** The latest records of the local loop, in memory. */
export interface RecentRecords {
  readonly size: number;
  /** Keeps what passes through `invoke` on its way to the handler, and what the handler answers. */
  watch(invoke: Invoke): Invoke;
  /** The latest `count`, oldest first. */
  last(count: number): readonly RecentRecord[];
  find(eventId: string): RecentRecord | undefined;
}

interface Kept extends RecentRecord {
  readonly bytes: number;
}

export function createRecentRecords(now: () => number = Date.now): RecentRecords {
  /** By event id, oldest first. */
  const kept = new Map<string, Kept>();
  let bytes = 0;

  const keep = (record: DynamoDBRecord) => {
    const { eventID } = record;
    if (eventID === undefined) return;
    const known = kept.get(eventID);
    if (known) {
      kept.set(eventID, { ...known, attempts: known.attempts + 1 });
      return;
    }
    const size = Buffer.byteLength(JSON.stringify(record));
    kept.set(eventID, { record, handedOverAt: now(), attempts: 1, bytes: size });
    bytes += size;
    for (const [oldest, { bytes: freed }] of kept) {
      if (kept.size <= MAX_RECORDS && bytes <= MAX_BYTES) break;
      kept.delete(oldest);
      bytes -= freed;
    }
  };

  return {
    get size() {
      return kept.size;
    },
    watch: (invoke) => async (event, signal) => {
      for (const record of event.Records) keep(record);
      const response = await invoke(event, signal);
      const done = event.Records.slice(0, doneCount(event.Records, response));
      for (const { eventID } of done) {
        const known = eventID === undefined ? undefined : kept.get(eventID);
        if (eventID !== undefined && known) kept.set(eventID, { ...known, doneAt: now() });
      }
      return response;
    },
    last: (count) => [...kept.values()].slice(-Math.max(1, count)),
    find: (eventId) => kept.get(eventId),
  };
}
