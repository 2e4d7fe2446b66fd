import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Tables } from '../../src/api/ports.ts';
import type { Attribute, Image } from '../../src/change/change.ts';
import { type Expression, MATCH_ALL, type Operator } from '../../src/filter/expression.ts';
import type { TableType } from '../../src/schema/model.ts';
import { fieldModel, image } from '../unit/filter/todo.ts';
import { type LocalTables, memoryTables, type TablesWorld } from './tables-worlds.ts';

const fields = [
  fieldModel('owner', 'ID', { attribute: 'owner_id' }),
  fieldModel('at', 'Int'),
  fieldModel('editors', 'String', { list: true }),
  fieldModel('text', 'String'),
];
const note: TableType = {
  name: 'Note',
  table: 'Note',
  keys: ['owner', 'at'],
  fields: new Map(fields.map((field) => [field.name, field])),
};
const KEYS = {
  Note: [
    ['owner_id', 'S'],
    ['at', 'N'],
  ],
} as const;

function where(field: string, operator: Operator, ...values: (string | null)[]): Expression {
  return {
    kind: 'condition',
    field,
    fieldKind: note.fields.get(field)?.kind ?? 'String',
    operator,
    values,
  };
}

const and = (...of: Expression[]): Expression => ({ kind: 'and', of });
const or = (...of: Expression[]): Expression => ({ kind: 'or', of });

async function fill(tables: Tables): Promise<void> {
  for (const owner of ['ann', 'ann::ann', 'bob']) {
    for (let at = 1; at <= 3; at++) {
      const editors: Attribute = { L: at === 2 ? [{ S: 'eve' }] : [] };
      const attributes = {
        owner_id: { S: owner },
        at: { N: String(at) },
        editors,
        text: { S: `of ${owner}` },
      };
      await tables.create(note, image(Object.entries(attributes)));
    }
  }
}

/** `owner at` of the items of each page. */
async function pages(tables: Tables, filter: Expression, limit: number): Promise<string[][]> {
  const read: string[][] = [];
  let after: Image | undefined;
  do {
    const page = await tables.list(note, { filter, limit, ...(after && { after }) });
    expect(page.images.length).toBeLessThanOrEqual(limit);
    read.push(
      page.images.map(({ owner_id: owner, at }) =>
        [owner, at].flatMap((each) => Object.values(each ?? {})).join(' '),
      ),
    );
    after = page.lastKey;
  } while (after && read.length < 50);
  return read;
}

/** What each list may ask of a table whose partition key names the owner. */
export function describePartitions(local: LocalTables): void {
  describe.each<TablesWorld>([memoryTables, local])('C6 Lists by partition in $name', (world) => {
    test('hold of all partitions that are asked for, each item once, whatever the pages', async () => {
      const tables = await world.open(KEYS);
      await fill(tables);
      const all = ['ann 1', 'ann 2', 'ann 3', 'ann::ann 1', 'ann::ann 2', 'ann::ann 3'];
      const own = where('owner', 'in', 'ann::ann', 'ann', 'nobody');
      for (const limit of [1, 2, 3, 4, 5, 6, 7]) {
        expect((await pages(tables, own, limit)).flat()).toEqual(all);
        const later = and(where('at', 'gt', '1'), own);
        expect((await pages(tables, later, limit)).flat()).toEqual(all.filter((name) => !name.endsWith('1')));
      }
      // As a client may write the same filter another time: a page leads on by it.
      const { lastKey: after } = await tables.list(note, { filter: own, limit: 2 });
      if (!after) throw new Error('expected another page');
      const turned = where('owner', 'in', 'nobody', 'ann', 'ann::ann');
      const { images } = await tables.list(note, { filter: turned, limit: 9, after });
      expect(images).toHaveLength(4);
      for (const [filter, found] of [
        [and(own, where('owner', 'eq', 'ann')), all.slice(0, 3)],
        [and(where('owner', 'in', 'bob', 'ann'), own), all.slice(0, 3)],
        [and(own, where('owner', 'eq', 'bob')), []],
        [and(own, { kind: 'not', of: where('owner', 'eq', 'ann') }), all.slice(3)],
        [and(own, where('owner', 'beginsWith', 'ann:')), all.slice(3)],
        [and(where('owner', 'eq', null), own), []],
        [where('owner', 'in'), []],
        [where('owner', 'in', null, '', 'x'.repeat(3_000), 'bob'), ['bob 1', 'bob 2', 'bob 3']],
        [and(where('owner', 'eq', 'bob'), or(own, where('editors', 'hasElement', 'eve'))), ['bob 2']],
        [
          where('owner', 'in', 'ann', 'bob', '1', '2', '3', '4', '5'),
          [...all.slice(0, 3), 'bob 1', 'bob 2', 'bob 3'],
        ],
      ] satisfies [Expression, string[]][]) {
        expect((await pages(tables, filter, 2)).flat().sort()).toEqual(found);
      }
    });
  });

  describe('C6 Lists by partition in DynamoDB', () => {
    const asked: string[] = [];
    const client = () => local.client();
    beforeEach(() => {
      asked.length = 0;
      client().middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          const output: unknown = result.output;
          if (
            typeof output === 'object' &&
            output !== null &&
            'ScannedCount' in output &&
            'Count' in output
          ) {
            const kind = 'KeyConditionExpression' in args.input ? 'Query' : 'Scan';
            asked.push(`${kind} ${output.Count} of ${output.ScannedCount}`);
          }
          return result;
        },
        { step: 'initialize', name: 'counting', override: true },
      );
    });
    afterAll(() => {
      client().middlewareStack.remove('counting');
    });

    test("read nothing of another's partition, whatever a client asks for beside the rules", async () => {
      const tables = await local.open(KEYS);
      await fill(tables);
      const rules = where('owner', 'in', 'ann::ann', 'ann');
      for (const theirs of [where('owner', 'eq', 'bob'), where('owner', 'in', 'bob', 'eve')]) {
        for (const filter of [and(theirs, rules), and(rules, theirs, where('at', 'ge', '2'))]) {
          expect(await tables.list(note, { filter, limit: 2 })).toEqual({ images: [] });
        }
      }
      expect(asked).toEqual([]);
      // Where rules let in by more than the owner, what is not let in is left behind in the table.
      const more = or(rules, where('editors', 'hasElement', 'eve'));
      const { images } = await tables.list(note, {
        filter: and(where('owner', 'eq', 'bob'), more),
        limit: 5,
      });
      expect(images).toHaveLength(1);
      expect(asked).toEqual(['Query 1 of 3']);
    });

    test('query each partition that an owner may be named by, and scan nothing', async () => {
      const tables = await local.open(KEYS);
      await fill(tables);
      const rules = where('owner', 'in', 'ann::ann', 'ann');
      expect((await tables.list(note, { filter: and(MATCH_ALL, rules), limit: 9 })).images).toHaveLength(6);
      expect(asked).toEqual(['Query 3 of 3', 'Query 3 of 3']);
      asked.length = 0;
      // However many a client names, those are read that the rules name too.
      const named = where('owner', 'in', '1', '2', '3', '4', '5', '6', 'bob', 'ann');
      expect((await tables.list(note, { filter: and(named, rules), limit: 9 })).images).toHaveLength(3);
      expect(asked).toEqual(['Query 3 of 3']);
      asked.length = 0;
      await tables.list(note, { filter: named, limit: 9 });
      expect(asked).toEqual(['Scan 6 of 9']);
      asked.length = 0;
      const ours: TableType = { ...note, where: { attribute: 'owner_id', beginsWith: 'ann' } };
      expect(await tables.list(ours, { filter: where('owner', 'eq', 'bob'), limit: 9 })).toEqual({
        images: [],
      });
      expect(asked).toEqual([]);
    });

    test('promise no further page for items that do not match', async () => {
      const tables = await local.open(KEYS);
      await fill(tables);
      const values = Array.from({ length: 100 }, (_, index) => `${'x'.repeat(30_000)}${index}`);
      // Too long for DynamoDB: what is read is judged here.
      const long = or(
        where('text', 'in', ...values),
        and(where('owner', 'ne', 'bob'), where('at', 'eq', '1')),
      );
      const page = await tables.list(note, {
        filter: and(where('owner', 'in', 'ann', 'bob'), long),
        limit: 9,
      });
      expect(page).toEqual({ images: [expect.objectContaining({ owner_id: { S: 'ann' } })] });
      for (let at = 1; at <= 6; at++) {
        await tables.create(note, image(Object.entries({ owner_id: { S: 'cat' }, at: { N: String(at) } })));
      }
      // The first request reads three that do not match, the second two that do, and one more that does not.
      const two = and(
        where('owner', 'eq', 'cat'),
        or(where('text', 'in', ...values), where('at', 'in', '4', '5')),
      );
      const { images, lastKey } = await tables.list(note, { filter: two, limit: 2 });
      expect(images.map(({ at }) => at)).toEqual([{ N: '4' }, { N: '5' }]);
      expect(lastKey).toBeUndefined();
    });
  });
}
