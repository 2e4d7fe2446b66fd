import {
  type AttributeValue,
  BatchWriteItemCommand,
  DynamoDBServiceException,
  GetItemCommand,
  PutItemCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Attribute, Image } from '../../src/change/change.ts';
import { normaliseDecimal } from '../../src/filter/decimal.ts';
import { dynamodbExpression } from '../../src/filter/dynamodb-expression.ts';
import type { Condition, Expression, Value } from '../../src/filter/expression.ts';
import { compilePredicate } from '../../src/filter/predicate.ts';
import { comparisonOf } from '../../src/filter/value.ts';
import { createItemTable, useDynamoDB } from '../fixtures/dynamodb.ts';
import { expressions, images, ruleExpressions } from '../unit/filter/arbitraries.ts';
import { todoField, todoType } from '../unit/filter/todo.ts';

/** DynamoDB Local decides what a filter means: the same items, its FilterExpression and our predicate. */

const TABLE = 'FilterOracle';
/** With whatever attribute under whatever field. */
const ANY_TABLE = 'RuleOracle';
const KEY = 'oracle_key';
const ITEMS = 100;
const FILTERS = 250;
const RULES = 120;

/** The SDK cannot carry an attribute called `__proto__` in a plain object; unit tests have it. */
const NOT_SENT: ReadonlySet<string> = new Set(['__proto__']);

const dynamodb = useDynamoDB();
/** The items as DynamoDB gives them back. */
let items: ReadonlyMap<string, Image>;
let anyItems: ReadonlyMap<string, Image>;

beforeAll(async () => {
  items = await fill(TABLE, images(todoType, { asDynamoDBSees: true, without: NOT_SENT }));
  anyItems = await fill(ANY_TABLE, images(todoType, { without: NOT_SENT }));
});

async function fill(table: string, arbitrary: fc.Arbitrary<Image>): Promise<Map<string, Image>> {
  await createItemTable(dynamodb.client, table, { key: KEY });
  const sample = fc.sample(arbitrary, ITEMS).map((image, index) => ({
    ...toItem(image),
    [KEY]: { S: String(index) },
  }));
  for (let from = 0; from < sample.length; from += 25) {
    const batch = sample.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } }));
    const { UnprocessedItems } = await dynamodb.client.send(
      new BatchWriteItemCommand({ RequestItems: { [table]: batch } }),
    );
    expect(UnprocessedItems).toEqual({});
  }
  return storedItems(table);
}

describe("DynamoDB's FilterExpression", () => {
  test('selects exactly the items that the predicate matches, for any filter', async () => {
    expect(items.size).toBe(ITEMS);
    let matched = 0;
    await fc.assert(
      fc.asyncProperty(expressions(todoType, NOT_SENT), async (expression) => {
        const selected = await select(TABLE, filterOf(expression));
        matched += selected.length;
        const compiled = compilePredicate(expression, todoType);
        if (!compiled.ok) throw new Error(compiled.message);
        const ours = [...items].filter(([, image]) => compiled.test(image)).map(([key]) => key);
        expect(ours.sort()).toEqual(selected.sort());
      }),
      { numRuns: FILTERS },
    );
    // Neither everything nor nothing: the run had something to tell apart.
    expect(matched).toBeGreaterThan(ITEMS * 5);
    expect(matched).toBeLessThan(ITEMS * (FILTERS - 5));
  }, 60_000);

  test('S6 as we write what rules are made of, selects exactly the items that the predicate matches', async () => {
    let matched = 0;
    let elements = 0;
    await fc.assert(
      fc.asyncProperty(ruleExpressions(todoType, NOT_SENT), async (expression) => {
        const compiled = compilePredicate(expression, todoType);
        if (!compiled.ok) throw new Error(compiled.message);
        const ours = [...anyItems].filter(([, image]) => compiled.test(image)).map(([key]) => key);
        const written = dynamodbExpression(todoType, expression, { query: false });
        const filter = written?.FilterExpression;
        if (!written || filter === undefined) throw new Error('expected a filter, came none');
        const selected = await select(ANY_TABLE, {
          FilterExpression: filter,
          ExpressionAttributeNames: Object.fromEntries(written.names),
          ExpressionAttributeValues: Object.fromEntries(
            [...written.values].map(([alias, operand]) => [alias, toSdk(operand)]),
          ),
        });
        matched += selected.length;
        if (filter.includes('contains')) elements += selected.length;
        expect(selected.sort()).toEqual(ours.sort());
      }),
      { numRuns: RULES },
    );
    expect(matched).toBeGreaterThan(ITEMS * 3);
    expect(elements).toBeGreaterThan(ITEMS / 2);
  }, 60_000);

  test('refuses the numbers we refuse and keeps the others as we write them', async () => {
    const digits = '12345678901234567890123456789012345678';
    const spellings = [
      '0',
      '-0',
      '+5',
      '.5',
      '5.',
      '005',
      '5.00',
      '1E5',
      '1e-5',
      '-12.50e1',
      digits,
      `${digits}0`,
      `0.${digits}`,
      '9.9e125',
      '1e-130',
      '-1e-130',
      `${digits}9`,
      '1e126',
      '1e-131',
      '',
      ' 5',
      '5e',
      'e5',
      '.',
      '0x10',
      'NaN',
      'Infinity',
    ];
    for (const spelling of spellings) {
      const kept = await storeNumber(spelling);
      expect({ spelling, kept }).toEqual({ spelling, kept: normaliseDecimal(spelling) });
    }
  });
});

/** The number as DynamoDB gives it back, or `undefined` when it refuses it. */
async function storeNumber(N: string): Promise<string | undefined> {
  const key = { [KEY]: { S: 'number' } };
  try {
    await dynamodb.client.send(new PutItemCommand({ TableName: TABLE, Item: { ...key, value: { N } } }));
  } catch (error) {
    if (error instanceof DynamoDBServiceException && error.name === 'ValidationException') return undefined;
    throw error;
  }
  const { Item } = await dynamodb.client.send(
    new GetItemCommand({ TableName: TABLE, Key: key, ConsistentRead: true }),
  );
  return Item?.['value']?.N;
}

async function storedItems(table: string): Promise<Map<string, Image>> {
  const found = new Map<string, Image>();
  for await (const page of paginateScan({ client: dynamodb.client }, { TableName: table })) {
    for (const item of page.Items ?? []) found.set(item[KEY]?.S ?? '', toImage(item));
  }
  return found;
}

/** Keys of the items that a FilterExpression selects. */
async function select(table: string, filter: FilterParameters): Promise<string[]> {
  const keys: string[] = [];
  const request = { TableName: table, ProjectionExpression: KEY, ...filter };
  for await (const page of paginateScan({ client: dynamodb.client }, request)) {
    for (const item of page.Items ?? []) keys.push(item[KEY]?.S ?? '');
  }
  return keys;
}

interface FilterParameters {
  readonly FilterExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

/** An expression in DynamoDB's own language. Only `eq`, `ne` and `in` with null need more than one of its terms. */
function filterOf(expression: Expression): FilterParameters {
  const names: Record<string, string> = {};
  const values: Record<string, AttributeValue> = {};

  function name(attribute: string): string {
    const alias = `#n${Object.keys(names).length}`;
    names[alias] = attribute;
    return alias;
  }

  function value(field: string, operand: Value): string {
    const alias = `:v${Object.keys(values).length}`;
    values[alias] = literal(field, operand);
    return alias;
  }

  function text(part: Expression): string {
    if (part.kind === 'condition') return conditionText(part);
    if (part.kind === 'not') return `(NOT ${text(part.of)})`;
    const [only] = part.of;
    if (!only) return `attribute_${part.kind === 'and' ? 'exists' : 'not_exists'}(${name(KEY)})`;
    if (part.of.length === 1) return text(only);
    return `(${part.of.map(text).join(part.kind === 'and' ? ' AND ' : ' OR ')})`;
  }

  function equal(field: string, path: string, operand: Value): string {
    const same = `${path} = ${value(field, operand)}`;
    return operand === null ? `(attribute_not_exists(${path}) OR ${same})` : same;
  }

  function conditionText({ field, operator, values: operands }: Condition): string {
    const path = name(todoField(field).attribute);
    const [first = null, second = null] = operands;
    switch (operator) {
      case 'eq':
        return equal(field, path, first);
      case 'ne':
        return first === null ? `(NOT ${equal(field, path, first)})` : `${path} <> ${value(field, first)}`;
      case 'in':
        return inText(field, path, operands);
      case 'lt':
        return `${path} < ${value(field, first)}`;
      case 'le':
        return `${path} <= ${value(field, first)}`;
      case 'gt':
        return `${path} > ${value(field, first)}`;
      case 'ge':
        return `${path} >= ${value(field, first)}`;
      case 'between':
        return `(${path} BETWEEN ${value(field, first)} AND ${value(field, second)})`;
      case 'contains':
        return `contains(${path}, ${value(field, first)})`;
      case 'notContains':
        return `(NOT contains(${path}, ${value(field, first)}))`;
      case 'beginsWith':
        return `begins_with(${path}, ${value(field, first)})`;
      case 'hasElement': {
        const texts = operands.map((operand) => elementText(field, path, operand));
        if (texts.length === 0) return nothing(path);
        return texts.length === 1 ? texts.join() : `(${texts.join(' OR ')})`;
      }
      case 'attributeExists':
        return `attribute_${first === true ? 'exists' : 'not_exists'}(${path})`;
      default:
        return operator satisfies never;
    }
  }

  function nothing(path: string): string {
    return `(attribute_exists(${path}) AND attribute_not_exists(${path}))`;
  }

  function elementText(field: string, path: string, operand: Value): string {
    const isList = ['L', 'SS', 'NS'].map((type) => {
      const alias = `:t${type}`;
      values[alias] = { S: type };
      return `attribute_type(${path}, ${alias})`;
    });
    const alias = value(field, operand);
    return `(${path} = ${alias} OR ((${isList.join(' OR ')}) AND contains(${path}, ${alias})))`;
  }

  function inText(field: string, path: string, operands: readonly Value[]): string {
    if (operands.length === 0) return nothing(path);
    const listed = `${path} IN (${operands.map((operand) => value(field, operand)).join(', ')})`;
    return operands.includes(null) ? `(attribute_not_exists(${path}) OR ${listed})` : listed;
  }

  const FilterExpression = text(expression);
  return {
    FilterExpression,
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}

function literal(field: string, operand: Value): AttributeValue {
  if (operand === null) return { NULL: true };
  if (typeof operand === 'boolean') return { BOOL: operand };
  return comparisonOf(todoField(field).kind) === 'number' ? { N: operand } : { S: operand };
}

function toItem(image: Image): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(image).map(([name, attribute]) => [name, toSdk(attribute)]));
}

function toSdk(attribute: Attribute): AttributeValue {
  if ('B' in attribute) return { B: Buffer.from(attribute.B, 'base64') };
  if ('BS' in attribute) return { BS: attribute.BS.map((base64) => Buffer.from(base64, 'base64')) };
  if ('L' in attribute) return { L: attribute.L.map(toSdk) };
  if ('M' in attribute) return { M: toItem(attribute.M) };
  if ('SS' in attribute) return { SS: [...attribute.SS] };
  if ('NS' in attribute) return { NS: [...attribute.NS] };
  return attribute;
}

function toImage(item: Record<string, AttributeValue>): Image {
  const image: Record<string, Attribute> = Object.create(null);
  for (const [name, value] of Object.entries(item)) image[name] = fromSdk(value);
  return image;
}

function fromSdk(value: AttributeValue): Attribute {
  if (value.B !== undefined) return { B: Buffer.from(value.B).toString('base64') };
  if (value.BS !== undefined) return { BS: value.BS.map((bytes) => Buffer.from(bytes).toString('base64')) };
  if (value.L !== undefined) return { L: value.L.map(fromSdk) };
  if (value.M !== undefined) return { M: toImage(value.M) };
  if (value.S !== undefined) return { S: value.S };
  if (value.N !== undefined) return { N: value.N };
  if (value.BOOL !== undefined) return { BOOL: value.BOOL };
  if (value.SS !== undefined) return { SS: value.SS };
  if (value.NS !== undefined) return { NS: value.NS };
  if (value.NULL !== undefined) return { NULL: true };
  throw new Error(`expected a known attribute type, came ${Object.keys(value).join()}`);
}
