import type { LiveConnection } from '../../relay/ports.ts';
import { batchGet } from './batch.ts';
import { mapConcurrently } from './concurrency.ts';
import { isTold, liveConnectionOf, type News, newsOf, withMeta } from './live-row.ts';
import { isLive, LIVE_PARTITIONS, liveKey, livePartition, metaKey, partitionOf, type Row } from './rows.ts';
import { query, type RelayTable, update } from './table.ts';

/** Partitions of LIVE rows read at once. */
const PARTITIONS_AT_ONCE = 8;

/** LIVE rows told at once. */
const TOLD_AT_ONCE = 16;

/**
 * LIVE rows told in one pass at most. Each is a request, and as dear to a small function as sending several frames: after
 * a hundred thousand have come back at once a pass would otherwise do little else. The others cost a read a pass.
 */
const TOLD_IN_A_PASS = 5_000;

/** For so long every pass starts at the same partition: half the shortest time between two. */
const START_MS = 30_000;

/**
 * Every live connection, some partitions at a time, so that a caller who stops early does not pay for all. Where it
 * starts is drawn anew every 30 s: whatever part of all a pass gets through, and however often it runs, no connection
 * is for ever among those it does not come to.
 *
 * Init and the first operation tell META alone. Of a connection whose LIVE row was not told what they said, META is read
 * too, 100 a request, and then the LIVE row is told, so that the next pass need not read it again: 5 000 a pass at most.
 * @throws TablecastError `REGISTRY_UNAVAILABLE` when rows cannot be read; not when none can be told
 */
export async function* live(table: RelayTable): AsyncGenerator<LiveConnection> {
  const start = partitionOf(String(Math.floor(table.clock.now() / START_MS)), LIVE_PARTITIONS);
  const telling = createTelling(table);
  let news: readonly News[] = [];
  for (let first = 0; first < LIVE_PARTITIONS; first += PARTITIONS_AT_ONCE) {
    const partitions = Array.from({ length: PARTITIONS_AT_ONCE }, (_, n) =>
      livePartition((start + first + n) % LIVE_PARTITIONS),
    );
    const found = await telling.beside(news, () => read(table, partitions));
    news = found.flatMap(({ row, meta }) => (meta ? (newsOf(row, meta) ?? []) : []));
    for (const { row, meta } of found) {
      const connection = isLive(row, table.clock.now()) && liveConnectionOf(row);
      if (connection) yield meta ? withMeta(connection, meta) : connection;
    }
  }
  await telling.beside(news, async () => {});
}

/** A LIVE row, and META of its connection where that was to be read and stands. */
interface Found {
  readonly row: Row;
  readonly meta?: Row;
}

async function read(table: RelayTable, partitions: readonly string[]): Promise<readonly Found[]> {
  const pages = await mapConcurrently(partitions, PARTITIONS_AT_ONCE, (partition) => query(table, partition));
  const rows = pages.flat().filter((row) => isLive(row, table.clock.now()));
  const untold = rows.filter((row) => !isTold(row)).map((row) => metaKey(String(row['sk'])));
  const metas = new Map((await batchGet(table, untold)).map((row) => [row['pk'], row]));
  return rows.map((row) => {
    const meta = isTold(row) ? undefined : metas.get(metaKey(String(row['sk'])).pk);
    return meta ? { row, meta } : { row };
  });
}

/**
 * Tells LIVE rows what META says. Whoever sweeps has something better to do than to fail for it: after the first that
 * cannot be told no more are tried, and the next sweep reads META again.
 */
function createTelling(table: RelayTable) {
  let left = TOLD_IN_A_PASS;
  const tell = async (news: readonly News[]): Promise<void> => {
    const told = news.slice(0, left);
    left -= told.length;
    try {
      await mapConcurrently(told, TOLD_AT_ONCE, (each) =>
        update(table, liveKey(each.connectionId), each.change, each.condition),
      );
    } catch {
      left = 0;
    }
  };
  return {
    /** Beside `work`; nothing of either is under way any more once this settles as `work` did. */
    async beside<T>(news: readonly News[], work: () => Promise<T>): Promise<T> {
      const told = tell(news);
      try {
        return await work();
      } finally {
        await told;
      }
    },
  };
}
