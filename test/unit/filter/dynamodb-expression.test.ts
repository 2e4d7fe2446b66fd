import { describe, expect, test } from '@jest/globals';
import {
  type DynamoDBExpression,
  type DynamoDBExpressionOptions,
  dynamodbExpression,
} from '../../../src/filter/dynamodb-expression.ts';
import { type Expression, MATCH_ALL } from '../../../src/filter/expression.ts';
import type { TableType } from '../../../src/schema/model.ts';
import { and, condition, not, or, todoType } from './todo.ts';

const pair: TableType = { ...todoType, keys: ['senderId', 'priority'] };
const texts: TableType = { ...todoType, keys: ['id', 'title'] };

/** The expression with names and values put in, to be read. */
function written(
  type: TableType,
  expression: Expression,
  options?: DynamoDBExpressionOptions,
): Record<string, unknown> | undefined {
  const made = dynamodbExpression(type, expression, options);
  if (!made) return undefined;
  const { KeyConditionExpression: key, FilterExpression: filter } = made;
  return {
    ...(key !== undefined && { key: filledIn(made, key) }),
    ...(filter !== undefined && { filter: filledIn(made, filter) }),
  };
}

function filledIn({ names, values }: DynamoDBExpression, text: string): string {
  return text
    .replace(/#n\d+/g, (alias) => names.get(alias) ?? `${alias}?`)
    .replace(/:v\d+/g, (alias) => JSON.stringify(values.get(alias)) ?? `${alias}?`);
}

describe('an expression for DynamoDB', () => {
  test('reads everything where everything matches, and nothing where nothing can', () => {
    expect(written(todoType, MATCH_ALL)).toEqual({});
    expect(written(todoType, or())).toBeUndefined();
    expect(written(todoType, and(condition('title', 'eq', 'a'), condition('title', 'in')))).toBeUndefined();
  });

  test('queries by an equality on the partition key anywhere in the top-level AND', () => {
    const nested = and(condition('title', 'eq', 'a'), and(and(condition('id', 'eq', 'x'))));
    expect(written(todoType, nested)).toEqual({
      key: 'id = {"S":"x"}',
      filter: 'title = {"S":"a"}',
    });
    expect(written(todoType, condition('id', 'in', 'x'))).toEqual({ key: 'id = {"S":"x"}' });
    for (const scanned of [
      or(condition('id', 'eq', 'x')),
      not(condition('id', 'ne', 'x')),
      condition('id', 'in', 'x', 'y'),
      condition('id', 'gt', 'x'),
      condition('id', 'eq', ''),
      condition('id', 'eq', null),
      condition('id', 'eq', 'x'.repeat(2_049)),
    ]) {
      expect(written(todoType, scanned)).not.toHaveProperty('key');
    }
    expect(written(todoType, condition('id', 'eq', 'x'), { query: false })).not.toHaveProperty('key');
  });

  test('puts one condition on the sort key beside it, and names no key in the filter of a query', () => {
    const sender = condition('senderId', 'eq', 'できる');
    for (const [operator, values, text] of [
      ['eq', ['5'], 'priority = {"N":"5"}'],
      ['lt', ['5'], 'priority < {"N":"5"}'],
      ['le', ['5'], 'priority <= {"N":"5"}'],
      ['gt', ['5'], 'priority > {"N":"5"}'],
      ['ge', ['5'], 'priority >= {"N":"5"}'],
      ['between', ['-1', '5'], 'priority BETWEEN {"N":"-1"} AND {"N":"5"}'],
    ] as const) {
      expect(written(pair, and(condition('priority', operator, ...values), sender))).toEqual({
        key: `sender_id = {"S":"できる"} AND ${text}`,
      });
    }
    const id = condition('id', 'eq', 'x');
    expect(written(texts, and(id, condition('title', 'beginsWith', 'a')))).toEqual({
      key: 'id = {"S":"x"} AND begins_with(title, {"S":"a"})',
    });
    const more = and(sender, condition('priority', 'gt', '1'), condition('priority', 'lt', '9'));
    expect(written(pair, more)).toEqual({ key: 'sender_id = {"S":"できる"} AND priority > {"N":"1"}' });
    for (const left of [condition('priority', 'ne', '1'), or(condition('senderId', 'eq', 'b'), id)]) {
      const filter = written(pair, and(sender, left))?.['filter'] ?? '';
      expect(filter).not.toMatch(/sender_id|priority/);
    }
  });

  test('knows the keys that a table stores as numbers', () => {
    const keyForm = new Map([['id', 'N' as const]]);
    expect(written(todoType, condition('id', 'eq', '5'), { keyForm })).toEqual({ key: 'id = {"N":"5"}' });
    expect(written(todoType, condition('id', 'eq', 'x'), { keyForm })).not.toHaveProperty('key');
  });

  test('tells types of one table apart by their own condition', () => {
    const entity: TableType = { ...todoType, where: { attribute: 'kind', equals: 'todo' } };
    expect(written(entity, MATCH_ALL)).toEqual({ filter: 'kind = {"S":"todo"}' });
    expect(written(entity, condition('id', 'eq', 'x'))).toEqual({
      key: 'id = {"S":"x"}',
      filter: 'kind = {"S":"todo"}',
    });
    const byKey: TableType = { ...texts, where: { attribute: 'title', beginsWith: 'A#' } };
    expect(written(byKey, condition('id', 'eq', 'x'))).toEqual({
      key: 'id = {"S":"x"} AND begins_with(title, {"S":"A#"})',
    });
    expect(written({ ...todoType, where: { attribute: 'id', equals: 'x' } }, MATCH_ALL)).toEqual({
      key: 'id = {"S":"x"}',
    });
  });

  test('says null as missing or NULL, and text as each type that shows it', () => {
    expect(written(todoType, condition('title', 'eq', null))).toEqual({
      filter: 'attribute_not_exists(title) OR title = {"NULL":true}',
    });
    expect(written(todoType, condition('title', 'eq', '5'))).toEqual({
      filter: 'title IN ({"S":"5"}, {"N":"5"})',
    });
    expect(written(todoType, not(condition('title', 'in', 'YQ==')))).toEqual({
      filter: 'NOT title IN ({"S":"YQ=="}, {"B":"YQ=="})',
    });
  });

  test('widens what it cannot say on either side of a negation', () => {
    const other = 'attribute_type(title, {"S":"N"}) OR attribute_type(title, {"S":"B"})';
    expect(written(todoType, condition('title', 'lt', 'b'))).toEqual({
      filter: `title < {"S":"b"} OR ${other}`,
    });
    expect(written(todoType, not(condition('title', 'lt', 'b')))).toEqual({
      filter: 'NOT title < {"S":"b"}',
    });
    expect(written(todoType, condition('title', 'notContains', '5'))).toEqual({
      filter: 'NOT contains(title, {"S":"5"})',
    });
  });

  test('leaves to the predicate what is beyond the limits of DynamoDB, and keeps the rest', () => {
    const entity: TableType = { ...todoType, where: { attribute: 'kind', equals: 'todo' } };
    const many = or(...Array.from({ length: 100 }, (_, index) => condition('title', 'gt', `x${index}`)));
    const long = or(
      ...Array.from({ length: 90 }, (_, index) => condition('meta', 'attributeExists', index > 1)),
    );
    expect(written(entity, and(condition('id', 'eq', 'x'), many))).toEqual({
      key: 'id = {"S":"x"}',
      filter: 'kind = {"S":"todo"}',
    });
    expect(written(todoType, many)).toEqual({});
    expect(written(todoType, long)).toHaveProperty('filter');
    const listed = Array.from({ length: 60 }, (_, index) => String(index));
    expect(written(todoType, condition('price', 'in', ...listed))).toHaveProperty('filter');
  });

  test('lists more than 100 operands, of which DynamoDB takes so many in one IN, in several', () => {
    const listed = Array.from({ length: 60 }, (_, index) => String(index));
    const { filter } = written(todoType, condition('title', 'in', ...listed)) ?? {};
    expect(filter).toMatch(/^title IN \([^)]+\) OR title IN \([^)]+\)$/);
    const lengths = String(filter)
      .split(' OR ')
      .map((part) => part.match(/\{/g)?.length);
    expect(lengths).toEqual([100, 20]);
  });

  test('asks lists and sets alone for an element, and compares what is no list as a whole', () => {
    const isList = 'attribute_type(tags, {"S":"L"}) OR attribute_type(tags, {"S":"SS"})';
    const elementOf = (...operands: string[]) =>
      written(todoType, condition('tags', 'hasElement', ...operands));
    expect(elementOf('ali')).toEqual({
      filter: `tags = {"S":"ali"} OR ((${isList}) AND contains(tags, {"S":"ali"}))`,
    });
    expect(elementOf('ali', 'bob')).toEqual({
      filter:
        'tags IN ({"S":"ali"}, {"S":"bob"}) OR ' +
        `((${isList}) AND (contains(tags, {"S":"ali"}) OR contains(tags, {"S":"bob"})))`,
    });
    expect(written(todoType, not(condition('tags', 'hasElement', 'ali')))).toEqual({
      filter: `NOT (tags = {"S":"ali"} OR ((${isList}) AND contains(tags, {"S":"ali"})))`,
    });
    expect(written(todoType, condition('flags', 'hasElement', true))).toEqual({
      filter:
        'flags = {"BOOL":true} OR (attribute_type(flags, {"S":"L"}) AND contains(flags, {"BOOL":true}))',
    });
    expect(elementOf()).toBeUndefined();
  });

  test('says all groups of an identity that is in 100', () => {
    const groups = Array.from({ length: 100 }, (_, index) => `group-${index}`);
    const { filter } = written(todoType, condition('tags', 'hasElement', ...groups)) ?? {};
    expect(String(filter).match(/contains/g)).toHaveLength(100);
  });

  test('names attributes and values by placeholders, and none that it does not use', () => {
    const filter = and(condition('title', 'eq', null), or(condition('constructor', 'ne', 'a'), or()));
    const made = dynamodbExpression(todoType, filter);
    const text = made?.FilterExpression ?? '';
    expect(text).toMatch(/^[#:nv0-9A-Z_a-z()=<> ,]+$/);
    for (const alias of [...(made?.names.keys() ?? []), ...(made?.values.keys() ?? [])]) {
      expect(text).toContain(alias);
    }
    expect(text).not.toContain('constructor');
    expect([...(made?.names.values() ?? [])]).toEqual(['title', 'constructor']);
  });
});
