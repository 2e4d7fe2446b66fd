import type { LineageViolation, ShardRead } from './stream-options.ts';
import type { StreamEntry, StreamShard } from './stream-shards.ts';

export interface ReaderLimits {
  readonly readersPerShard: number;
  readonly readerWindowMs: number;
}

/** Who reads what, and whether they may. */
export interface StreamReaders {
  /** False when the shard has as many other readers as it may have. */
  admit(shard: StreamShard, readerId: string, now: number): boolean;
  /** Notes a page that is being handed out. */
  handOut(
    shard: StreamShard,
    readerId: string,
    page: { readonly entries: readonly StreamEntry[]; readonly closing: boolean; readonly now: number },
  ): void;
  readonly reads: readonly ShardRead[];
  readonly violations: readonly LineageViolation[];
  readonly maxReaders: number;
}

export function createStreamReaders(limits: ReaderLimits): StreamReaders {
  const reads: ShardRead[] = [];
  const violations: LineageViolation[] = [];
  const reported = new Set<string>();
  let maxReaders = 0;

  const violate = (parent: StreamShard, child: StreamShard, readerId: string, at: number) => {
    const pair = `${parent.id} ${child.id}`;
    if (reported.has(pair)) return;
    reported.add(pair);
    const told = child.parents[0] === parent;
    violations.push({ parent: parent.id, child: child.id, readerId, at, told });
  };

  return {
    reads,
    violations,
    get maxReaders() {
      return maxReaders;
    },
    admit(shard, readerId, now) {
      let asking = 1;
      for (const [id, at] of shard.readers) {
        if (id !== readerId && now - at < limits.readerWindowMs) asking += 1;
      }
      shard.maxReaders = Math.max(shard.maxReaders, asking);
      maxReaders = Math.max(maxReaders, asking);
      return asking <= limits.readersPerShard;
    },
    handOut(shard, readerId, { entries, closing, now }) {
      shard.polls += 1;
      shard.readers.set(readerId, now);
      if (entries.length === 0 && !closing) return;
      // Whichever of the two is read last tells that they were read in the wrong order, or at once.
      for (const parent of shard.parents) {
        if (parent.begun && !parent.readToEnd && !parent.gone) violate(parent, shard, readerId, now);
      }
      for (const child of shard.readToEnd ? [] : shard.children) {
        if (child.begun) violate(shard, child, readerId, now);
      }
      for (const entry of entries) entry.handedOut = true;
      shard.begun = true;
      if (closing) shard.readToEnd = true;
      const sequenceNumbers = entries.map(({ sequenceNumber }) => sequenceNumber);
      reads.push({
        readerId,
        streamArn: shard.streamArn,
        shardId: shard.id,
        at: now,
        sequenceNumbers,
        closing,
      });
    },
  };
}
