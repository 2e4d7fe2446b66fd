import { describe, expect, test } from '@jest/globals';
import { createSeededRandom } from '../../../src/testing/random.ts';
import { judge, LEASE_MS, TABLE, workerWorld } from './worker-world.ts';

const KEYS = Array.from({ length: 30 }, (_, n) => `k${n}`);

/** Two minutes of everything at once, then calm: what it came to. */
async function chaos(seed: number) {
  const random = createSeededRandom(seed);
  const t = workerWorld({
    seed,
    shards: 3,
    describeLagMs: 2_000,
    describeLimit: { ratePerSecond: 10, burst: 10 },
    pages: { empty: 0.1, short: 0.2 },
    faults: {
      limitExceeded: 0.02,
      internalError: 0.02,
      network: 0.02,
      timeout: 0.005,
      notFound: 0.01,
      expiredIterator: 0.02,
      trimmed: 0.01,
    },
  });
  let names = 0;
  const live = new Map<string, ReturnType<typeof t.worker>>();
  const join = () => {
    const name = `w${names++}`;
    const deliver = t.deliverAs(name);
    const each = t.worker(name, {
      clock: t.clock.skewed(random.integer(600_000) - 300_000),
      random: () => random.next(),
      batchSize: 1 + random.integer(20),
      deliver: async (records, how) => {
        // Posts take time, one after the other; some of a page fail, some pages fail whole.
        for (const [at, record] of records.entries()) {
          if (how.signal.aborted || random.chance(0.02))
            return { batchItemFailures: [{ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' }] };
          if (random.chance(0.3)) await t.clock.sleep(random.integer(50), how.signal);
          if (how.signal.aborted)
            return { batchItemFailures: [{ itemIdentifier: records[at]?.dynamodb?.SequenceNumber ?? '' }] };
          await deliver([record], how);
        }
        if (random.chance(0.02)) throw new Error('the handler failed after it had delivered');
        return { batchItemFailures: [] };
      },
    });
    live.set(name, each);
    return each.begin();
  };
  const one = () => {
    const names = [...live.keys()];
    return live.get(names[random.integer(names.length)] ?? '');
  };
  await t.clock.run(join());

  const happen = () => {
    const open = t.streams.openShards(TABLE);
    const pick = open[random.integer(open.length)] ?? '';
    const what = random.integer(12);
    if (what === 0 && open.length < 8) t.streams.split(pick);
    if (what === 1) t.streams.rotate(pick);
    const at = random.integer(Math.max(1, open.length - 1));
    if (what === 2 && open.length > 2) t.streams.merge(open[at] ?? '', open[at + 1] ?? '');
    if (what === 3 && live.size < 5) void join();
    if (what === 4 && live.size > 1) {
      const each = one();
      if (each) live.delete(each.name);
      void each?.stopping(20_000);
    }
    if (what === 5 && live.size > 1) {
      const each = one();
      if (each) live.delete(each.name);
      each?.kill();
    }
    if (what === 6) {
      const each = one();
      each?.freeze();
      void t.clock.sleep(random.integer(3 * LEASE_MS)).then(() => each?.resume());
    }
    if (what === 7) {
      const each = one();
      each?.breakLeases();
      void t.clock.sleep(random.integer(2 * LEASE_MS)).then(() => each?.mendLeases());
    }
    if (what === 8) t.streams.expireIterators();
    if (what === 9 && random.chance(0.3)) {
      t.streams.disable(TABLE);
      t.streams.enable(TABLE, { shards: 1 + random.integer(4) });
    }
  };
  for (let second = 0; second < 120; second += 1) {
    for (let n = 0; n < 8; n += 1) t.write(KEYS[random.integer(KEYS.length)] ?? '');
    if (random.chance(0.25)) happen();
    await t.clock.advance(1_000);
  }
  t.streams.faulty = false;
  if (live.size === 0) await join();
  // Everything is delivered within a bound once faults have ended: frozen workers wake, leases run out, shards are read.
  await t.clock.advance(120_000);
  const told = t.streams.childReadBeforeParentEnd.filter((each) => each.told);
  const result = { ...judge(t), told, gaps: t.gaps.length, readers: t.streams.maxReaders };
  for (const each of live.values()) {
    each.resume();
    each.mendLeases();
    void each.stopping(1_000);
  }
  await t.clock.advance(60_000);
  return { ...result, t };
}

const SEEDS = Number(process.env['WORKER_CHAOS_SEEDS'] ?? 6);
const FROM = Number(process.env['WORKER_CHAOS_FROM'] ?? 1);

describe('C2 C3 everything that happens in the field, at once', () => {
  test.each(Array.from({ length: SEEDS }, (_, n) => n + FROM))(
    'seed %d: nothing lost, first deliveries in order, no child before its parent, no gap',
    async (seed) => {
      const { lost, outOfOrder, told, gaps } = await chaos(seed);
      expect({ lost, outOfOrder, told, gaps }).toEqual({ lost: [], outOfOrder: [], told: [], gaps: 0 });
    },
    60_000,
  );
});
