import { ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import type { Tables } from '../../src/api/ports.ts';
import type { Attribute, Image } from '../../src/change/change.ts';
import { type Expression, MATCH_ALL } from '../../src/filter/expression.ts';
import type { TableType } from '../../src/schema/model.ts';
import { useDynamoDB } from '../fixtures/dynamodb.ts';
import { fieldModel, image } from '../unit/filter/todo.ts';
import { describeConditions } from './tables-conditions.ts';
import { describePartitions } from './tables-partitions.ts';
import { type KeyAttribute, localTables, memoryTables, type TablesWorld } from './tables-worlds.ts';

const local = localTables(useDynamoDB());

const BIG = '12345678901234567890123456789012345678';

function typeOf(name: string, more: Partial<TableType>): TableType {
  const fields = [
    fieldModel('id', 'ID'),
    fieldModel('title', 'String'),
    fieldModel('amount', 'Decimal'),
    fieldModel('shop', 'ID', { attribute: 'shop_id' }),
    fieldModel('sku', 'Int'),
    fieldModel('pk', 'String'),
    fieldModel('sk', 'String'),
    fieldModel('kind', 'String'),
  ];
  return {
    name,
    table: name,
    keys: ['id'],
    fields: new Map(fields.map((field) => [field.name, field])),
    ...more,
  };
}

const note = typeOf('Note', {});
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

function item(attributes: Readonly<Record<string, Attribute>>): Image {
  return image(Object.entries(attributes));
}

function equal(field: string, value: string): Expression {
  return { kind: 'condition', field, fieldKind: 'String', operator: 'eq', values: [value] };
}

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

describe('Tables in DynamoDB', () => {
  test('list by a filter with more operands than a request takes', async () => {
    const tables = await local.open({ Note: [['id', 'S']] });
    const last = `${'x'.repeat(30_000)}99`;
    const note99 = item({ id: { S: '1' }, title: { S: last } });
    await tables.create(note, note99);
    const values = Array.from({ length: 100 }, (_, index) => `${'x'.repeat(30_000)}${index}`);
    const filter: Expression = {
      kind: 'condition',
      field: 'title',
      fieldKind: 'String',
      operator: 'in',
      values,
    };
    expect(await tables.list(note, { filter, limit: 5 })).toEqual({ images: [note99] });
  });

  test('find an ID that the table stores as a number', async () => {
    const numbers: Readonly<Record<string, readonly KeyAttribute[]>> = {
      Note: [['id', 'N']],
      App: [
        ['pk', 'S'],
        ['sk', 'N'],
      ],
    };
    const tables = await local.open(numbers);
    const key = item({ id: { S: '5' } });
    const stored = item({ id: { N: '5' }, title: { S: 'five' } });
    expect(await tables.list(note, { filter: MATCH_ALL, limit: 5 })).toEqual({ images: [] });
    expect(await tables.get(note, item({ id: { S: 'five' } }))).toBeUndefined();
    expect(await tables.create(note, item({ ...key, title: { S: 'five' } }))).toEqual({
      kind: 'written',
      image: stored,
    });
    expect(await tables.create(note, key)).toEqual({ kind: 'condition-failed' });
    expect(await tables.create(note, item({ id: { S: 'five' } }))).toMatchObject({ kind: 'invalid' });
    expect(await tables.get(note, key)).toEqual(stored);
    expect(await tables.list(note, { filter: equal('id', '5'), limit: 5 })).toEqual({ images: [stored] });
    expect(await tables.list(note, { filter: equal('id', 'five'), limit: 5 })).toEqual({ images: [] });
    expect(await tables.delete(note, key)).toEqual({ kind: 'written', image: stored });

    const plain = typeOf('Plain', { table: 'App', keys: ['pk', 'sk'] });
    const pair = item({ pk: { S: '5' }, sk: { S: '6' } });
    expect(await tables.list(plain, { filter: equal('pk', '5'), limit: 5 })).toEqual({ images: [] });
    expect(await tables.create(plain, pair)).toMatchObject({ kind: 'written' });
    const prefixed: Expression = {
      kind: 'and',
      of: [
        equal('pk', '5'),
        { kind: 'condition', field: 'sk', fieldKind: 'String', operator: 'beginsWith', values: ['6'] },
      ],
    };
    expect(await tables.list(plain, { filter: prefixed, limit: 5 })).toEqual({
      images: [{ pk: { S: '5' }, sk: { N: '6' } }],
    });
  });

  test('find an ID that the table stores as bytes, as base64', async () => {
    const keys: Readonly<Record<string, readonly KeyAttribute[]>> = {
      Note: [['id', 'B']],
      App: [
        ['pk', 'S'],
        ['sk', 'B'],
      ],
    };
    const tables = await local.open(keys);
    const key = item({ id: { S: 'AQI=' } });
    const stored = item({ id: { B: 'AQI=' }, title: { S: 'two bytes' } });
    expect(await tables.get(note, item({ id: { S: 'no base64' } }))).toBeUndefined();
    expect(await tables.create(note, item({ id: { S: 'no base64' } }))).toMatchObject({ kind: 'invalid' });
    expect(await tables.create(note, item({ ...key, title: { S: 'two bytes' } }))).toEqual({
      kind: 'written',
      image: stored,
    });
    expect(await tables.create(note, key)).toEqual({ kind: 'condition-failed' });
    expect(await tables.get(note, key)).toEqual(stored);
    expect(await tables.list(note, { filter: equal('id', 'AQI='), limit: 5 })).toEqual({ images: [stored] });
    expect(await tables.delete(note, key)).toEqual({ kind: 'written', image: stored });

    const plain = typeOf('Plain', { table: 'App', keys: ['pk', 'sk'] });
    for (const sk of ['AA==', 'AQ==', '/w==']) {
      const pair = item({ pk: { S: 'p' }, sk: { S: sk } });
      expect(await tables.create(plain, pair)).toMatchObject({ kind: 'written' });
    }
    const seen: string[] = [];
    for (let after: Image | undefined, pages = 0; pages < 4; pages++) {
      const page = await tables.list(plain, { filter: equal('pk', 'p'), limit: 1, ...(after && { after }) });
      for (const { sk } of page.images) seen.push(sk && 'B' in sk ? sk.B : '');
      after = page.lastKey;
      if (!after) break;
    }
    expect(seen).toEqual(['AA==', 'AQ==', '/w==']);
  });

  test('reject with what is wrong and no value when the table is not there or not as the schema says', async () => {
    const tables = await local.open({});
    const secret = item({ id: { S: 'secret' } });
    const unavailable = {
      code: 'TABLE_UNAVAILABLE',
      message: 'Table Note: expected GetItem to succeed, got ResourceNotFoundException',
    };
    await expect(tables.get(note, secret)).rejects.toMatchObject(unavailable);
    const other = await local.open({ Note: [['number', 'N']] });
    const rejection: unknown = await other.create(note, secret).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(rejection).toMatchObject({
      code: 'TABLE_UNAVAILABLE',
      message: expect.stringContaining('the schema names by @table(key:)'),
    });
    expect(JSON.stringify(rejection, Object.getOwnPropertyNames(rejection))).not.toContain('secret');
  });

  test('read on past an attribute called __proto__ that the SDK cannot carry', async () => {
    const tables = await local.open({ Note: KEYS['Note'] ?? [] });
    const { storedName, put } = await rawTable();
    await put(
      storedName,
      '{"id":{"S":"p"},"title":{"S":"seen"},"__proto__":{"M":{"polluted":{"BOOL":true}}}}',
    );
    const found = await tables.list(note, { filter: MATCH_ALL, limit: 5 });
    expect(found.images).toEqual([{ id: { S: 'p' }, title: { S: 'seen' } }]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

// One DynamoDB Local for all of it: to start it takes longer than the tests do.
describeConditions(local);
describePartitions(local);

/** The newest table of notes, and a way to put what the SDK's own objects cannot hold. */
async function rawTable() {
  const { TableNames = [] } = await local.client().send(new ListTablesCommand({}));
  const storedName =
    TableNames.filter((name) => name.startsWith('Note-'))
      .sort(byNumber)
      .at(-1) ?? '';
  const put = async (TableName: string, itemJson: string) => {
    const command = new PutItemCommand({ TableName, Item: { id: { S: 'replaced' } } });
    command.middlewareStack.add(
      (next) => async (args) => {
        const { request } = args;
        if (typeof request === 'object' && request !== null && 'body' in request) {
          request.body = `{"TableName":${JSON.stringify(TableName)},"Item":${itemJson}}`;
          if ('headers' in request && typeof request.headers === 'object') {
            Object.assign(request.headers ?? {}, {
              'content-length': String(Buffer.byteLength(String(request.body))),
            });
          }
        }
        return next(args);
      },
      { step: 'build', priority: 'low' },
    );
    await local.client().send(command);
  };
  return { storedName, put };
}

function byNumber(a: string, b: string): number {
  return Number(a.split('-')[1]) - Number(b.split('-')[1]);
}
