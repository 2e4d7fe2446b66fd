import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chunk, mapConcurrently } from '../../../src/adapters/dynamodb/concurrency.ts';
import { rowFromError } from '../../../src/adapters/dynamodb/condition-failure.ts';
import { identityText, parseIdentity } from '../../../src/adapters/dynamodb/identity-text.ts';
import { parseDone } from '../../../src/adapters/dynamodb/places.ts';
import {
  dialectOf,
  isLive,
  liveKey,
  lockKey,
  parsePlace,
  parsePlaceSort,
  partitionOf,
  placeOf,
  placeSort,
  shapeKey,
  storeKey,
  subscriptionKey,
} from '../../../src/adapters/dynamodb/rows.ts';
import {
  candidateOf,
  ownPlaceKey,
  placeKeys,
  placeRows,
} from '../../../src/adapters/dynamodb/subscription-rows.ts';
import type { Identity } from '../../../src/auth/identity.ts';
import { hash128 } from '../../../src/filter/keys.ts';

describe('keys of the relay table', () => {
  test('the sort key under a filter key reads back, whatever the connection id holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (connectionId, clientId) => {
        const h = hash128(clientId);
        expect(parsePlaceSort(placeSort(connectionId, h, 'n0nce'))).toEqual({
          connectionId,
          h,
          nonce: 'n0nce',
        });
      }),
    );
  });

  test.each(['', 'no marks', 'one#mark'])('a sort key that is not one is nothing: %j', (sk) => {
    expect(parsePlaceSort(sk)).toBeUndefined();
  });

  test('keys are those of the design, and short whatever the client calls its subscription', () => {
    const h = hash128('x'.repeat(256));
    expect(subscriptionKey('id', h)).toEqual({ pk: 'CONN#id', sk: `SUB#${h}` });
    expect(h).toHaveLength(22);
    expect(shapeKey('Todos', 'onCreateTodo', ['done', 'title'])).toEqual({
      pk: 'SHAPES#Todos',
      sk: 'onCreateTodo#done,title',
    });
    expect(storeKey('id')).toEqual({ pk: 'CONN#id', sk: 'CTX' });
    expect(lockKey('id')).toEqual({ pk: 'CONN#id', sk: 'LOCK' });
    expect(liveKey('id')).toEqual({ pk: `LIVE#${partitionOf('id', 64)}`, sk: 'id' });
  });

  test('a place reads back, and what is none is none', () => {
    expect(parsePlace(placeOf(hash128('k'), 12))).toEqual({ filterKey: hash128('k'), shard: 12 });
    for (const text of ['', 'k', 'k#', '#1', 'k#x', 'k#1 ']) expect(parsePlace(text)).toBeUndefined();
  });

  test('a connection stands in the same partition in every version: these never change', () => {
    expect(['L0SM9cOFvHcCIhw=', 'a', ''].map((id) => partitionOf(id, 64))).toEqual([53, 18, 2]);
  });

  test('connections spread evenly over partitions', () => {
    const counts = new Map<number, number>();
    for (let n = 0; n < 6_400; n += 1) {
      const partition = partitionOf(`connection ${n}`, 64);
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
    }
    expect(counts.size).toBe(64);
    expect(Math.max(...counts.values())).toBeLessThan(160);
    expect(partitionOf('anything', 1)).toBe(0);
  });

  test('a SUB row names its rows by place and nonce; a tombstone and META name none', () => {
    const sub = { pk: 'CONN#a', sk: 'SUB#h', nonce: 'n', places: ['k1#0', 'k2#3'] };
    expect(placeKeys('a', sub)).toEqual([
      { pk: 'KEY#k1#0', sk: 'a#h#n' },
      { pk: 'KEY#k2#3', sk: 'a#h#n' },
    ]);
    expect(placeKeys('a', { ...sub, identityHash: 'i' })).toEqual(placeKeys('a', sub));
    expect(placeKeys('a', { ...sub, identityHash: 'i', counted: true })).toEqual([
      ...placeKeys('a', sub),
      { pk: 'ID#i', sk: 'S#a#h#n' },
    ]);
    expect(placeKeys('a', { pk: 'CONN#a', sk: 'SUB#h', tombstone: true })).toEqual([]);
    expect(placeKeys('a', { pk: 'CONN#a', sk: 'META', nonce: 'n', places: ['k1#0'] })).toEqual([]);
  });

  test('what a candidate calls its row is the key of that row, for its own connection alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (own, other) => {
        const [key] = placeKeys(own, { ...subscriptionKey(own, 'h'), nonce: 'n', places: ['k_-1#12'] });
        const found = candidateOf({
          ...key,
          c: '1',
          o: 'onCreateTodo',
          d: 'document',
          r: 'rendering',
          f: '{}',
          p: 'appsync',
          s: 'dev',
          a: 1,
          expiresAt: 1,
        });
        const row = found?.candidate.row ?? '';
        expect(ownPlaceKey(own, row)).toEqual(key);
        if (other !== own) expect(ownPlaceKey(other, row)).toBeUndefined();
      }),
    );
  });

  test.each([
    '',
    ' ',
    'k#0',
    'k#0 ',
    'k#0 a',
    'k#0 a#n',
    'k a#h#n',
    'k#x a#h#n',
    '#0 a#h#n',
    'KEY#k#0 a#h#n',
  ])('a text that names no row under a filter key names none: %j', (text) =>
    expect(ownPlaceKey('a', text)).toBeUndefined(),
  );

  test.each([
    '',
    'null',
    '{}',
    '"x"',
    '[1]',
    '[null]',
    '[{"through":"a"}]',
    '[{"records":["1"]}]',
    '[{"through":"a","records":"1"}]',
    '[{"through":"a","records":[1]}]',
  ])('a place that cannot be read is none: %j', (text) => expect(parseDone(text)).toBeUndefined());

  test('a row is live until the second it expires in', () => {
    expect(isLive({ expiresAt: 100 }, 99_999)).toBe(true);
    expect(isLive({ expiresAt: 100 }, 100_000)).toBe(false);
    expect(isLive({}, 0)).toBe(false);
    expect(isLive(undefined, 0)).toBe(false);
  });

  test('the row that stood against a condition reads as other rows do', () => {
    const row = rowFromError({
      s: { S: '買' },
      n: { N: '1767225600' },
      b: { BOOL: false },
      l: { L: [{ S: 'x' }] },
    });
    expect(row).toEqual({ s: '買', n: 1_767_225_600, b: false, l: ['x'] });
  });
});

describe('what a row holds beside its key', () => {
  const text = fc.string({ unit: 'binary' });
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const identity = fc
    .record({
      kind: fc.constantFrom(
        'api-key' as const,
        'jwt' as const,
        'iam' as const,
        'lambda' as const,
        'anonymous' as const,
      ),
      hash: text,
      claims: optional(
        fc.record(
          {
            provider: fc.constantFrom(
              'userPools' as const,
              'oidc' as const,
              'iam' as const,
              'lambda' as const,
            ),
            issuer: text,
            subject: text,
            username: text,
            groups: fc.array(text),
            scope: text,
            more: fc.array(fc.tuple(text, fc.oneof(text, fc.array(text)))),
          },
          { requiredKeys: ['provider', 'issuer', 'subject'] },
        ),
      ),
      issuedAt: optional(fc.nat()),
      expiresAt: optional(fc.nat()),
    })
    .map(
      ({ kind, hash, claims, issuedAt, expiresAt }): Identity => ({
        kind,
        hash,
        ...(claims && { claims }),
        ...(issuedAt !== undefined && { issuedAt }),
        ...(expiresAt !== undefined && { expiresAt }),
      }),
    );

  test('an identity reads back as it was, absent members absent', () => {
    fc.assert(fc.property(identity, (each) => expect(parseIdentity(identityText(each))).toEqual(each)));
  });

  test.each([
    undefined,
    '',
    'no JSON',
    'null',
    '[]',
    '{"hash":"h"}',
    '{"kind":"root","hash":"h"}',
    '{"kind":"constructor","hash":"h"}',
    '{"kind":"jwt"}',
    '{"kind":"jwt","hash":1}',
    '{"kind":"jwt","hash":"h","claims":{"issuer":"i"}}',
    '{"kind":"jwt","hash":"h","claims":null}',
    '{"kind":"jwt","hash":"h","claims":{"issuer":"i","subject":"s"}}',
    '{"kind":"jwt","hash":"h","claims":{"provider":"apiKey","issuer":"i","subject":"s"}}',
  ])('what is no identity is nobody: %j', (each) => {
    expect(parseIdentity(each)).toBeUndefined();
  });

  test('every dialect is read, and no other text', () => {
    const dialects = ['graphql-transport-ws', 'apollo', 'appsync'];
    expect(dialects.map((dialect) => dialectOf({ dialect }, 'dialect'))).toEqual(dialects);
    for (const dialect of ['graphql-ws', 'toString', '', 1])
      expect(dialectOf({ dialect }, 'dialect')).toBeUndefined();
  });

  test.each(['graphql-transport-ws', 'apollo', 'appsync'] as const)(
    'a row under a filter key says in few bytes what the subscription said: %s',
    (dialect) => {
      const hash = hash128('{ onCreateTodo { id } }');
      const subscription = {
        connectionId: 'L0SM9cOFvHcCIhw=',
        clientId: '1',
        field: 'onCreateTodo',
        table: 'Todos',
        alternatives: [],
        filter: '{}',
        document: { hash, text: '' },
        renderingKey: hash,
        dialect,
        stage: 'dev',
        activatedAt: 1_767_225_600_000,
        expiresAt: 1_767_233_400,
        subscriber: { identityHash: 'anyone' },
        maxOnConnection: 100,
      };
      const placement = { names: [], filterKey: hash128('k'), shard: 3, shards: 4 };
      const read = (renderingKey: string) => {
        const [row] = placeRows({ ...subscription, renderingKey }, 'h', 'n', [placement], 400);
        return { row, candidate: row && candidateOf(row)?.candidate };
      };
      const { row, candidate } = read(hash);
      expect(Object.keys(row ?? {})).not.toContain('r');
      expect(String(row?.['p'])).toHaveLength(1);
      const { connectionId, clientId, field, filter, stage, activatedAt, expiresAt } = subscription;
      expect(candidate).toEqual({
        ...{ connectionId, clientId, field, filter, stage, activatedAt, expiresAt, dialect },
        documentHash: hash,
        renderingKey: hash,
        row: `${hash128('k')}#3 ${connectionId}#h#n`,
      });
      expect(read('of its resolvers').candidate?.renderingKey).toBe('of its resolvers');
      // As the rows of an earlier form are: live ones are found after a deploy.
      const earlier = row && candidateOf({ ...row, p: dialect, r: hash });
      expect(earlier?.candidate).toEqual(candidate);
    },
  );

  test('a row whose identity cannot be read is served to nobody, rather than to anybody', () => {
    const row = {
      pk: 'KEY#k#0',
      sk: 'a#h#n',
      c: '1',
      o: 'onCreateTodo',
      d: 'document',
      r: 'rendering',
      f: '{}',
      p: 'appsync',
      s: 'dev',
      a: 1,
      expiresAt: 1,
    };
    expect(candidateOf(row)?.candidate).not.toHaveProperty('options');
    expect(candidateOf({ ...row, v: 'oldest' })?.candidate).not.toHaveProperty('options');
    expect(
      candidateOf({ ...row, i: identityText({ kind: 'anonymous', hash: 'h' }) })?.candidate.options,
    ).toEqual({ identity: { kind: 'anonymous', hash: 'h' } });
    // Under rules that no release has: it is found, to be told that it ends, and nothing is sent.
    // Claims of the release before rules do not say how they were proven.
    const earlier = '{"kind":"jwt","hash":"h","claims":{"issuer":"i","subject":"s"}}';
    for (const i of ['{"kind":"of a later version","hash":"h"}', earlier])
      expect(candidateOf({ ...row, i })?.candidate.options).toEqual({ access: { rules: '' } });
  });
});

describe('requests side by side', () => {
  test('never more than the limit at once, and results in the order of the items', async () => {
    let running = 0;
    let most = 0;
    const results = await mapConcurrently([5, 1, 4, 2, 3, 0, 6], 3, async (item) => {
      running += 1;
      most = Math.max(most, running);
      for (let turns = 0; turns < item; turns += 1) await Promise.resolve();
      running -= 1;
      return item * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30, 0, 60]);
    expect(most).toBe(3);
  });

  test('a failure starts nothing more, and is told once nothing is in flight', async () => {
    const ended: number[] = [];
    const work = mapConcurrently([0, 1, 2, 3, 4], 2, async (item) => {
      if (item === 0) throw new Error('first');
      for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
      ended.push(item);
    });
    await expect(work).rejects.toThrow('first');
    expect(ended).toEqual([1]);
  });

  test('chunks lose nothing', () => {
    expect(chunk([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(chunk([], 25)).toEqual([]);
  });
});
