import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import { checkStanding } from '../../src/adapters/dynamodb/standing.ts';
import type { NewSubscription, Registry, Subscriber } from '../../src/relay/ports.ts';
import { DynamoDBTable } from '../../src/testing/dynamodb-table.ts';
import {
  connectionOf,
  equal,
  idsOf,
  LIFE_SECONDS,
  lookUp,
  ownedRows,
  subscriptionOf,
} from './registry-samples.ts';
import { jumpingClock, localWorld, memoryWorld, modelWorld, START } from './registry-worlds.ts';

const NOW = START / 1_000;
const shopping = equal({ title: '買い物' });

/** Of a person of that name, who may have so many. */
const person = (identityHash: string, maxSubscriptions = 1_000): Subscriber => ({
  identityHash,
  maxSubscriptions,
});

const of = (connectionId: string, id: string, given: Partial<NewSubscription> = {}) =>
  subscriptionOf(connectionId, id, given);

async function openAll(registry: Registry, ...ids: readonly string[]): Promise<void> {
  for (const id of ids)
    await registry.open(connectionOf(id, { identity: { kind: 'anonymous', hash: 'socket' } }));
}

async function connectionsOf(registry: Registry, identityHash: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { connectionId } of registry.connectionsOf(identityHash)) found.push(connectionId);
  return found.sort();
}

describe.each([
  ['memory', memoryWorld],
  ['DynamoDB on the table model', modelWorld],
  ['DynamoDB Local', localWorld()],
])('registry, limits and revocation: %s', (_, world) => {
  beforeAll(() => world.start());
  afterAll(() => world.stop());

  describe('S8 subscriptions of a connection', () => {
    test('up to the limit all are active; one more is refused and leaves nothing; a place that comes free is had', async () => {
      const { registry, another, rows } = await world.open();
      await openAll(registry, 'a', 'b');
      const limited = { maxOnConnection: 3 };
      for (const id of ['1', '2', '3']) expect(await registry.subscribe(of('a', id, limited))).toBe('active');
      expect(await another().subscribe(of('a', '4', limited))).toBe('connection-full');
      expect(await registry.subscribe(of('b', '4', limited))).toBe('active');
      expect(idsOf(await lookUp(another(), shopping))).toEqual(['a/1', 'a/2', 'a/3', 'b/4']);
      if (rows)
        expect(ownedRows(await rows()).filter(({ c, clientId }) => (c ?? clientId) === '4')).toHaveLength(2);
      await registry.complete('a', '2');
      expect(await registry.subscribe(of('a', '4', limited))).toBe('active');
      expect(await registry.subscribe(of('a', '5', limited))).toBe('connection-full');
      expect(await registry.close('a')).toBe(3);
    });

    test('of thirty at once never more than the limit are active, and then the rest can be had one by one', async () => {
      const { registry, another } = await world.open();
      await openAll(registry, 'a');
      const limited = { maxOnConnection: 10 };
      const ids = Array.from({ length: 30 }, (_, n) => `${n}`);
      const outcomes = await Promise.all(ids.map((id) => another().subscribe(of('a', id, limited))));
      const active = outcomes.filter((outcome) => outcome === 'active').length;
      expect(active).toBeLessThanOrEqual(10);
      expect(outcomes.filter((outcome) => outcome === 'connection-full')).toHaveLength(30 - active);
      for (let n = active; n < 10; n += 1)
        expect(await registry.subscribe(of('a', `later ${n}`, limited))).toBe('active');
      expect(await registry.subscribe(of('a', 'last', limited))).toBe('connection-full');
      expect(await registry.subscriptions('a')).toHaveLength(10);
    });

    test('one whose credential has expired does not count, nor a mark of a complete', async () => {
      const { registry, clock } = await world.open();
      await openAll(registry, 'a');
      const limited = { maxOnConnection: 1 };
      await registry.complete('a', 'never there');
      expect(await registry.subscribe(of('a', '1', { ...limited, expiresAt: NOW + 60 }))).toBe('active');
      expect(await registry.subscribe(of('a', '2', limited))).toBe('connection-full');
      clock.advance(60_000);
      expect(await registry.subscribe(of('a', '2', limited))).toBe('active');
      expect(await registry.subscriptions('a')).toHaveLength(2);
    });

    test('an id that is in use is a duplicate, whatever the limit; a filter that matches nothing counts', async () => {
      const { registry } = await world.open();
      await openAll(registry, 'a');
      const limited = { maxOnConnection: 1, alternatives: [] };
      expect(await registry.subscribe(of('a', '1', limited))).toBe('active');
      expect(await registry.subscribe(of('a', '1', limited))).toBe('duplicate');
      expect(await registry.subscribe(of('a', '2', limited))).toBe('connection-full');
    });
  });

  describe('S8 subscriptions of an identity', () => {
    test('count on all its connections together, and no other identity and no shared key among them', async () => {
      const { registry, another } = await world.open();
      await openAll(registry, 'a', 'b', 'c');
      const jane = { subscriber: person('jane', 3) };
      expect(await registry.subscribe(of('a', '1', jane))).toBe('active');
      expect(await another().subscribe(of('a', '2', jane))).toBe('active');
      expect(await another().subscribe(of('b', '3', jane))).toBe('active');
      expect(await another().subscribe(of('c', '4', jane))).toBe('identity-full');
      expect(await registry.subscribe(of('c', '4', { subscriber: person('joe', 1) }))).toBe('active');
      expect(await registry.subscribe(of('c', '5', { subscriber: { identityHash: 'jane' } }))).toBe('active');
      expect(idsOf(await lookUp(another(), shopping))).toEqual(['a/1', 'a/2', 'b/3', 'c/4', 'c/5']);
    });

    test.each<[string, (registry: Registry) => Promise<unknown>]>([
      ['complete', (registry) => registry.complete('a', '1')],
      ['close', (registry) => registry.close('a')],
      [
        'reap',
        async (registry) =>
          registry.reap(
            'a',
            (await lookUp(registry, shopping)).map(({ row }) => row),
          ),
      ],
    ])('a place comes free by %s, and no row of it is left', async (_, end) => {
      const { registry, another, rows } = await world.open();
      await openAll(registry, 'a', 'b');
      const jane = { subscriber: person('jane', 1) };
      expect(await registry.subscribe(of('a', '1', jane))).toBe('active');
      if (rows) expect(await countedIn(rows)).toHaveLength(1);
      expect(await registry.subscribe(of('b', '1', jane))).toBe('identity-full');
      if (rows) expect(await countedIn(rows)).toHaveLength(1);
      await end(another());
      if (rows) expect(await countedIn(rows)).toEqual([]);
      expect(await registry.subscribe(of('b', '1', jane))).toBe('active');
    });

    test('a credential that expired frees its place, and its id taken anew counts once', async () => {
      const { registry, clock, rows } = await world.open();
      await openAll(registry, 'a');
      const jane = { subscriber: person('jane', 1) };
      expect(await registry.subscribe(of('a', '1', { ...jane, expiresAt: NOW + 60 }))).toBe('active');
      clock.advance(60_000);
      expect(await registry.subscribe(of('a', '1', jane))).toBe('active');
      if (rows) expect(await countedIn(rows)).toHaveLength(1);
      expect(await registry.subscribe(of('a', '2', jane))).toBe('identity-full');
    });

    test('of twenty at once on ten connections never more than the limit are active', async () => {
      const { registry, another } = await world.open();
      const ids = Array.from({ length: 10 }, (_, n) => `c${n}`);
      await openAll(registry, ...ids);
      const jane = { subscriber: person('jane', 7) };
      const outcomes = await Promise.all(
        ids.flatMap((id) => ['1', '2'].map((n) => another().subscribe(of(id, n, jane)))),
      );
      const active = outcomes.filter((outcome) => outcome === 'active').length;
      expect(active).toBeLessThanOrEqual(7);
      expect(outcomes.filter((outcome) => outcome === 'identity-full')).toHaveLength(20 - active);
      expect(await lookUp(registry, shopping)).toHaveLength(active);
    });
  });

  describe('S10 revocation', () => {
    const revoked = { revokedAt: NOW, until: NOW + 3_600 };

    test('what was issued by then starts nothing any more, what was issued since does, and others are not touched', async () => {
      const { registry, another, rows } = await world.open();
      await openAll(registry, 'a');
      await registry.revoke('jane', revoked);
      const by = (subscriber: Subscriber) => another().subscribe(of('a', '1', { subscriber }));
      for (const limit of [{ maxSubscriptions: 5 }, {}]) {
        expect(await by({ identityHash: 'jane', ...limit })).toBe('revoked');
        expect(await by({ identityHash: 'jane', issuedAt: NOW, ...limit })).toBe('revoked');
        expect(await by({ identityHash: 'jane', issuedAt: NOW - 1, ...limit })).toBe('revoked');
        if (rows) expect((await rows()).filter(({ nonce, c }) => nonce ?? c)).toEqual([]);
        expect(await by({ identityHash: 'jane', issuedAt: NOW + 1, ...limit })).toBe('active');
        await registry.complete('a', '1');
        expect(await by({ identityHash: 'joe', issuedAt: NOW - 1, ...limit })).toBe('active');
        await registry.complete('a', '1');
      }
      if (rows) expect(await countedIn(rows)).toEqual([]);
    });

    test('R8: ends with its time; of several marks the latest of either time holds, in any order', async () => {
      const { registry, clock } = await world.open();
      await openAll(registry, 'a');
      const issuedBetween = { subscriber: { identityHash: 'jane', issuedAt: NOW + 5 } };
      await registry.revoke('jane', { revokedAt: NOW + 10, until: NOW + 60 });
      await registry.revoke('jane', { revokedAt: NOW, until: NOW + 600 });
      clock.advance(599_999);
      expect(await registry.subscribe(of('a', '1', issuedBetween))).toBe('revoked');
      clock.advance(1);
      expect(await registry.subscribe(of('a', '1', issuedBetween))).toBe('active');
      await registry.revoke('jane', { revokedAt: NOW + 600, until: NOW + 700 });
      expect(await registry.subscribe(of('a', '2', issuedBetween))).toBe('revoked');
    });

    test('connections of an identity are its own and those where something counts for it, each once', async () => {
      const { registry, another, clock } = await world.open();
      await openAll(registry, 'a', 'b', 'c', 'd');
      const own = { kind: 'jwt', hash: 'jane' } as const;
      await registry.open(connectionOf('own', { identity: own }));
      await registry.open(connectionOf('closed', { identity: own }));
      await registry.open(connectionOf('short', { identity: own, expiresAt: NOW + 60 }));
      const jane = { subscriber: person('jane') };
      for (const [connectionId, id] of [
        ['own', '1'],
        ['a', '1'],
        ['a', '2'],
        ['b', '1'],
      ] as const)
        await registry.subscribe(of(connectionId, id, jane));
      await registry.subscribe(of('c', '1', { ...jane, expiresAt: NOW + 60 }));
      await registry.subscribe(of('d', '1', { subscriber: person('joe') }));
      await registry.close('closed');
      await registry.complete('b', '1');
      await registry.revoke('jane', { revokedAt: NOW, until: NOW + LIFE_SECONDS });
      expect(await connectionsOf(another(), 'jane')).toEqual(['a', 'c', 'own', 'short']);
      clock.advance(60_000);
      expect(await connectionsOf(another(), 'jane')).toEqual(['a', 'own']);
      expect(await connectionsOf(another(), 'nobody')).toEqual([]);
      expect(await connectionsOf(another(), '__proto__')).toEqual([]);
    });

    test('a live subscription tells whom it speaks for and by what filter', async () => {
      const { registry, another } = await world.open();
      await openAll(registry, 'a');
      await registry.subscribe(of('a', '1', { subscriber: person('jane'), filter: 'f'.repeat(1_000) }));
      expect(await another().subscriptions('a')).toEqual([
        expect.objectContaining({ clientId: '1', identityHash: 'jane', filter: 'f'.repeat(1_000) }),
      ]);
    });
  });
});

describe('S8 whatever order requests fall in', () => {
  const LIMITS = [
    ['a connection', { maxOnConnection: 2 }],
    ['an identity', { subscriber: person('jane', 2) }],
  ] as const;
  const LIMIT = 2;
  const unlooking: typeof checkStanding = async (...given) => {
    const { standing, versions } = await checkStanding(...given);
    const isFull = standing === 'connection-full' || standing === 'identity-full';
    return { standing: isFull ? 'active' : standing, versions };
  };
  const property = (given: Partial<NewSubscription>, check?: typeof checkStanding) =>
    fc.asyncProperty(fc.scheduler({ act: oneTurn }), async (s) => {
      let isScheduled = false;
      const client = new DynamoDBTable({
        tableName: 'relay',
        pageRows: 2,
        step: async ({ operation, pk }) => {
          if (isScheduled) await s.schedule(Promise.resolve(), `${operation} ${pk}`);
          return 'apply';
        },
      });
      const clock = jumpingClock();
      const process = () =>
        createDynamoDBRegistry({ client, tableName: 'relay', clock, ...(check && { check }) });
      await openAll(process(), 'a');
      isScheduled = true;
      let active = 0;
      const one = async (id: string) => {
        if ((await process().subscribe(of('a', id, given))) === 'active') active += 1;
        expect(active).toBeLessThanOrEqual(LIMIT);
      };
      await s.waitFor(Promise.all(['1', '2', '3'].map(one)));
      expect(client.rows().filter(({ nonce }) => nonce !== undefined)).toHaveLength(active);
      expect(await countedIn(async () => client.rows())).toHaveLength('subscriber' in given ? active : 0);
    });

  test.each(LIMITS)('three who want the two last places of %s never have three', async (_, given) => {
    await fc.assert(property(given), { numRuns: 60 });
  });

  test.each(LIMITS)('and this would see it, were %s not counted', async (_, given) => {
    const result = await fc.check(property(given, unlooking), { numRuns: 5, seed: 1, endOnFailure: true });
    expect(String(result.errorInstance)).toContain('toBeLessThanOrEqual');
  });
});

/** Each effect runs to its next wait. */
async function oneTurn(release: () => Promise<void>): Promise<void> {
  await release();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Rows that count for an identity. */
const countedIn = async (rows: () => Promise<readonly Record<string, unknown>[]>) =>
  (await rows()).filter(({ pk, sk }) => /^ID#/.test(String(pk)) && /^S#/.test(String(sk)));
