import { describe, expect, test } from '@jest/globals';
import type { Tables } from '../../src/api/ports.ts';
import type { Attribute, Image } from '../../src/change/change.ts';
import { type Expression, MATCH_ALL } from '../../src/filter/expression.ts';
import type { TableType } from '../../src/schema/model.ts';
import { useDynamoDB } from '../fixtures/dynamodb.ts';
import { image } from '../unit/filter/todo.ts';
import { describeConditions } from './tables-conditions.ts';
import { describeDynamoDB } from './tables-dynamodb.ts';
import { describePartitions } from './tables-partitions.ts';
import { equal, item, note, typeOf } from './tables-samples.ts';
import { type KeyAttribute, localTables, memoryTables, type TablesWorld } from './tables-worlds.ts';

const local = localTables(useDynamoDB());

const BIG = '12345678901234567890123456789012345678';

const offer = typeOf('Offer', { keys: ['shop', 'sku'] });
const user = typeOf('User', {
  table: 'App',
  keys: ['pk', 'sk'],
  where: { attribute: 'kind', equals: 'user' },
});
const order = typeOf('Order', {
  table: 'App',
  keys: ['pk', 'sk'],
  where: { attribute: 'sk', beginsWith: 'ORDER#' },
});

const KEYS: Readonly<Record<string, readonly KeyAttribute[]>> = {
  Note: [['id', 'S']],
  Offer: [
    ['shop_id', 'S'],
    ['sku', 'N'],
  ],
  App: [
    ['pk', 'S'],
    ['sk', 'S'],
  ],
};

async function all(tables: Tables, type: TableType, filter: Expression, limit: number): Promise<Image[]> {
  const images: Image[] = [];
  let after: Image | undefined;
  do {
    const page = await tables.list(type, { filter, limit, ...(after && { after }) });
    images.push(...page.images);
    after = page.lastKey;
  } while (after);
  return images;
}

const everyType = item({
  id: { S: 'every' },
  title: { S: 'プロフィールページ作成 😀' },
  amount: { N: BIG },
  small: { N: `-0.${BIG}` },
  flag: { BOOL: false },
  nothing: { NULL: true },
  bytes: { B: 'AP8=' },
  texts: { SS: ['a', 'b'] },
  numbers: { NS: ['1', BIG] },
  binaries: { BS: ['AA==', '/w=='] },
  list: { L: [{ S: '' }, { N: '1.5' }, { L: [] }, { NULL: true }, { M: item({ constructor: { S: 'x' } }) }] },
  map: { M: item({ toString: { N: BIG }, hasOwnProperty: { BOOL: true } }) },
  constructor: { S: 'an attribute like any other' },
});

function sorted(found: Image | undefined): unknown {
  if (!found) return undefined;
  const sets = Object.entries(found).map(([name, value]) => {
    if ('SS' in value) return [name, { SS: [...value.SS].sort() }];
    if ('NS' in value) return [name, { NS: [...value.NS].sort() }];
    return 'BS' in value ? [name, { BS: [...value.BS].sort() }] : [name, value];
  });
  return Object.fromEntries(sets);
}

describe.each<TablesWorld>([memoryTables, local])('Tables in $name', (world) => {
  test('give back every type of attribute as it was stored', async () => {
    const tables = await world.open(KEYS);
    expect(await tables.create(note, everyType)).toEqual({ kind: 'written', image: everyType });
    const found = await tables.get(note, item({ id: { S: 'every' } }));
    expect(sorted(found)).toEqual(sorted(everyType));
    expect(Object.getPrototypeOf(found)).toBeNull();
    const map = found?.['map'];
    expect(map && 'M' in map && Object.getPrototypeOf(map.M)).toBeNull();
  });

  test('create one item where two are created at once', async () => {
    const tables = await world.open(KEYS);
    const outcomes = await Promise.all(
      ['one', 'two'].map((title) => tables.create(note, item({ id: { S: 'same' }, title: { S: title } }))),
    );
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['condition-failed', 'written']);
    const winner = outcomes.find((outcome) => outcome.kind === 'written');
    const stored = await tables.get(note, item({ id: { S: 'same' } }));
    expect(winner?.kind === 'written' && winner.image).toEqual(stored);
  });

  test('change and delete only what is there, and say what it is and was', async () => {
    const tables = await world.open(KEYS);
    const key = item({ shop_id: { S: '店' }, sku: { N: '7' } });
    const change = { set: item({ title: { S: 'new' } }), remove: ['amount', 'never'] };
    expect(await tables.update(offer, key, change)).toEqual({ kind: 'condition-failed' });
    expect(await tables.delete(offer, key)).toEqual({ kind: 'condition-failed' });
    expect(await tables.get(offer, key)).toBeUndefined();

    await tables.create(offer, item({ ...key, amount: { N: '1' }, kind: { S: 'kept' } }));
    const changed = item({ ...key, title: { S: 'new' }, kind: { S: 'kept' } });
    expect(await tables.update(offer, key, change)).toEqual({ kind: 'written', image: changed });
    expect(await tables.delete(offer, key)).toEqual({ kind: 'written', image: changed });
    expect(await tables.get(offer, key)).toBeUndefined();
  });

  test('keep the types of one table apart in every operation', async () => {
    const tables = await world.open(KEYS);
    const key = item({ pk: { S: 'a' }, sk: { S: 'ORDER#1' } });
    await tables.create(order, item({ ...key, title: { S: 'order' } }));
    await tables.create(user, item({ pk: { S: 'a' }, sk: { S: 'PROFILE' }, kind: { S: 'user' } }));

    expect(await tables.get(user, key)).toBeUndefined();
    const change = { set: item({ title: { S: 'stolen' } }), remove: [] };
    expect(await tables.update(user, key, change)).toEqual({ kind: 'condition-failed' });
    expect(await tables.delete(user, key)).toEqual({ kind: 'condition-failed' });
    expect(await tables.create(user, item({ ...key, kind: { S: 'user' } }))).toEqual({
      kind: 'condition-failed',
    });
    for (const filter of [MATCH_ALL, equal('pk', 'a')]) {
      expect((await all(tables, order, filter, 1)).map((found) => found['sk'])).toEqual([{ S: 'ORDER#1' }]);
      expect((await all(tables, user, filter, 1)).map((found) => found['sk'])).toEqual([{ S: 'PROFILE' }]);
    }
    expect(await tables.get(order, key)).toMatchObject({ title: { S: 'order' } });
  });

  test('list page after page, each item once, until there are no more', async () => {
    const tables = await world.open(KEYS);
    for (let sku = 1; sku <= 25; sku++) {
      const title = { S: sku % 5 === 0 ? 'fifth' : 'other' };
      await tables.create(offer, item({ shop_id: { S: 'a' }, sku: { N: String(sku) }, title }));
    }
    await tables.create(offer, item({ shop_id: { S: 'b' }, sku: { N: '1' }, title: { S: 'fifth' } }));

    const ofShop = await all(tables, offer, equal('shop', 'a'), 4);
    expect(ofShop.map((found) => found['sku'])).toEqual(
      Array.from({ length: 25 }, (_, index) => ({ N: String(index + 1) })),
    );
    const sixth: Expression = {
      kind: 'and',
      of: [
        equal('shop', 'a'),
        { kind: 'condition', field: 'sku', fieldKind: 'Int', operator: 'between', values: ['6', '20'] },
        equal('title', 'fifth'),
      ],
    };
    const page = await tables.list(offer, { filter: sixth, limit: 2 });
    expect(page.images.map((found) => found['sku'])).toEqual([{ N: '10' }, { N: '15' }]);
    expect(page.lastKey).toEqual(page.images[1] && { shop_id: { S: 'a' }, sku: { N: '15' } });
    expect((await all(tables, offer, sixth, 2)).length).toBe(3);
    expect(await all(tables, offer, MATCH_ALL, 7)).toHaveLength(26);
    expect(await tables.list(offer, { filter: MATCH_ALL, limit: 26 })).not.toHaveProperty('lastKey');
    expect(await all(tables, offer, { kind: 'or', of: [] }, 5)).toEqual([]);
  });

  test('say in words what DynamoDB would not store, and store nothing', async () => {
    const tables = await world.open(KEYS);
    const invalid = (expected: string) => ({ kind: 'invalid', message: expect.stringContaining(expected) });
    const key = { id: { S: 'key' } };
    expect(await tables.create(note, item({ id: { S: '' } }))).toEqual(invalid('not empty'));
    expect(await tables.create(note, item({ id: { S: 'あ'.repeat(683) } }))).toEqual(invalid('2048 bytes'));
    const large = 'x'.repeat(410_000);
    expect(await tables.create(note, item({ ...key, title: { S: large } }))).toEqual(invalid('409600'));
    let deep: Attribute = { S: 'deep' };
    for (let level = 0; level < 40; level++) deep = { L: [deep] };
    expect(await tables.create(note, item({ ...key, title: deep }))).toEqual(invalid('levels'));
    for (const name of ['', 'n'.repeat(65_536)]) {
      const unnamed: Attribute = { L: [{ M: image([[name, { S: 'x' }]]) }] };
      expect(await tables.create(note, item({ ...key, title: unnamed }))).toEqual(invalid('65535 bytes'));
    }
    const prototype = image([['__proto__', { S: 'x' }]]);
    expect(await tables.create(note, item({ ...key, title: { M: prototype } }))).toEqual(
      invalid('__proto__'),
    );
    expect(await tables.get(note, item(key))).toBeUndefined();

    await tables.create(note, item({ ...key, title: { S: 'x'.repeat(300_000) } }));
    const more = { set: item({ kind: { S: 'y'.repeat(200_000) } }), remove: [] };
    expect(await tables.update(note, item(key), more)).toEqual({
      kind: 'invalid',
      message: expect.stringMatching(/at most/),
    });
    expect(await tables.get(note, item(key))).not.toHaveProperty('kind');
  });
});

// One DynamoDB Local for all of it: to start it takes longer than the tests do.
describeDynamoDB(local);
describeConditions(local);
describePartitions(local);
