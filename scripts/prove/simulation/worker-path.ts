import { createDynamoDBLeases } from '../../../src/adapters/dynamodb/leases.ts';
import { createFakeStreams } from '../../../src/testing/fake-streams.ts';
import type { FakeStreams } from '../../../src/testing/stream-options.ts';
import { judge, type Verdict } from './checker.ts';
import { runClients } from './clients.ts';
import { Stalled } from './clock.ts';
import type { Commit } from './history.ts';
import { imageOf, TABLE } from './items.ts';
import { runKeepAlive, runOutages } from './nemesis.ts';
import { between } from './randomness.ts';
import { type Rates, STEADY } from './rates.ts';
import type { RunTrial } from './trial.ts';
import { createFleet, type Fleet } from './worker-fleet.ts';
import { LEASE_MS } from './worker-process.ts';
import { createWorld, RELAY_TABLE, type World } from './world.ts';
import { itemIds, runWriter, type Stream } from './writer.ts';

/** Virtual ms after the last change within which everything must have been delivered. */
const REST_MS = 60_000;
const RUN_MS = 3_600_000;
const CALM_SHARE = 0.1;
const PAUSE_MS = 4_000;
const MOST_READERS = 2;

/** T2: some workers read a stream whose shards change all the time, and die, freeze, join and leave; in virtual time. */
export const runWorkerTrial: RunTrial = async (seed, size, { log, signal } = {}) => {
  const world = createWorld({ seed, rates: ratesFor(seed), settings: {}, log });
  const { clock, history } = world;
  const isWide = seed % 8 === 5;
  const streams = createStreams(world, isWide);
  const stream: Stream = {
    append({ id, before, after }) {
      const written = streams.write(TABLE, {
        keys: { id: { S: id } },
        ...(after && { newImage: imageOf(after) }),
        ...(before && { oldImage: imageOf(before) }),
      });
      if (!written) throw new Error('expected every write to change something, and one did not');
      return written;
    },
  };
  const random = world.random('worker path');
  const fleet = createFleet(world, streams, {
    batchSize: random.pick([5, 20, 100]),
    pollIntervalMs: isWide ? 2_000 : 250,
    merges: !tellsLate(seed),
  });
  const ids = itemIds(size.items);
  let isOver = false;
  let isDone = false;
  let stalled = '';
  let dead: string[] = [];
  try {
    const storm = async () => {
      while (fleet.alive.length === 0) await fleet.join();
      const clients = runClients(world, { ...size, ids, isOver: () => isOver });
      void runOutages(world);
      void runKeepAlive(world, () => isDone);
      void runStrikes(world, fleet);
      await clock.sleep(3_000);
      await runWriter(world, stream, {
        ids,
        changes: Math.ceil(size.changes * (1 - CALM_SHARE)),
        pauseMs: PAUSE_MS,
      });
      isOver = true;
      await clients;
    };
    await clock.run(storm(), RUN_MS, signal);
    world.calm();
    streams.faulty = false;
    const rest = async () => {
      fleet.thaw();
      while (fleet.alive.length < 2) await fleet.join();
      await runWriter(world, stream, { ids, changes: size.changes, pauseMs: PAUSE_MS });
      await clock.sleep(REST_MS);
      isDone = true;
      dead = await heldByTheDead(world, streams, fleet);
      await fleet.stop();
    };
    await clock.run(rest(), RUN_MS, signal);
  } catch (error) {
    if (!(error instanceof Stalled)) throw error;
    stalled = error.message;
  }
  const verdict = judge(history, clock.now());
  const report = (fault: 'stalled' | 'disordered', text: string) => {
    verdict[fault] += 1;
    verdict.violations.push(`${fault}: ${text}`);
  };
  if (stalled !== '') report('stalled', stalled);
  for (const lease of dead) report('stalled', lease);
  for (const text of world.checkpoints.violations) report('disordered', text);
  judgeReaders(streams, report);
  verdict.violations.push(...whoRead(verdict, history.commits, streams));
  return {
    seed,
    verdict,
    hash: history.hash(),
    seconds: clock.monotonic() / 1_000,
    measures: {
      ...Object.fromEntries(fleet.deeds),
      shards: streams.shards(TABLE).length,
      postFaults: world.gateway.faulty,
      requestFaults: world.requestFaults,
      streamFaults: [...streams.faultCounts.values()].reduce((sum, count) => sum + count, 0),
      connections: history.connections.size,
      warmHits: world.counts.get('warm.hit') ?? 0,
      warmLoads: world.counts.get('warm.load') ?? 0,
      gaps: world.counts.get('worker.gap') ?? 0,
    },
  };
};

/** Every fourth seed has gaps told: records said to be trimmed, which end every subscription. */
const hasGaps = (seed: number) => seed % 4 === 2;

/**
 * Every other seed DescribeStream tells late what became of the shards; in the others shards merge. Not both: of a shard
 * that is told to be open still, nobody can know that it has a child which names another parent.
 */
const tellsLate = (seed: number) => seed % 2 === 0;

function ratesFor(seed: number): Rates {
  return hasGaps(seed) ? { ...STEADY, post: STEADY.post / 2 } : STEADY;
}

function createStreams(world: World, isWide: boolean): FakeStreams {
  const { clock, seed } = world;
  const streams = createFakeStreams({
    clock,
    seed,
    latencyMs: 10,
    describeLagMs: tellsLate(seed) ? 4_000 : 0,
    iteratorLifeMs: 20_000,
    pages: { empty: 0.05, short: 0.05 },
    faults: {
      limitExceeded: 0.02,
      throttling: 0.01,
      internalError: 0.01,
      unavailable: 0.01,
      network: 0.01,
      timeout: 0.005,
      expiredIterator: 0.01,
      ...(hasGaps(seed) && { trimmed: 0.0005 }),
    },
  });
  // More than DescribeStream tells in one page.
  streams.createTable(TABLE, { shards: isWide ? 110 : between(world.random('shards'), 1, 4) });
  return streams;
}

/** Every few seconds something happens to a worker or to the stream, until all is calm. */
async function runStrikes(world: World, fleet: Fleet): Promise<void> {
  const random = world.random('strikes');
  for (;;) {
    await world.clock.sleep(between(random, 500, 6_000));
    if (world.isCalm) return;
    await fleet.strike();
  }
}

/** One more worker is killed while others live: what it held must be another's within two lease times. */
async function heldByTheDead(world: World, streams: FakeStreams, fleet: Fleet): Promise<string[]> {
  const killed = fleet.kill();
  await world.clock.sleep(2 * LEASE_MS);
  const leases = createDynamoDBLeases({ client: world.table, tableName: RELAY_TABLE, clock: world.clock });
  const held = await leases.list(streams.latestStreamArn(TABLE));
  return held
    .filter(({ owner }) => owner !== undefined && owner === killed)
    .map(({ shardId }) => `shard ${shardId} is still held by ${killed}, killed two lease times ago`);
}

/** Of the changes that the first violation names: who was given them, and when. */
function whoRead(verdict: Verdict, commits: readonly Commit[], streams: FakeStreams): string[] {
  const [first = ''] = verdict.violations;
  const changes = [...first.matchAll(/change (\d+)(?: after (\d+))?/g)].flatMap(([, ...own]) => own);
  return changes.flatMap((change) => {
    const { sequenceNumber = '' } = commits[Number(change)] ?? {};
    const shards = new Map(streams.shards(TABLE).map((shard) => [shard.shardId, shard]));
    return streams.reads
      .filter(({ sequenceNumbers }) => sequenceNumbers.includes(sequenceNumber))
      .map(({ readerId, shardId, at }) => {
        const parents = shards.get(shardId)?.parents.join(' and ') ?? '';
        return `change ${change} was given to ${readerId} at ${new Date(at).toISOString()} from ${shardId}, child of ${parents || 'none'}`;
      });
  });
}

function judgeReaders(
  streams: FakeStreams,
  report: (fault: Extract<keyof Verdict, 'stalled' | 'disordered'>, text: string) => void,
): void {
  if (streams.maxReaders > MOST_READERS) {
    report('disordered', `expected at most ${MOST_READERS} readers of a shard, got ${streams.maxReaders}`);
  }
  for (const { parent, child, readerId, told } of streams.childReadBeforeParentEnd) {
    // The other parent of a merge is told to nobody: there the order of each item's changes is what is judged.
    if (told)
      report(
        'disordered',
        `${readerId} was given records of ${child} before the end of its parent ${parent}`,
      );
  }
}
