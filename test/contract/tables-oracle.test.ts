import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toNativeItem } from '../../src/adapters/dynamodb-tables/native.ts';
import type { Tables } from '../../src/api/ports.ts';
import type { Attribute, Image } from '../../src/change/change.ts';
import type { Expression } from '../../src/filter/expression.ts';
import { compilePredicate } from '../../src/filter/predicate.ts';
import { attributeValue, elementsOf } from '../../src/filter/value.ts';
import type { TableType } from '../../src/schema/model.ts';
import { useDynamoDB } from '../fixtures/dynamodb.ts';
import { expressions, images } from '../unit/filter/arbitraries.ts';
import { todoType } from '../unit/filter/todo.ts';
import { localTables } from './tables-worlds.ts';

/** Lists read through DynamoDB's own expressions, against the predicate on every item there is. */

const ITEMS = 80;
const FILTERS = 100;
/** The AWS SDK loses an attribute of this name. */
const NOT_SENT: ReadonlySet<string> = new Set(['__proto__']);

const local = localTables(useDynamoDB());

/** By its partition key alone, and by a partition key of few values and a number. */
const byId: TableType = { ...todoType, table: 'byId' };
const byPair: TableType = { ...todoType, table: 'byPair', keys: ['senderId', 'priority'] };

let tables: Tables;
const stored = new Map<string, Image[]>();

beforeAll(async () => {
  tables = await local.open({
    byId: [['id', 'S']],
    byPair: [
      ['sender_id', 'S'],
      ['priority', 'N'],
    ],
  });
  const sample = fc.sample(images(todoType, { without: NOT_SENT }), ITEMS);
  await put(byId, (index) => [['id', { S: `key ${index % 7} ${index}` }]], sample);
  await put(
    byPair,
    (index) => [
      ['sender_id', { S: ['a', 'b', '5', 'できる'][index % 4] ?? '' }],
      ['priority', { N: String(Math.floor(index / 4) - 8) }],
    ],
    sample,
  );
}, 120_000);

async function put(
  type: TableType,
  key: (index: number) => readonly (readonly [string, Attribute])[],
  sample: readonly Image[],
): Promise<void> {
  const made: Image[] = [];
  for (const [index, image] of sample.entries()) {
    const whole: Record<string, Attribute> = Object.assign(Object.create(null), image);
    for (const [name, attribute] of key(index)) whole[name] = attribute;
    await local.client().send(new PutCommand({ TableName: `${type.table}-1`, Item: toNativeItem(whole) }));
    made.push(whole);
  }
  stored.set(type.table, made);
}

/** Texts of the keys of every item on every page. */
async function listed(type: TableType, filter: Expression, limit: number): Promise<string[]> {
  const keys: string[] = [];
  let after: Image | undefined;
  do {
    const page = await tables.list(type, { filter, limit, ...(after && { after }) });
    expect(page.images.length).toBeLessThanOrEqual(limit);
    keys.push(...page.images.map((image) => keyText(type, image)));
    after = page.lastKey;
  } while (after);
  return keys.sort();
}

function matching(type: TableType, filter: Expression): string[] {
  const compiled = compilePredicate(filter, type);
  if (!compiled.ok) throw new Error(compiled.message);
  const found = stored.get(type.table)?.filter((image) => compiled.test(image)) ?? [];
  return found.map((image) => keyText(type, image)).sort();
}

function keyText(type: TableType, image: Image): string {
  return JSON.stringify(type.keys.map((name) => image[type.fields.get(name)?.attribute ?? '']));
}

const limits = fc.constantFrom(3, 17, 1_000);

/** A filter on the partition key, as rules and a client may set both, and often one on the sort key, with any other beside it. */
const pairFilters = fc
  .tuple(
    fc.array(
      fc.uniqueArray(fc.constantFrom('a', 'b', '5', 'できる', 'other'), { minLength: 1, maxLength: 3 }),
      { minLength: 1, maxLength: 2 },
    ),
    fc.option(fc.tuple(fc.constantFrom('eq', 'lt', 'le', 'gt', 'ge'), fc.integer({ min: -9, max: 12 }))),
    expressions(todoType, NOT_SENT),
  )
  .map(([senders, sort, other]): Expression => {
    const parts: Expression[] = [other];
    for (const values of senders) {
      const operator = values.length === 1 ? 'eq' : 'in';
      parts.push({ kind: 'condition', field: 'senderId', fieldKind: 'ID', operator, values });
    }
    if (sort) {
      const [operator, bound] = sort;
      const values = [String(bound)];
      parts.unshift({ kind: 'condition', field: 'priority', fieldKind: 'Int', operator, values });
    }
    return { kind: 'and', of: parts };
  });

/** Three items of each partition, the last of which the key condition names: a page of three is full there. */
const FULL_AT_BOUND: Expression = {
  kind: 'and',
  of: [
    { kind: 'condition', field: 'senderId', fieldKind: 'ID', operator: 'in', values: ['a', 'b'] },
    { kind: 'condition', field: 'priority', fieldKind: 'Int', operator: 'le', values: ['-6'] },
  ],
};

describe('a list of DynamoDB', () => {
  test('has exactly the items that the predicate matches, for any filter', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(expressions(todoType, NOT_SENT), limits, async (filter, limit) => {
        const expected = matching(byId, filter);
        found += expected.length;
        expect(await listed(byId, filter, limit)).toEqual(expected);
      }),
      { numRuns: FILTERS },
    );
    expect(found).toBeGreaterThan(ITEMS * 2);
  }, 120_000);

  test('has exactly the items that the predicate matches, when a filter names the key', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(pairFilters, limits, async (filter, limit) => {
        const expected = matching(byPair, filter);
        found += expected.length;
        expect(await listed(byPair, filter, limit)).toEqual(expected);
      }),
      { numRuns: FILTERS, examples: [[FULL_AT_BOUND, 3]] },
    );
    expect(found).toBeGreaterThan(50);
  }, 120_000);

  test('lets a write through exactly for the items that its condition holds for', async () => {
    const everyOne = stored.get(byId.table) ?? [];
    const holding = (condition: Expression) => new Set(matching(byId, condition));
    let written = 0;
    const cases = fc
      .constantFrom(...everyOne)
      .chain((image) => fc.tuple(fc.constant(image), ruleConditions(image)));
    await fc.assert(
      fc.asyncProperty(cases, async ([image, condition]) => {
        const key = { id: image['id'] ?? { S: '' } };
        const change = { set: { touched: { S: 'yes' } }, remove: [] };
        const outcome = await tables.update(byId, key, change, condition);
        const isHeld = holding(condition).has(keyText(byId, image));
        if (isHeld) written += 1;
        expect(outcome.kind).toBe(isHeld ? 'written' : 'condition-failed');
      }),
      { numRuns: FILTERS },
    );
    expect(written).toBeGreaterThan(5);
  }, 120_000);
});

/** Conditions as rules make them, of texts that an item has and of some that it has not. */
function ruleConditions(image: Image): fc.Arbitrary<Expression> {
  const fields = [...byId.fields.values()].filter(({ kind }) => kind === 'ID' || kind === 'String');
  const texts = fields.flatMap(({ attribute }) => textsOf(image[attribute]));
  const values = fc.array(fc.constantFrom('a', '', '1', 'YQ==', ...texts), { minLength: 1, maxLength: 8 });
  const one = fc
    .tuple(fc.constantFrom(...fields), fc.constantFrom('hasElement', 'in', 'eq'), values)
    .filter(([field, operator]) => operator === 'hasElement' || !field.list)
    .map(
      ([{ name, kind }, operator, operands]): Expression => ({
        kind: 'condition',
        field: name,
        fieldKind: kind,
        operator,
        values: operator === 'eq' ? operands.slice(0, 1) : operands,
      }),
    );
  return fc
    .tuple(fc.constantFrom('or', 'and'), fc.array(one, { minLength: 1, maxLength: 3 }))
    .map(([kind, of]) => ({ kind, of }));
}

/** What of an attribute, or its elements, is shown as text. */
function textsOf(attribute: Attribute | undefined): readonly string[] {
  if (!attribute) return [];
  const elements = elementsOf(attribute) ?? [attribute];
  return elements
    .flatMap((element) => attributeValue('text', element) ?? [])
    .filter((value) => typeof value === 'string');
}
