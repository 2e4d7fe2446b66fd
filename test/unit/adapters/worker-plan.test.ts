import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Claimable, planLeases } from '../../../src/adapters/dynamodb-streams/lease-plan.ts';
import { createLeaseWatch } from '../../../src/adapters/dynamodb-streams/lease-watch.ts';
import type { Lease } from '../../../src/adapters/dynamodb-streams/leases.ts';

const LEASE_MS = 10_000;
const OVERDUE_MS = 4_000;

function lease(shardId: string, owner?: string, more: Partial<Lease> = {}): Lease {
  return {
    streamArn: 'arn',
    shardId,
    counter: 1,
    leaseMs: LEASE_MS,
    checkpoint: { kind: 'beginning' },
    ...(owner !== undefined && { owner, token: `${owner}-${shardId}` }),
    ...more,
  };
}

function claimable(of: Lease | string, more: Partial<Claimable> = {}): Claimable {
  const [shardId, row] = typeof of === 'string' ? [of, undefined] : [of.shardId, of];
  return { shardId, lease: row, unchangedMs: 0, mine: false, abandoned: false, ...more };
}

const plan = (shards: readonly Claimable[]) =>
  planLeases({ workerId: 'me', shards, overdueMs: OVERDUE_MS, random: () => 0.5 });
const taken = (shards: readonly Claimable[]) => plan(shards).take.map(({ shardId }) => shardId);

describe('what a worker does about the leases it sees', () => {
  test('alone, it takes all there is', () => {
    expect(taken([claimable('s1'), claimable(lease('s2')), claimable(lease('s3'))]).sort()).toEqual([
      's1',
      's2',
      's3',
    ]);
  });

  test('it takes its share, rounded up, and leaves the rest to the others', () => {
    const others = [claimable(lease('s1', 'a')), claimable(lease('s2', 'b'))];
    const free = ['s3', 's4', 's5', 's6', 's7'].map((id) => claimable(lease(id)));
    expect(taken([...others, ...free])).toHaveLength(3);
  });

  test('a free lease nobody took for a while is taken beyond the share', () => {
    const mine = claimable(lease('s1', 'me'), { mine: true });
    const theirs = claimable(lease('s2', 'a'));
    expect(taken([mine, theirs, claimable(lease('s3'))])).toEqual(['s3']);
    const full = [mine, claimable(lease('s4', 'me'), { mine: true }), theirs];
    expect(taken([...full, claimable(lease('s3'))])).toEqual([]);
    expect(taken([...full, claimable(lease('s3'), { unchangedMs: OVERDUE_MS })])).toEqual(['s3']);
  });

  test('the lease of another is free once it stood still for its own length, and not before', () => {
    expect(taken([claimable(lease('s1', 'a'), { unchangedMs: LEASE_MS - 1 })])).toEqual([]);
    expect(taken([claimable(lease('s1', 'a'), { unchangedMs: LEASE_MS })])).toEqual(['s1']);
    expect(taken([claimable(lease('s1', 'a', { leaseMs: 60_000 }), { unchangedMs: LEASE_MS })])).toEqual([]);
  });

  test("a row that bears my name but is not held by this process is another's, unless this process gave it up", () => {
    expect(taken([claimable(lease('s1', 'me'))])).toEqual([]);
    expect(taken([claimable(lease('s1', 'me'), { abandoned: true })])).toEqual(['s1']);
  });

  test('a lease left to another is its own for a lease length; left to me it is taken, whatever my share', () => {
    const left = (to: string, unchangedMs = 0) =>
      claimable(lease('s1', undefined, { wanted: to }), { unchangedMs });
    expect(taken([left('a')])).toEqual([]);
    expect(taken([left('a', LEASE_MS)])).toEqual(['s1']);
    const full = ['s2', 's3'].map((id) => claimable(lease(id, 'me'), { mine: true }));
    expect(taken([...full, claimable(lease('s4', 'a')), left('me')])).toEqual(['s1']);
  });

  test('it asks for one lease of the fullest, only when none is free, and only if that makes the shares more even', () => {
    const of = (owner: string, ids: readonly string[]) => ids.map((id) => claimable(lease(id, owner)));
    expect(plan(of('a', ['s1', 's2'])).ask?.owner).toBe('a');
    expect(plan(of('a', ['s1'])).ask).toBeUndefined();
    expect(plan([...of('a', ['s1', 's2', 's3']), ...of('b', ['s4', 's5'])]).ask?.owner).toBe('a');
    expect(plan([...of('a', ['s1', 's2', 's3']), claimable(lease('s4'))]).ask).toBeUndefined();
    const mine = claimable(lease('s0', 'me'), { mine: true });
    expect(plan([mine, ...of('a', ['s1', 's2'])]).ask).toBeUndefined();
    expect(plan([mine, ...of('a', ['s1', 's2', 's3'])]).ask?.owner).toBe('a');
  });

  test('while it waits for one it asks for no other, and asks for none that is wanted already', () => {
    const asked = claimable(lease('s1', 'a', { wanted: 'me' }));
    const rest = ['s2', 's3'].map((id) => claimable(lease(id, 'a')));
    expect(plan([asked, ...rest]).ask).toBeUndefined();
    const wanted = ['s1', 's2'].map((id) => claimable(lease(id, 'a', { wanted: 'b' })));
    expect(plan(wanted).ask).toBeUndefined();
  });

  test('law: workers that act by it, one at a time and in any order, come to even shares and then to rest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 60, maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        (shards, turns, workers) => {
          const owners = new Map<string, string>();
          const ids = Array.from({ length: shards }, (_, n) => `s${n}`);
          const act = (workerId: string): boolean => {
            const seen = ids.map((id) =>
              claimable(lease(id, owners.get(id)), {
                mine: owners.get(id) === workerId,
                unchangedMs: OVERDUE_MS,
              }),
            );
            const { take, ask } = planLeases({
              workerId,
              shards: seen,
              overdueMs: OVERDUE_MS,
              random: () => 0.3,
            });
            for (const { shardId } of take) owners.set(shardId, workerId);
            if (ask) owners.set(ask.shardId, workerId);
            return take.length > 0 || ask !== undefined;
          };
          for (const turn of turns) act(`w${turn % workers}`);
          for (let round = 0; round < 40; round += 1) for (let n = 0; n < workers; n += 1) act(`w${n}`);
          const counts = Array.from(
            { length: workers },
            (_, n) => [...owners.values()].filter((owner) => owner === `w${n}`).length,
          );
          expect(owners.size).toBe(shards);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
          for (let n = 0; n < workers; n += 1) expect(act(`w${n}`)).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('how long a lease has stood still', () => {
  const row = (counter: number) => lease('s1', 'a', { counter });

  test('from the end of the read that first saw it to the begin of the last one', () => {
    const watch = createLeaseWatch();
    watch.observe([row(1)], [], { askedAt: 0, answeredAt: 500 });
    expect(watch.unchangedMs('s1')).toBe(0);
    watch.observe([row(1)], [], { askedAt: 2_000, answeredAt: 9_000 });
    expect(watch.unchangedMs('s1')).toBe(1_500);
    watch.observe([row(1)], [], { askedAt: 12_000, answeredAt: 12_001 });
    expect(watch.unchangedMs('s1')).toBe(11_500);
  });

  test('any change begins anew, and so does a row that was away', () => {
    const watch = createLeaseWatch();
    watch.observe([row(1)], [], { askedAt: 0, answeredAt: 0 });
    watch.observe([row(2)], [], { askedAt: 20_000, answeredAt: 20_000 });
    expect(watch.unchangedMs('s1')).toBe(0);
    watch.observe([], [], { askedAt: 30_000, answeredAt: 30_000 });
    watch.observe([row(2)], [], { askedAt: 40_000, answeredAt: 40_000 });
    expect(watch.unchangedMs('s1')).toBe(0);
  });

  test('a shard without a row is watched too', () => {
    const watch = createLeaseWatch();
    watch.observe([], ['s1'], { askedAt: 0, answeredAt: 0 });
    watch.observe([], ['s1'], { askedAt: 5_000, answeredAt: 5_000 });
    expect(watch.unchangedMs('s1')).toBe(5_000);
    expect(watch.unchangedMs('never seen')).toBe(0);
  });
});
