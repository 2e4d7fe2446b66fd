import { describe, expect, test } from '@jest/globals';
import type { Tables } from '../../src/api/ports.ts';
import type { Attribute, Image } from '../../src/change/change.ts';
import type { Expression, Operator } from '../../src/filter/expression.ts';
import type { TableType } from '../../src/schema/model.ts';
import { fieldModel, image } from '../unit/filter/todo.ts';
import { type LocalTables, memoryTables, type TablesWorld } from './tables-worlds.ts';

const fields = [
  fieldModel('id', 'ID'),
  fieldModel('owner', 'ID', { attribute: 'owner_id' }),
  fieldModel('editors', 'String', { list: true }),
  fieldModel('title', 'String'),
];
const note: TableType = {
  name: 'Note',
  table: 'Note',
  keys: ['id'],
  fields: new Map(fields.map((field) => [field.name, field])),
};
const KEYS = { Note: [['id', 'S']] } as const;
const key = image([['id', { S: '1' }]]);
const REFUSED = { kind: 'condition-failed' };

function rule(field: 'owner' | 'editors', operator: Operator, ...values: string[]): Expression {
  return { kind: 'condition', field, fieldKind: field === 'owner' ? 'ID' : 'String', operator, values };
}

function noteOf(attributes: Readonly<Record<string, Attribute>>): Image {
  return image([['id', { S: '1' }], ...Object.entries(attributes)]);
}

function titled(title: string) {
  return { set: image([['title', { S: title }]]), remove: [] };
}

/** Whether both kinds of write are let through to an item, which is there again afterwards. */
async function lets(tables: Tables, item: Image, condition: Expression): Promise<boolean> {
  await tables.delete(note, key);
  await tables.create(note, item);
  const updated = await tables.update(note, key, titled('new'), condition);
  const isUpdated = updated.kind === 'written';
  expect(updated).toEqual(
    isUpdated ? expect.objectContaining({ image: { ...item, title: { S: 'new' } } }) : REFUSED,
  );
  expect(await tables.get(note, key)).toEqual(isUpdated ? { ...item, title: { S: 'new' } } : item);
  const deleted = await tables.delete(note, key, condition);
  expect(deleted.kind === 'written').toBe(isUpdated);
  expect((await tables.get(note, key)) === undefined).toBe(isUpdated);
  return isUpdated;
}

/** Conditions of writes, as rules make them: they hold for the item as it is at the very moment it is written. */
export function describeConditions(local: LocalTables): void {
  describe.each<TablesWorld>([memoryTables, local])('C6 Conditions of writes in $name', (world) => {
    test('let through what they hold for, and leave everything else as it is', async () => {
      const tables = await world.open(KEYS);
      const ann = noteOf({ owner_id: { S: 'ann' } });
      expect(await lets(tables, ann, rule('owner', 'eq', 'ann'))).toBe(true);
      expect(await lets(tables, ann, rule('owner', 'in', 'bob', 'ann'))).toBe(true);
      for (const value of ['bob', 'an', 'annn', 'Ann', '']) {
        expect(await lets(tables, ann, rule('owner', 'eq', value))).toBe(false);
      }
      expect(await lets(tables, noteOf({}), rule('owner', 'eq', 'ann'))).toBe(false);
      expect(await lets(tables, noteOf({ owner_id: { NULL: true } }), rule('owner', 'eq', 'ann'))).toBe(
        false,
      );
      expect(await lets(tables, ann, { kind: 'or', of: [] })).toBe(false);
      expect(await lets(tables, ann, rule('owner', 'in'))).toBe(false);
      const both: Expression = {
        kind: 'and',
        of: [rule('owner', 'eq', 'ann'), rule('editors', 'hasElement', 'bob')],
      };
      expect(await lets(tables, ann, both)).toBe(false);
      expect(await lets(tables, ann, { ...both, kind: 'or' })).toBe(true);
    });

    test('look for a whole element of a list or set, and never for a part of a text', async () => {
      const tables = await world.open(KEYS);
      const ali = rule('editors', 'hasElement', 'ali', 'bob');
      for (const editors of [
        { L: [{ S: 'x' }, { S: 'ali' }] },
        { SS: ['bob', 'x'] },
        { S: 'ali' },
      ] satisfies Attribute[]) {
        expect(await lets(tables, noteOf({ editors }), ali)).toBe(true);
      }
      for (const editors of [
        { L: [{ S: 'alice' }, { L: [{ S: 'ali' }] }, { NULL: true }] },
        { L: [] },
        { SS: ['alice'] },
        { S: 'alice' },
        { BOOL: true },
      ] satisfies Attribute[]) {
        expect(await lets(tables, noteOf({ editors }), ali)).toBe(false);
      }
      expect(await lets(tables, noteOf({}), ali)).toBe(false);
    });

    test('find no item where there is none, and make none', async () => {
      const tables = await world.open(KEYS);
      expect(await tables.update(note, key, titled('x'), rule('owner', 'eq', 'ann'))).toEqual(REFUSED);
      expect(await tables.delete(note, key, rule('owner', 'eq', 'ann'))).toEqual(REFUSED);
      expect(await tables.get(note, key)).toBeUndefined();
    });

    test('tell nothing of the size of an item that they keep away', async () => {
      const tables = await world.open(KEYS);
      await tables.create(note, noteOf({ owner_id: { S: 'ann' }, title: { S: 'x'.repeat(300_000) } }));
      const large = { set: image([['editors', { L: [{ S: 'y'.repeat(200_000) }] }]]), remove: [] };
      expect(await tables.update(note, key, large, rule('owner', 'eq', 'bob'))).toEqual(REFUSED);
      expect(await tables.update(note, key, large, rule('owner', 'eq', 'ann'))).toMatchObject({
        kind: 'invalid',
      });
    });

    test('hold at the moment of the write: of all who take an item at once, one does', async () => {
      const tables = await world.open(KEYS);
      for (let round = 0; round < 5; round++) {
        await tables.delete(note, key);
        await tables.create(note, noteOf({ owner_id: { S: 'nobody' } }));
        const takers = ['a', 'b', 'c', 'd', 'e', 'f'];
        const outcomes = await Promise.all(
          takers.map((taker) =>
            tables.update(
              note,
              key,
              { set: image([['owner_id', { S: taker }]]), remove: [] },
              rule('owner', 'eq', 'nobody'),
            ),
          ),
        );
        const winners = takers.filter((_, index) => outcomes[index]?.kind === 'written');
        expect(winners).toHaveLength(1);
        expect(await tables.get(note, key)).toEqual(noteOf({ owner_id: { S: winners[0] ?? '' } }));
        // Who had it a moment ago has it no more.
        expect(await tables.delete(note, key, rule('owner', 'eq', 'nobody'))).toEqual(REFUSED);
      }
    });
  });

  describe('Conditions of writes in DynamoDB', () => {
    test('find an owner that the table stores as a number or bytes, as the API shows it', async () => {
      const tables = await local.open({ Note: [['id', 'N']] });
      const five = image([
        ['id', { S: '5' }],
        ['owner_id', { N: '77' }],
      ]);
      await tables.create(note, five);
      const keyOfFive = image([['id', { S: '5' }]]);
      expect(await tables.update(note, keyOfFive, titled('x'), rule('owner', 'eq', '078'))).toEqual(REFUSED);
      expect(await tables.update(note, keyOfFive, titled('x'), rule('owner', 'eq', '77'))).toMatchObject({
        kind: 'written',
      });
      const byKey: Expression = {
        kind: 'condition',
        field: 'id',
        fieldKind: 'ID',
        operator: 'eq',
        values: ['5'],
      };
      expect(await tables.delete(note, keyOfFive, byKey)).toMatchObject({ kind: 'written' });
    });

    test('that are longer than DynamoDB takes write nothing and say so; none is made wider', async () => {
      const tables = await local.open(KEYS);
      const item = noteOf({ editors: { SS: ['group 399'] } });
      await tables.create(note, item);
      const groups = Array.from({ length: 400 }, (_, index) => `group ${index}`);
      const many = rule('editors', 'hasElement', ...groups);
      const invalid = { kind: 'invalid', message: expect.stringContaining('300 operators') };
      expect(await tables.update(note, key, titled('x'), many)).toEqual(invalid);
      expect(await tables.delete(note, key, many)).toEqual(invalid);
      expect(await lets(tables, item, rule('editors', 'hasElement', ...groups.slice(0, 100)))).toBe(false);
      expect(await lets(tables, item, rule('editors', 'hasElement', ...groups.slice(300)))).toBe(true);
      for (const wide of [
        { kind: 'not', of: rule('owner', 'eq', 'x') },
        { kind: 'condition', field: 'owner', fieldKind: 'ID', operator: 'eq', values: [null] },
        { kind: 'condition', field: 'owner', fieldKind: 'ID', operator: 'contains', values: ['x'] },
        { kind: 'condition', field: 'other', fieldKind: 'ID', operator: 'eq', values: ['x'] },
      ] satisfies Expression[]) {
        await expect(tables.delete(note, key, wide)).rejects.toThrow('equalities with values');
      }
    });
  });
}
