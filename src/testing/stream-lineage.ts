import type { StreamViewType } from '@aws-sdk/client-dynamodb-streams';
import type { SeededRandom } from './random.ts';
import { HASH_SPACE } from './stream-records.ts';
import { type DescribeLag, type SequenceNumbers, type StreamShard, trimOldest } from './stream-shards.ts';

export interface LineageSettings {
  readonly rotateAfterMs: number;
  readonly retentionMs: number;
  readonly describeLagMs: number;
  readonly random: SeededRandom;
  readonly numbers: SequenceNumbers;
}

/** One stream and the shards that can be seen in it. Times are epoch ms. */
export interface StreamLineage {
  readonly arn: string;
  readonly label: string;
  readonly viewType: StreamViewType;
  readonly createdAt: number;
  readonly enabled: boolean;
  /** True once it was off for as long as records are kept. */
  readonly gone: boolean;
  /** In the order of their ids. */
  readonly shards: readonly StreamShard[];
  /** Open ones, in the order of their keys. */
  readonly open: readonly StreamShard[];
  /** Those that have left the stream included, in order of creation. */
  readonly history: readonly StreamShard[];
  shard(id: string): StreamShard | undefined;
  split(shard: StreamShard, now: number): readonly [StreamShard, StreamShard];
  rotate(shard: StreamShard, now: number): StreamShard;
  merge(shard: StreamShard, neighbour: StreamShard, now: number): StreamShard;
  disable(now: number): void;
  /** Does what was due until `now`: shards rotate, closed ones leave the stream. Cheap when nothing is due. */
  tend(now: number): void;
}

export interface NewStream {
  readonly arn: string;
  readonly label: string;
  readonly viewType: StreamViewType;
  /** Open shards at first. */
  readonly shards: number;
  readonly now: number;
}

export function createLineage(stream: NewStream, settings: LineageSettings): StreamLineage {
  const { random, numbers, rotateAfterMs, retentionMs, describeLagMs } = settings;
  const byId = new Map<string, StreamShard>();
  const history: StreamShard[] = [];
  let shards: readonly StreamShard[] = [];
  let open: readonly StreamShard[] = [];
  let disabledAt: number | undefined;
  /** Nothing is due before this. */
  let dueAt = Number.POSITIVE_INFINITY;

  const newId = (now: number): string => {
    const hex = random.integer(HASH_SPACE).toString(16).padStart(8, '0');
    const id = `shardId-${String(Math.floor(now)).padStart(20, '0')}-${hex}`;
    return byId.has(id) ? newId(now) : id;
  };

  const add = (from: number, to: number, parents: readonly StreamShard[], now: number): StreamShard => {
    const prefix = numbers.prefix(parents);
    // Not all at the same moment: up to a tenth sooner.
    const rotatesAt = now + rotateAfterMs - (random.integer(1_000) / 10_000) * finite(rotateAfterMs);
    const shard: StreamShard = {
      id: newId(now),
      streamArn: stream.arn,
      from,
      to,
      parents,
      children: [],
      prefix,
      startingNumber: numbers.next(prefix),
      createdAt: now,
      rotatesAt,
      closedAt: undefined,
      lag: undefined,
      entries: [],
      first: 0,
      lastTrimmed: undefined,
      lastNumber: undefined,
      gone: false,
      lost: [],
      polls: 0,
      readers: new Map(),
      maxReaders: 0,
      begun: false,
      readToEnd: false,
    };
    for (const parent of parents) parent.children.push(shard);
    byId.set(shard.id, shard);
    history.push(shard);
    return shard;
  };

  const arrange = () => {
    shards = [...byId.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
    open = shards.filter((shard) => shard.closedAt === undefined).sort((one, other) => one.from - other.from);
    dueAt = shards.reduce(
      (due, { closedAt, rotatesAt }) =>
        Math.min(due, closedAt === undefined ? rotatesAt : closedAt + retentionMs),
      Number.POSITIVE_INFINITY,
    );
  };

  const close = (shard: StreamShard, now: number) => {
    if (shard.closedAt !== undefined)
      throw new Error(`expected an open shard, got ${shard.id}, which is closed`);
    shard.closedAt = now;
    shard.lag = describeLagMs > 0 ? newLag(now) : undefined;
  };

  const newLag = (now: number): DescribeLag => {
    const until = now + random.next() * describeLagMs;
    const way = random.integer(3);
    return { until, parentOpen: way !== 0, childrenHidden: way !== 1 };
  };

  const rotate = (shard: StreamShard, now: number): StreamShard => {
    close(shard, now);
    const child = add(shard.from, shard.to, [shard], now);
    arrange();
    return child;
  };

  const leave = (shard: StreamShard) => {
    trimOldest(shard, shard.entries.length);
    shard.gone = true;
    byId.delete(shard.id);
  };

  for (let n = 0; n < stream.shards; n += 1) {
    const edge = (place: number) => Math.floor((place * HASH_SPACE) / stream.shards);
    add(edge(n), edge(n + 1), [], stream.now);
  }
  arrange();

  return {
    ...stream,
    createdAt: stream.now,
    get enabled() {
      return disabledAt === undefined;
    },
    get gone() {
      return disabledAt !== undefined && byId.size === 0;
    },
    get shards() {
      return shards;
    },
    get open() {
      return open;
    },
    history,
    shard: (id) => byId.get(id),
    split(shard, now) {
      if (shard.to - shard.from < 2) throw new Error(`expected a shard with keys to share, got ${shard.id}`);
      close(shard, now);
      const middle = Math.floor((shard.from + shard.to) / 2);
      const lower = add(shard.from, middle, [shard], now);
      const upper = add(middle, shard.to, [shard], now);
      arrange();
      return [lower, upper];
    },
    rotate,
    merge(shard, neighbour, now) {
      const [lower, upper] = shard.from < neighbour.from ? [shard, neighbour] : [neighbour, shard];
      if (lower.to !== upper.from) throw new Error('expected two shards with neighbouring keys to merge');
      close(shard, now);
      close(neighbour, now);
      const child = add(lower.from, upper.to, [shard, neighbour], now);
      arrange();
      return child;
    },
    disable(now) {
      for (const shard of open) shard.closedAt = now;
      // Switching off takes the service a while, by which all else is told.
      for (const shard of shards) shard.lag = undefined;
      disabledAt = now;
      arrange();
    },
    tend(now) {
      while (dueAt <= now) {
        const due = open.find((shard) => shard.rotatesAt <= dueAt);
        if (due) rotate(due, due.rotatesAt);
        else {
          for (const shard of shards)
            if (shard.closedAt !== undefined && shard.closedAt + retentionMs <= dueAt) leave(shard);
          arrange();
        }
      }
    },
  };
}

/** 0 for Infinity: what never comes cannot come sooner. */
function finite(ms: number): number {
  return Number.isFinite(ms) ? ms : 0;
}
