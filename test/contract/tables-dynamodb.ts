import { ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import type { Image } from '../../src/change/change.ts';
import { type Expression, MATCH_ALL } from '../../src/filter/expression.ts';
import { equal, item, note, typeOf } from './tables-samples.ts';
import type { KeyAttribute, LocalTables } from './tables-worlds.ts';

/** What only tables in DynamoDB have: keys of other kinds than the schema names, attributes it cannot say, faults. */
export function describeDynamoDB(local: LocalTables): void {
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
      expect(await tables.list(note, { filter: equal('id', 'AQI='), limit: 5 })).toEqual({
        images: [stored],
      });
      expect(await tables.delete(note, key)).toEqual({ kind: 'written', image: stored });

      const plain = typeOf('Plain', { table: 'App', keys: ['pk', 'sk'] });
      for (const sk of ['AA==', 'AQ==', '/w==']) {
        const pair = item({ pk: { S: 'p' }, sk: { S: sk } });
        expect(await tables.create(plain, pair)).toMatchObject({ kind: 'written' });
      }
      const seen: string[] = [];
      for (let after: Image | undefined, pages = 0; pages < 4; pages++) {
        const page = await tables.list(plain, {
          filter: equal('pk', 'p'),
          limit: 1,
          ...(after && { after }),
        });
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
      const tables = await local.open({ Note: [['id', 'S']] });
      const { storedName, put } = await rawTable(local);
      await put(
        storedName,
        '{"id":{"S":"p"},"title":{"S":"seen"},"__proto__":{"M":{"polluted":{"BOOL":true}}}}',
      );
      const found = await tables.list(note, { filter: MATCH_ALL, limit: 5 });
      expect(found.images).toEqual([{ id: { S: 'p' }, title: { S: 'seen' } }]);
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    });
  });
}

/** The newest table of notes, and a way to put what the SDK's own objects cannot hold. */
async function rawTable(local: LocalTables) {
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
