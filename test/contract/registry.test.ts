import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hash128 } from '../../src/filter/keys.ts';
import type { Identity, LiveConnection, Registry, SubscriptionOptions } from '../../src/relay/ports.ts';
import {
  connectionOf,
  equal,
  idsOf,
  LIFE_SECONDS,
  lookUp,
  ownedRows,
  subscriptionOf,
  TABLE,
} from './registry-samples.ts';
import { localWorld, memoryWorld, modelWorld, START, warmWorld } from './registry-worlds.ts';

const shopping = equal({ title: '買い物' });

const JANE: Identity = {
  kind: 'jwt',
  hash: hash128('jane'),
  claims: { provider: 'oidc', issuer: 'https://issuer', subject: 'jane', groups: ['admins'] },
  expiresAt: START / 1_000 + 3_600,
};

async function liveOf(registry: Registry): Promise<LiveConnection[]> {
  const found: LiveConnection[] = [];
  for await (const connection of registry.live()) found.push(connection);
  return found.sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
}

describe.each([
  ['memory', memoryWorld],
  ['DynamoDB on the table model', modelWorld],
  ['DynamoDB with rows in memory', warmWorld],
  ['DynamoDB Local', localWorld()],
])('registry: %s', (_, world) => {
  beforeAll(() => world.start());
  afterAll(() => world.stop());

  describe('connections', () => {
    test('what was opened is found as it was given, not initialised and not closed', async () => {
      const { registry } = await world.open();
      await registry.open(connectionOf('L0SM9cOFvHcCIhw='));
      expect(await registry.connection('L0SM9cOFvHcCIhw=')).toEqual({
        ...connectionOf('L0SM9cOFvHcCIhw='),
        initialised: false,
        confirmSubscriptions: false,
        strictOrdering: false,
        closed: false,
      });
      expect(await registry.connection('unknown')).toBeUndefined();
    });

    test('of ten inits at once exactly one is told so, and the others that it was repeated', async () => {
      const { registry } = await world.open();
      await registry.open(connectionOf('a'));
      const init = { dialect: 'graphql-transport-ws', confirmSubscriptions: true } as const;
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => registry.initialise('a', init)));
      expect(outcomes.filter((outcome) => outcome === 'initialised')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'repeated')).toHaveLength(9);
      expect(await registry.connection('a')).toMatchObject({ initialised: true, confirmSubscriptions: true });
      expect(await registry.connection('a')).toMatchObject({ strictOrdering: false });
    });

    test('an init may leave the dialect open; the first operation settles it, and the last to speak wins', async () => {
      const { registry } = await world.open();
      const { dialect: _, ...bare } = connectionOf('a');
      await registry.open(bare);
      expect(await registry.initialise('a', { strictOrdering: true })).toBe('initialised');
      const undecided = await registry.connection('a');
      expect(undecided).toMatchObject({
        initialised: true,
        strictOrdering: true,
        confirmSubscriptions: false,
      });
      expect(undecided).not.toHaveProperty('dialect');
      const [live] = await liveOf(registry);
      expect(live).toMatchObject({ initialised: true });
      expect(live).not.toHaveProperty('dialect');
      for (const dialect of ['apollo', 'appsync'] as const) {
        await registry.speak('a', dialect);
        expect(await registry.connection('a')).toMatchObject({ dialect, initialised: true });
        expect(await liveOf(registry)).toMatchObject([{ dialect, initialised: true }]);
      }
    });

    test('an init that leaves the dialect open keeps the one that was agreed on, also with an identity', async () => {
      const { registry } = await world.open();
      const { identity, ...agreed } = connectionOf('a', { dialect: 'appsync' });
      await registry.open(agreed);
      await registry.open(connectionOf('b', { dialect: 'appsync' }));
      await registry.initialise('a', { ...(identity && { identity }) });
      await registry.initialise('b', {});
      for (const id of ['a', 'b'])
        expect(await registry.connection(id)).toMatchObject({ dialect: 'appsync' });
      expect((await liveOf(registry)).map(({ dialect }) => dialect)).toEqual(['appsync', 'appsync']);
    });

    test('R5: speaking on a connection that is unknown, closed or past its end leaves nothing behind', async () => {
      const { registry, clock, rows } = await world.open();
      await registry.open(connectionOf('closed'));
      await registry.close('closed');
      await registry.speak('closed', 'apollo');
      await registry.speak('unknown', 'apollo');
      if (rows) expect(ownedRows(await rows())).toEqual([]);
      expect(await registry.connection('closed')).toMatchObject({ dialect: 'graphql-transport-ws' });
      await registry.open(connectionOf('old'));
      clock.advance(LIFE_SECONDS * 1_000);
      await registry.speak('old', 'apollo');
      expect(await registry.connection('old')).toBeUndefined();
    });

    test('a token identity is kept with its claims and end, and an init binds another in its place whole', async () => {
      const { registry } = await world.open();
      const claims = {
        provider: 'oidc' as const,
        issuer: 'https://issuer',
        subject: '買',
        username: 'u',
        groups: ['a', 'b'],
        scope: 's',
      };
      const token = { kind: 'jwt', hash: hash128('token'), claims, expiresAt: START / 1_000 + 60 } as const;
      await registry.open(connectionOf('a', { identity: token }));
      expect((await registry.connection('a'))?.identity).toEqual(token);
      expect(await liveOf(registry)).toMatchObject([
        { identityHash: token.hash, credentialExpiresAt: token.expiresAt, initialised: false },
      ]);
      const key = { kind: 'api-key', hash: hash128('other') } as const;
      expect(await registry.initialise('a', { identity: key })).toBe('initialised');
      expect((await registry.connection('a'))?.identity).toEqual(key);
      const [live] = await liveOf(registry);
      expect(live).toMatchObject({ identityHash: key.hash, initialised: true });
      expect(live).not.toHaveProperty('credentialExpiresAt');
    });

    test.each([
      ['api-key', { kind: 'api-key', hash: 'h', expiresAt: 5_000_000_000 }],
      ['jwt', { kind: 'jwt', hash: 'h', claims: { provider: 'oidc', issuer: 'i', subject: 's' } }],
      [
        'jwt of no group',
        { kind: 'jwt', hash: 'h', claims: { provider: 'oidc', issuer: 'i', subject: 's', groups: [] } },
      ],
      ['anonymous', { kind: 'anonymous', hash: 'h' }],
    ] satisfies [string, Identity][])(
      'an identity that comes with init reads back as it is: %s',
      async (_, identity) => {
        const { registry } = await world.open();
        const { identity: _identity, ...bare } = connectionOf('a');
        await registry.open(bare);
        await registry.initialise('a', { dialect: 'appsync', identity });
        expect((await registry.connection('a'))?.identity).toEqual(identity);
        const [live] = await liveOf(registry);
        expect(live?.credentialExpiresAt).toBe(identity.kind === 'api-key' ? 5_000_000_000 : undefined);
      },
    );

    test('an init binds dialect and identity that were not known before, where sweeps look too', async () => {
      const { registry } = await world.open();
      const { dialect: _dialect, identity: _identity, ...bare } = connectionOf('a');
      await registry.open(bare);
      const seen = { connectionId: 'a', stage: 'dev', connectedAt: START };
      expect(await liveOf(registry)).toEqual([{ ...seen, initialised: false }]);
      const identity = { kind: 'api-key', hash: hash128('other') } as const;
      expect(await registry.initialise('a', { dialect: 'graphql-transport-ws', identity })).toBe(
        'initialised',
      );
      expect(await registry.connection('a')).toMatchObject({ dialect: 'graphql-transport-ws', identity });
      const now = { initialised: true, dialect: 'graphql-transport-ws', identityHash: identity.hash };
      expect(await liveOf(registry)).toEqual([{ ...seen, ...now }]);
    });

    test('an init without an identity makes the dialect known where sweeps look, and keeps the identity', async () => {
      const { registry } = await world.open();
      const { dialect: _, ...bare } = connectionOf('a');
      await registry.open(bare);
      await registry.initialise('a', { dialect: 'graphql-transport-ws' });
      const identityHash = hash128('key');
      expect(await liveOf(registry)).toEqual([
        {
          connectionId: 'a',
          stage: 'dev',
          connectedAt: START,
          initialised: true,
          dialect: 'graphql-transport-ws',
          identityHash,
        },
      ]);
      expect((await registry.connection('a'))?.identity).toEqual({ kind: 'api-key', hash: identityHash });
    });

    test.each([
      ['with an identity', { identity: { kind: 'api-key', hash: 'h' } } as const],
      ['without one', {}],
    ])('an unknown, a closed and an expired connection cannot be initialised, %s', async (_, identity) => {
      const { registry, clock } = await world.open();
      const init = { dialect: 'graphql-transport-ws', ...identity } as const;
      await registry.open(connectionOf('closed'));
      await registry.open(connectionOf('old'));
      await registry.close('closed');
      expect(await registry.initialise('unknown', init)).toBe('unknown');
      expect(await registry.initialise('closed', init)).toBe('unknown');
      clock.advance(LIFE_SECONDS * 1_000);
      expect(await registry.initialise('old', init)).toBe('unknown');
    });

    test('R8: a connection past its end is unknown, though its rows are still there', async () => {
      const { registry, clock } = await world.open();
      await registry.open(connectionOf('a'));
      clock.advance(LIFE_SECONDS * 1_000 - 1);
      expect(await registry.connection('a')).toBeDefined();
      expect(await liveOf(registry)).toHaveLength(1);
      clock.advance(1);
      expect(await registry.connection('a')).toBeUndefined();
      expect(await liveOf(registry)).toEqual([]);
    });

    test('of the ends noted for operations of a connection the earliest is told, until it closes', async () => {
      const { registry, another } = await world.open();
      await registry.open(connectionOf('a'));
      const operationExpiresAt = async () => (await liveOf(another()))[0]?.operationExpiresAt;
      expect(await operationExpiresAt()).toBeUndefined();
      for (const end of [START / 1_000 + 60, START / 1_000 + 90, START / 1_000 + 30]) {
        await registry.noteExpiry('a', end);
      }
      expect(await operationExpiresAt()).toBe(START / 1_000 + 30);
      await registry.close('a');
      await registry.noteExpiry('a', START / 1_000 + 10);
      await registry.noteExpiry('unknown', START / 1_000 + 10);
      expect(await liveOf(another())).toEqual([]);
    });

    test('live() gives each of 100 connections once, and none that closed', async () => {
      const { registry } = await world.open();
      const ids = Array.from({ length: 100 }, (_, n) => `connection-${n}`);
      await Promise.all(ids.map((id) => registry.open(connectionOf(id))));
      await registry.close('connection-7');
      const live = (await liveOf(registry)).map(({ connectionId }) => connectionId);
      expect(live).toEqual(ids.filter((id) => id !== 'connection-7').sort());
    });
  });

  describe('subscribing', () => {
    test('C1 active: what is active is found under the key of its values, with all it was given, and under no other', async () => {
      const { registry, another } = await world.open();
      await registry.open(connectionOf('a'));
      const subscription = subscriptionOf('a', '1');
      expect(await registry.subscribe(subscription)).toBe('active');
      expect(await lookUp(another(), shopping)).toEqual([
        {
          connectionId: 'a',
          clientId: '1',
          field: 'onCreateTodo',
          documentHash: subscription.document.hash,
          renderingKey: subscription.renderingKey,
          filter: subscription.filter,
          dialect: 'graphql-transport-ws',
          stage: 'dev',
          activatedAt: START,
          expiresAt: subscription.expiresAt,
          row: expect.any(String),
        },
      ]);
      expect(await lookUp(another(), equal({ title: '掃除' }))).toEqual([]);
      expect(await registry.subscriptions('a')).toEqual([
        {
          clientId: '1',
          field: 'onCreateTodo',
          table: TABLE,
          filter: subscription.filter,
          identityHash: hash128('key'),
          expiresAt: START / 1_000 + LIFE_SECONDS,
        },
      ]);
      expect(await another().document(subscription.document.hash)).toEqual(subscription.document);
    });

    test('the map of candidates has an entry for each filter key asked, also twice or unknown', async () => {
      const { registry } = await world.open();
      const found = await registry.candidates([
        { filterKey: 'a', shards: 1 },
        { filterKey: 'a', shards: 4 },
        { filterKey: 'b', shards: 2 },
      ]);
      expect([...found]).toEqual([
        ['a', []],
        ['b', []],
      ]);
      expect(await registry.candidates([])).toEqual(new Map());
    });

    test('R7: an id that stays taken is a duplicate after 1 s, and the first is not touched', async () => {
      const { registry, clock } = await world.open();
      await registry.open(connectionOf('a'));
      await registry.subscribe(subscriptionOf('a', '1'));
      const began = clock.now();
      const second = subscriptionOf('a', '1', { alternatives: [equal({ title: '掃除' })] });
      expect(await registry.subscribe(second)).toBe('duplicate');
      expect(clock.now() - began).toBe(1_000);
      expect(idsOf(await lookUp(registry, shopping))).toEqual(['a/1']);
      expect(await lookUp(registry, equal({ title: '掃除' }))).toEqual([]);
    });

    test('R7: an id that comes free while it is looked at again is taken', async () => {
      const { registry, clock } = await world.open();
      await registry.open(connectionOf('a'));
      await registry.subscribe(subscriptionOf('a', '1'));
      clock.onSleep = async () => {
        clock.onSleep = undefined;
        await registry.complete('a', '1');
      };
      const second = subscriptionOf('a', '1', { alternatives: [equal({ title: '掃除' })] });
      expect(await registry.subscribe(second)).toBe('active');
      expect(await lookUp(registry, shopping)).toEqual([]);
      expect(idsOf(await lookUp(registry, equal({ title: '掃除' })))).toEqual(['a/1']);
    });

    test('R6: a complete that came first ends the next subscribe of its id, once, and of no other', async () => {
      const { registry } = await world.open();
      await registry.open(connectionOf('a'));
      await registry.complete('a', '1');
      expect(await registry.subscribe(subscriptionOf('a', '2'))).toBe('active');
      expect(await registry.subscribe(subscriptionOf('a', '1'))).toBe('completed');
      expect(idsOf(await lookUp(registry, shopping))).toEqual(['a/2']);
      expect(await registry.subscribe(subscriptionOf('a', '1'))).toBe('active');
    });

    test('R6: two completes that came first leave one mark', async () => {
      const { registry } = await world.open();
      await registry.open(connectionOf('a'));
      await registry.complete('a', '1');
      await registry.complete('a', '1');
      expect(await registry.subscriptions('a')).toEqual([]);
      expect(await registry.subscribe(subscriptionOf('a', '1'))).toBe('completed');
      expect(await registry.subscribe(subscriptionOf('a', '1'))).toBe('active');
    });

    test('R6: 60 s after a complete that came first its id is free again', async () => {
      const { registry, clock } = await world.open();
      await registry.open(connectionOf('a'));
      await registry.complete('a', '1');
      clock.advance(60_000);
      expect(await registry.subscribe(subscriptionOf('a', '1'))).toBe('active');
    });

    test('R6: a complete of an id whose subscription is past any end is for the subscribe it overtook', async () => {
      const { registry, clock } = await world.open();
      await registry.open(connectionOf('a'));
      const end = { expiresAt: START / 1_000 + 60, activatedAt: START - (LIFE_SECONDS - 60) * 1_000 };
      await registry.subscribe(subscriptionOf('a', '1', end));
      clock.advance(60_000);
      await registry.complete('a', '1');
      expect(await registry.subscribe(subscriptionOf('a', '1'))).toBe('completed');
      expect(await registry.subscribe(subscriptionOf('a', '1'))).toBe('active');
    });

    test('R5: on a connection that is unknown, closed or past its end nothing is started and nothing left behind', async () => {
      const { registry, clock, rows } = await world.open();
      await registry.open(connectionOf('closed'));
      await registry.close('closed');
      await registry.close('never opened');
      expect(await registry.subscribe(subscriptionOf('unknown', '1'))).toBe('closed');
      expect(await registry.subscribe(subscriptionOf('closed', '1'))).toBe('closed');
      expect(await registry.subscribe(subscriptionOf('never opened', '1'))).toBe('closed');
      expect(await lookUp(registry, shopping)).toEqual([]);
      if (rows) expect(ownedRows(await rows())).toEqual([]);
      await registry.open(connectionOf('old'));
      clock.advance(LIFE_SECONDS * 1_000);
      const late = { expiresAt: clock.now() / 1_000 + 60 };
      expect(await registry.subscribe(subscriptionOf('old', '1', late))).toBe('closed');
      expect(await lookUp(registry, shopping)).toEqual([]);
    });

    test('R8: past its expiry a subscription is found by no change, and its id is free', async () => {
      const { registry, clock, rows } = await world.open();
      await registry.open(connectionOf('a'));
      await registry.subscribe(subscriptionOf('a', '1', { expiresAt: START / 1_000 + 600 }));
      clock.advance(599_999);
      expect(idsOf(await lookUp(registry, shopping))).toEqual(['a/1']);
      clock.advance(1);
      expect(await lookUp(registry, shopping)).toEqual([]);
      expect(await registry.subscribe(subscriptionOf('a', '1'))).toBe('active');
      expect(idsOf(await lookUp(registry, shopping))).toEqual(['a/1']);
      expect(await registry.subscriptions('a')).toHaveLength(1);
      if (rows) expect((await rows()).filter(({ pk }) => String(pk).startsWith('KEY#'))).toHaveLength(1);
    });

    test('C5 no silent gap: who expired with its credential is listed until it is ended, once, and leaves no mark', async () => {
      const { registry, clock, rows } = await world.open();
      await registry.open(connectionOf('a'));
      const expiresAt = START / 1_000 + 600;
      await registry.subscribe(subscriptionOf('a', 'expired', { expiresAt }));
      await registry.subscribe(subscriptionOf('a', 'lasting'));
      clock.advance(3_600_000);
      const listed = await registry.subscriptions('a');
      expect(new Map(listed.map((each) => [each.clientId, each.expiresAt]))).toEqual(
        new Map([
          ['expired', expiresAt],
          ['lasting', START / 1_000 + LIFE_SECONDS],
        ]),
      );
      await registry.complete('a', 'expired');
      expect((await registry.subscriptions('a')).map(({ clientId }) => clientId)).toEqual(['lasting']);
      expect(await registry.subscribe(subscriptionOf('a', 'expired'))).toBe('active');
      expect(await registry.close('a')).toBe(2);
      if (rows) expect(ownedRows(await rows())).toEqual([]);
    });

    test('R8: past the end of any connection no subscription is listed', async () => {
      const { registry, clock } = await world.open();
      await registry.open(connectionOf('a'));
      await registry.subscribe(subscriptionOf('a', '1', { expiresAt: START / 1_000 + 600 }));
      clock.advance(LIFE_SECONDS * 1_000 - 1);
      expect(await registry.subscriptions('a')).toHaveLength(1);
      clock.advance(1);
      expect(await registry.subscriptions('a')).toEqual([]);
    });

    test.each([
      ['all', { skipWriter: '買 "x"', overflow: 'latest', identity: JANE }],
      ['a writer', { skipWriter: '' }],
      ['overflow', { overflow: 'latest' }],
      ['an identity', { identity: { kind: 'anonymous', hash: 'h' } }],
    ] satisfies [string, SubscriptionOptions][])(
      'what a subscriber chose comes back with the candidate: %s',
      async (_, options) => {
        const { registry, another } = await world.open();
        await registry.open(connectionOf('a'));
        for (const filter of ['short', 'f'.repeat(500)]) {
          await registry.subscribe(subscriptionOf('a', filter.slice(0, 9), { filter, options }));
        }
        const found = await lookUp(another(), shopping);
        expect(found.map((candidate) => candidate.options)).toEqual([options, options]);
      },
    );

    test('who chose nothing has no options', async () => {
      const { registry, another } = await world.open();
      await registry.open(connectionOf('a'));
      await registry.subscribe(subscriptionOf('a', '1'));
      await registry.subscribe(subscriptionOf('a', '2', { options: {} }));
      for (const candidate of await lookUp(another(), shopping))
        expect(candidate).not.toHaveProperty('options');
    });

    test('complete leaves nothing to find; the same id again leaves exactly one', async () => {
      const { registry, rows } = await world.open();
      await registry.open(connectionOf('a'));
      await registry.subscribe(subscriptionOf('a', '1', { filter: 'first' }));
      await registry.complete('a', '1');
      expect(await lookUp(registry, shopping)).toEqual([]);
      expect(await registry.subscriptions('a')).toEqual([]);
      expect(await registry.subscribe(subscriptionOf('a', '1', { filter: 'second' }))).toBe('active');
      expect((await lookUp(registry, shopping)).map(({ filter }) => filter)).toEqual(['second']);
      if (rows) {
        const own = (await rows()).filter(
          ({ pk, sk }) => /^KEY#/.test(String(pk)) || /^SUB#/.test(String(sk)),
        );
        expect(own).toHaveLength(2);
      }
    });

    test('C1 active: 50 ids of one connection at once are all active, and all found', async () => {
      const { registry } = await world.open();
      await registry.open(connectionOf('a'));
      const ids = Array.from({ length: 50 }, (_, n) => `${n}`);
      const outcomes = await Promise.all(ids.map((id) => registry.subscribe(subscriptionOf('a', id))));
      expect(new Set(outcomes)).toEqual(new Set(['active']));
      expect(idsOf(await lookUp(registry, shopping))).toEqual(ids.map((id) => `a/${id}`).sort());
      expect(await registry.close('a')).toBe(50);
      expect(await lookUp(registry, shopping)).toEqual([]);
    });

    test('any text of up to 256 bytes is an id like any other', async () => {
      const { registry } = await world.open();
      const ids = [
        '__proto__',
        'constructor',
        'toString',
        '',
        '#',
        'a#b',
        'あ'.repeat(85),
        'x'.repeat(256),
        '\u0000',
        '🗒️',
      ];
      await registry.open(connectionOf('a'));
      const outcomes = await Promise.all(ids.map((id) => registry.subscribe(subscriptionOf('a', id))));
      expect(outcomes).toEqual(ids.map(() => 'active'));
      const sorted = ids.map((id) => `a/${id}`).sort();
      expect(idsOf(await lookUp(registry, shopping))).toEqual(sorted);
      await registry.complete('a', '__proto__');
      await registry.complete('a', 'x'.repeat(256));
      expect(idsOf(await lookUp(registry, shopping))).toEqual(
        sorted.filter((id) => !['a/__proto__', `a/${'x'.repeat(256)}`].includes(id)),
      );
      const tooLong = subscriptionOf('a', `${'x'.repeat(255)}é`);
      await expect(registry.subscribe(tooLong)).rejects.toThrow('at most 256 bytes, got 257');
    });

    test('filters of any length come back whole, as long as their subscription lives', async () => {
      const { registry } = await world.open();
      await registry.open(connectionOf('a'));
      const filters = new Map([399, 400, 401, 12_000].map((bytes) => [`${bytes}`, 'f'.repeat(bytes)]));
      filters.set('bytes, not characters', 'あ'.repeat(134));
      for (const [id, filter] of filters) await registry.subscribe(subscriptionOf('a', id, { filter }));
      const found = await lookUp(registry, shopping);
      expect(new Map(found.map(({ clientId, filter }) => [clientId, filter]))).toEqual(filters);
      await registry.complete('a', '12000');
      expect(idsOf(await lookUp(registry, shopping))).not.toContain('a/12000');
    });

    test('several alternatives are found under the key of each; an unfinished one under none', async () => {
      const { registry } = await world.open();
      await registry.open(connectionOf('a'));
      const alternatives = [equal({ title: 'x' }), equal({ title: 'y' }), equal({ title: 'x', done: true })];
      await registry.subscribe(subscriptionOf('a', '1', { alternatives }));
      expect(new Set(idsOf(await lookUp(registry, equal({ title: 'x' }))))).toEqual(new Set(['a/1']));
      expect(new Set(idsOf(await lookUp(registry, equal({ title: 'y' }))))).toEqual(new Set(['a/1']));
      expect(await lookUp(registry, equal({ title: 'z', done: true }))).toEqual([]);
      await registry.complete('a', '1');
      expect(await lookUp(registry, equal({ title: 'x', done: true }))).toEqual([]);
    });

    test('a filter that can match nothing is active, found by no change, and holds its id', async () => {
      const { registry, rows } = await world.open();
      await registry.open(connectionOf('a'));
      const nothing = subscriptionOf('a', '1', { alternatives: [] });
      expect(await registry.subscribe(nothing)).toBe('active');
      expect(await lookUp(registry, shopping)).toEqual([]);
      expect(await registry.subscriptions('a')).toHaveLength(1);
      expect(await registry.subscribe(nothing)).toBe('duplicate');
      if (rows) expect((await rows()).filter(({ pk }) => /^KEY#/.test(String(pk)))).toEqual([]);
      await registry.complete('a', '1');
      expect(await registry.subscriptions('a')).toEqual([]);
    });
  });

  describe('closing', () => {
    test('R5: leaves nothing of its connection, whatever it had, and everything of the others', async () => {
      const { registry, rows } = await world.open();
      await registry.open(connectionOf('a'));
      await registry.open(connectionOf('b'));
      const alternatives = Array.from({ length: 5 }, (_, n) => equal({ title: `${n}` }));
      await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          registry.subscribe(subscriptionOf('a', `${n}`, { alternatives })),
        ),
      );
      await registry.subscribe(subscriptionOf('b', '1', { alternatives }));
      await registry.complete('a', 'never there');
      expect(await registry.close('a')).toBe(12);
      for (let n = 0; n < 5; n += 1)
        expect(idsOf(await lookUp(registry, equal({ title: `${n}` })))).toEqual(['b/1']);
      expect(await registry.subscriptions('a')).toEqual([]);
      expect(await registry.connection('a')).toMatchObject({ closed: true });
      if (rows) {
        const left = ownedRows(await rows());
        expect(left.filter(({ pk, sk }) => pk === 'CONN#a' || /^a(#|$)/.test(String(sk)))).toEqual([]);
        // META, LIVE, ID, SUB and five under filter keys.
        expect(left).toHaveLength(9);
      }
      expect(await registry.close('b')).toBe(1);
      if (rows) expect(ownedRows(await rows())).toEqual([]);
    });

    test('is idempotent, also side by side and of a connection nobody opened', async () => {
      const { registry, rows } = await world.open();
      await registry.open(connectionOf('a'));
      await registry.subscribe(subscriptionOf('a', '1'));
      await Promise.all([registry.close('a'), registry.close('a')]);
      expect(await registry.close('a')).toBe(0);
      expect(await registry.close('unknown')).toBe(0);
      expect(await registry.connection('unknown')).toBeUndefined();
      if (rows) expect(ownedRows(await rows())).toEqual([]);
    });
  });

  describe('reaping', () => {
    test('R5: is a close: nothing of the connection is left, everything of the others, and again it ends nothing', async () => {
      const { registry, another, rows } = await world.open();
      for (const id of ['a', 'b']) {
        await registry.open(connectionOf(id));
        for (const clientId of ['1', '2']) await registry.subscribe(subscriptionOf(id, clientId));
      }
      const found = await lookUp(registry, shopping);
      const own = found.flatMap(({ connectionId, row }) => (connectionId === 'a' ? [row] : []));
      expect(await registry.reap('a', own)).toBe(2);
      expect(idsOf(await lookUp(another(), shopping))).toEqual(['b/1', 'b/2']);
      expect(await registry.connection('a')).toMatchObject({ closed: true });
      expect(await registry.subscriptions('a')).toEqual([]);
      expect(await registry.reap('a', own)).toBe(0);
      expect(await registry.reap('unknown', own)).toBe(0);
      if (rows) expect(ownedRows(await rows()).filter(({ sk }) => /^a(#|$)/.test(String(sk)))).toEqual([]);
      expect(await registry.reap('b', [])).toBe(2);
      expect(await lookUp(another(), shopping)).toEqual([]);
    });

    test('passes over rows of another connection, and texts that are no row', async () => {
      const { registry } = await world.open();
      for (const id of ['a', 'a#a', 'b']) {
        await registry.open(connectionOf(id));
        await registry.subscribe(subscriptionOf(id, '1'));
      }
      const everyone = (await lookUp(registry, shopping)).map(({ row }) => row);
      expect(everyone).toHaveLength(3);
      await registry.reap('a', [...everyone, '', ' ', 'key', 'k#0', 'k#0 ', 'k#0 a#h#n', '{"pk":"CONN#b"}']);
      expect(idsOf(await lookUp(registry, shopping))).toEqual(['a#a/1', 'b/1']);
    });
  });

  describe('places of records that outgrew an invocation', () => {
    const place = (eventId: string, ...through: string[]) => ({
      eventId,
      done: through.map((each, n) => ({ through: each, records: Array.from({ length: n + 1 }, String) })),
    });

    test('are read as they were saved, by any process, the last one of a record standing in for those before', async () => {
      const { registry, another } = await world.open();
      expect(await registry.readPlace('e1')).toBeUndefined();
      for (const each of [place('e1', 'b'), place('e1', 'c', '買い#\u0000'), place('e2', '')]) {
        await registry.savePlace(each);
        expect(await another().readPlace(each.eventId)).toEqual(each);
      }
      expect(await registry.readPlace('e1')).toEqual(place('e1', 'c', '買い#\u0000'));
      expect(await registry.readPlace('__proto__')).toBeUndefined();
    });

    test('R8: are of use for one connection life, counted from the last save', async () => {
      const { registry, clock } = await world.open();
      await registry.savePlace(place('e', 'a'));
      clock.advance(60_000);
      await registry.savePlace(place('e', 'b'));
      clock.advance(LIFE_SECONDS * 1_000 - 1);
      expect(await registry.readPlace('e')).toEqual(place('e', 'b'));
      clock.advance(1);
      expect(await registry.readPlace('e')).toBeUndefined();
    });
  });
});
