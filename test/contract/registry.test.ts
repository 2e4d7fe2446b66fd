import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hash128 } from '../../src/filter/keys.ts';
import type { Identity, SubscriptionOptions } from '../../src/relay/ports.ts';
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
import { everyWorld, START } from './registry-worlds.ts';

const shopping = equal({ title: '買い物' });

const JANE: Identity = {
  kind: 'jwt',
  hash: hash128('jane'),
  claims: { provider: 'oidc', issuer: 'https://issuer', subject: 'jane', groups: ['admins'] },
  expiresAt: START / 1_000 + 3_600,
};

describe.each(everyWorld())('registry, subscribing: %s', (_, world) => {
  beforeAll(() => world.start());
  afterAll(() => world.stop());

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
      const own = (await rows()).filter(({ pk, sk }) => /^KEY#/.test(String(pk)) || /^SUB#/.test(String(sk)));
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
