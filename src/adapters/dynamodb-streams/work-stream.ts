import { streamsFault } from './api.ts';
import { createBackoff } from './backoff.ts';
import { messageOf } from './deliver-batch.ts';
import { createHolding, type Holding } from './holding.ts';
import { type Claimable, planLeases } from './lease-plan.ts';
import { createLeaseWatch } from './lease-watch.ts';
import { type HeldLease, type Lease, STREAM_ITSELF } from './leases.ts';
import { forgettable, lineage, type ReadyShard, type StreamShape } from './shards.ts';
import { createStreamView, SEEK_INTERVAL_MS } from './stream-view.ts';
import { createWake } from './wake.ts';
import type { WorkDeps } from './work-deps.ts';
import { workShard } from './work-shard.ts';

/**
 * - `drained`: the stream is off and all of it was delivered, by whichever workers.
 * - `lost`: DynamoDB does not know the stream; what was not delivered is gone.
 * - `stopped`: the worker was told to stop.
 */
export type StreamEnd = 'drained' | 'lost' | 'stopped';

/** A stream that is off is left once it has told the same for so long: children may show a little later. */
const DRAINED_AFTER_MS = 5_000;
/** Looks that must say in a row that there is no such stream. */
const UNKNOWN_ANSWERS = 5;
const ERROR_BACKOFF = { baseMs: 200, capMs: 5_000 };

/**
 * Takes part in reading one stream: looks at its shards and leases at an interval, takes its share, and reads what it
 * holds, each shard in a loop of its own. `joined` is called after the first complete look.
 */
export async function workStream(streamArn: string, deps: WorkDeps, joined: () => void): Promise<StreamEnd> {
  const { clock, leases, logger, metrics, workerId, leaseMs, progress, stopping } = deps;
  const loops = new Map<string, Promise<void>>();
  /** Tokens of holdings that were given up because they could not be renewed: the rows may still name them. */
  const abandoned = new Map<string, string>();
  const view = createStreamView({ ...deps, streamArn });
  const watch = createLeaseWatch();
  const errors = createBackoff(ERROR_BACKOFF, deps.random);
  const wake = createWake();
  let endedBefore: ReadonlySet<string> | undefined;
  let unknown = 0;
  /** A shard ended here: its children are looked for more often than by those who only hear of it. */
  let eager = false;

  const run = async (ready: ReadyShard, holding: Holding): Promise<void> => {
    const shardId = ready.shard.id;
    const iterator = deps.iterators.get(shardId);
    deps.iterators.delete(shardId);
    progress.begin(shardId);
    try {
      const { reading: onRead, page: onPage } = progress;
      await workShard(ready, holding, { ...deps, streamArn, iterator, onRead, onPage });
    } finally {
      const end = await holding.close();
      if (end === 'fenced') abandoned.set(shardId, holding.lease.token);
      if (end === 'released') metrics.count('worker.lease-released');
      if (end === 'lost' || end === 'fenced') metrics.count('worker.lease-lost');
      if (end === 'ended') {
        logger.info({ event: 'worker.shard_ended', shardId, streamArn }, 'all of a shard was delivered');
        view.seekChildren(shardId);
        eager = true;
      } else logger.info({ event: 'worker.lease_released', shardId, end }, 'no longer reading a shard');
      deps.holdings.delete(holding);
      deps.outage.leave(shardId);
      progress.end(shardId);
      loops.delete(shardId);
      wake.now();
    }
  };

  const take = async (ready: ReadyShard, lease: Lease | undefined): Promise<void> => {
    const shardId = ready.shard.id;
    const takenAt = clock.monotonic();
    const held = await leases.take(
      { streamArn, shardId, counter: lease?.counter },
      { owner: workerId, leaseMs },
      ready.from,
    );
    if (!held) return;
    abandoned.delete(shardId);
    metrics.count('worker.lease-taken');
    const from = lease?.owner !== undefined && lease.owner !== workerId ? { from: lease.owner } : {};
    logger.info({ event: 'worker.lease_taken', shardId, ...from, place: ready.from.kind }, 'reading a shard');
    const holding = hold(held, takenAt);
    loops.set(shardId, run(ready, holding));
  };
  const hold = (held: HeldLease, takenAt: number): Holding => {
    const holding = createHolding(held, takenAt, {
      leases,
      clock,
      logger,
      leaseMs,
      onRenewal: (problem) => progress.renewed(held.shardId, problem),
    });
    deps.holdings.add(holding);
    if (stopping.aborted) holding.leave();
    return holding;
  };

  /** The stream as it is or, while nobody may look at it, as it was seen last: leases can be taken all the same. */
  const look = async (): Promise<{ readonly shape: StreamShape; readonly problem?: unknown }> => {
    try {
      const shape = await view.look(stopping);
      unknown = 0;
      return { shape };
    } catch (problem) {
      const shape = view.known();
      if (!shape || streamsFault(problem) !== 'transient') throw problem;
      return { shape, problem };
    }
  };

  /** One look, and what follows from it. */
  const round = async (): Promise<'drained' | undefined> => {
    const { shape, problem } = await look();
    const { enabled, shards } = shape;
    const askedAt = clock.monotonic();
    const rows = (await leases.list(streamArn)).filter(({ shardId }) => shardId !== STREAM_ITSELF);
    const answeredAt = clock.monotonic();
    const byId = new Map(rows.map((lease) => [lease.shardId, lease]));
    const checkpoints = new Map(rows.map(({ shardId, checkpoint }) => [shardId, checkpoint]));
    const { ready, missing, ended } = lineage(shards, checkpoints);
    const readable = [...ready, ...missing];
    const ids = readable.map(({ shard }) => shard.id);
    watch.observe(
      rows,
      ids.filter((id) => !byId.has(id)),
      { askedAt, answeredAt },
    );
    // Another worker's shard that ended may have children for this one.
    const endedNow = new Set(
      rows.filter(({ checkpoint }) => checkpoint.kind === 'end').map(({ shardId }) => shardId),
    );
    if (endedBefore) for (const id of endedNow) if (!endedBefore.has(id)) view.seekChildren(id);
    endedBefore = endedNow;

    const claimables = ids.map((shardId): Claimable => {
      const lease = byId.get(shardId);
      const token = abandoned.get(shardId);
      return {
        shardId,
        lease,
        unchangedMs: watch.unchangedMs(shardId),
        mine: loops.has(shardId),
        abandoned: token !== undefined && lease?.token === token,
      };
    });
    const plan = planLeases({
      workerId,
      shards: claimables,
      overdueMs: 2 * deps.takeIntervalMs,
      random: deps.random,
    });
    if (stopping.aborted) return undefined;
    const wanted = new Map(plan.take.map(({ shardId, lease }) => [shardId, lease]));
    const took = await Promise.allSettled(
      readable
        .filter(({ shard }) => wanted.has(shard.id))
        .map((each) => take(each, wanted.get(each.shard.id))),
    );
    for (const each of took) if (each.status === 'rejected') throw each.reason;
    if (plan.ask) await ask(plan.ask);
    if (problem !== undefined) throw problem;
    for (const id of forgettable(shards, checkpoints, clock.now())) {
      const lease = byId.get(id);
      if (lease) await leases.forget(lease);
    }
    const done = !enabled && shards.every(({ id }) => ended(id)) && missing.length === 0 && loops.size === 0;
    return done && view.settledMs() >= DRAINED_AFTER_MS ? 'drained' : undefined;
  };

  const asked = new Set<string>();
  const ask = async (lease: Lease): Promise<void> => {
    if (!(await leases.ask(lease, workerId))) return;
    asked.add(lease.shardId);
    logger.info(
      { event: 'worker.lease_asked', shardId: lease.shardId, of: lease.owner },
      'asked another worker for one of its shards',
    );
  };

  try {
    while (!stopping.aborted) {
      let waitMs = deps.takeIntervalMs;
      try {
        if ((await round()) === 'drained') return 'drained';
        errors.reset();
        deps.outage.over('stream');
        progress.looked(undefined);
        joined();
        eager &&= view.seeking();
        if (eager) waitMs = Math.min(waitMs, SEEK_INTERVAL_MS);
      } catch (error) {
        if (stopping.aborted) break;
        if (streamsFault(error) === 'not-found') {
          unknown += 1;
          if (unknown >= UNKNOWN_ANSWERS && !(await isNewest(streamArn, deps))) return 'lost';
        }
        progress.looked(messageOf(error));
        const entry = { event: 'worker.look_error', streamArn, detail: messageOf(error) };
        deps.outage.met('stream', entry, 'looking at the stream and its leases failed; trying again');
        waitMs = errors.next();
      }
      await wake.wait((signal) => clock.sleep(waitMs, signal), stopping);
    }
    return 'stopped';
  } finally {
    for (const holding of deps.holdings) holding.leave();
    await Promise.all(loops.values());
    await Promise.all(
      [...asked].map((shardId) => leases.withdraw(streamArn, shardId, workerId).catch(() => {})),
    );
  }
}

/** Whether the table says that this is its newest stream; in doubt it is. */
async function isNewest(streamArn: string, { resolveStream, stopping }: WorkDeps): Promise<boolean> {
  try {
    return (await resolveStream(stopping)) === streamArn;
  } catch (error) {
    return streamsFault(error) !== 'not-found';
  }
}
