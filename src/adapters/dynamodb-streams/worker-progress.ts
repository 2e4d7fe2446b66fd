import type { MonotonicClock } from '../../relay/ports.ts';
import type { ShardHealth, WorkerHealth } from './worker-port.ts';

/** What a worker notes about itself, for whoever asks how it is. */
export interface WorkerProgress {
  begin(shardId: string): void;
  /** A page was read and is to be delivered; its first record was written at `createdAt`, epoch ms. */
  reading(shardId: string, createdAt: number | undefined): void;
  /** It was delivered. */
  page(shardId: string, iteratorAgeMs: number): void;
  end(shardId: string): void;
  /** A renewal of a lease was heard, or what went wrong. */
  renewed(shardId: string, problem: string | undefined): void;
  /** The stream and its leases were looked at, or what went wrong. */
  looked(problem: string | undefined): void;
  /** Nothing will be read any more. */
  failed(detail: string): void;
  /** Whether the table has a stream to read. */
  stream(present: boolean): void;
  report(): Pick<WorkerHealth, 'ok' | 'shards' | 'problems'>;
  /** How far behind (ms) each shard is whose page is under way. */
  underWay(): readonly number[];
}

export interface WorkerProgressOptions {
  readonly clock: MonotonicClock;
  readonly staleAfterMs: number;
  readonly leaseMs: number;
}

interface ShardProgress extends ShardHealth {
  /** Monotonic ms of `progressedAt`. */
  readonly at: number;
  /** When the first record of the page under way was written, epoch ms. */
  readonly oldest?: number;
}

/** Something that works, or since when (monotonic ms) it does not, and why. */
interface Trouble {
  readonly since: number;
  readonly detail: string;
}

export function createWorkerProgress({
  clock,
  staleAfterMs,
  leaseMs,
}: WorkerProgressOptions): WorkerProgress {
  const shards = new Map<string, ShardProgress>();
  const renewals = new Map<string, Trouble>();
  let look: Trouble | undefined = { since: clock.monotonic() - leaseMs, detail: 'the worker has not begun' };
  let hasStream = true;
  let failure: string | undefined;

  const ahead = (shardId: string, iteratorAgeMs: number) =>
    void shards.set(shardId, { shardId, iteratorAgeMs, progressedAt: clock.now(), at: clock.monotonic() });
  const since = (before: Trouble | undefined, detail: string): Trouble => ({
    since: before?.since ?? clock.monotonic(),
    detail,
  });
  const ageOf = ({ iteratorAgeMs, oldest }: ShardProgress) =>
    oldest === undefined ? iteratorAgeMs : Math.max(iteratorAgeMs, clock.now() - oldest);
  const seconds = (from: number) => `${Math.round((clock.monotonic() - from) / 1_000)} s`;

  const problems = (): string[] => {
    const now = clock.monotonic();
    const found: string[] = [];
    if (failure !== undefined) found.push(`the worker reads no more: ${failure}`);
    if (!hasStream) found.push('the table has no stream that is on; waiting for one');
    if (look && now - look.since >= leaseMs)
      found.push(`stream and leases could not be looked at for ${seconds(look.since)}: ${look.detail}`);
    for (const [shardId, { since: from, detail }] of renewals)
      if (now - from >= leaseMs / 6)
        found.push(`the lease of ${shardId} could not be renewed for ${seconds(from)}: ${detail}`);
    for (const { shardId, at } of shards.values())
      if (now - at > staleAfterMs) found.push(`${shardId} has not got ahead for ${seconds(at)}`);
    return found;
  };

  return {
    begin: (shardId) => ahead(shardId, 0),
    reading(shardId, oldest) {
      const shard = shards.get(shardId);
      if (shard && oldest !== undefined) shards.set(shardId, { ...shard, oldest });
    },
    page: ahead,
    end(shardId) {
      shards.delete(shardId);
      renewals.delete(shardId);
    },
    renewed(shardId, problem) {
      if (problem === undefined) renewals.delete(shardId);
      else renewals.set(shardId, since(renewals.get(shardId), problem));
    },
    looked(problem) {
      look = problem === undefined ? undefined : since(look, problem);
    },
    failed(detail) {
      failure = detail;
    },
    stream(present) {
      hasStream = present;
    },
    report() {
      const found = problems();
      return {
        ok: found.length === 0,
        problems: found,
        shards: [...shards.values()].map((shard) => ({
          shardId: shard.shardId,
          progressedAt: shard.progressedAt,
          iteratorAgeMs: ageOf(shard),
        })),
      };
    },
    underWay: () => [...shards.values()].filter(({ oldest }) => oldest !== undefined).map(ageOf),
  };
}
