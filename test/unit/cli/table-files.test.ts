import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readTableFile, readTableFiles } from '../../../src/cli/table-files.ts';

const KEYS = {
  AttributeDefinitions: [
    { AttributeName: 'id', AttributeType: 'S' },
    { AttributeName: 'at', AttributeType: 'N' },
  ],
  KeySchema: [
    { AttributeName: 'id', KeyType: 'HASH' },
    { AttributeName: 'at', KeyType: 'RANGE' },
  ],
};
const TABLE = { TableName: 'Events', ...KEYS, BillingMode: 'PAY_PER_REQUEST' };

const tableOf = (value: unknown) => readTableFile(JSON.stringify(value), 'events.json');

describe('a file in the format of create-table', () => {
  test('keys, billing, indexes and stream are what the local DynamoDB is asked for', () => {
    const given = {
      ...TABLE,
      BillingMode: 'PROVISIONED',
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
      GlobalSecondaryIndexes: [{ IndexName: 'i', KeySchema: [], Projection: { ProjectionType: 'ALL' } }],
      LocalSecondaryIndexes: [{ IndexName: 'l', KeySchema: [], Projection: { ProjectionType: 'ALL' } }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    };
    expect(tableOf(given)).toEqual({ name: 'Events', create: given });
  });

  test('what only matters in the cloud is left out', () => {
    const inTheCloud = {
      Tags: [{ Key: 'a', Value: 'b' }],
      SSESpecification: { Enabled: true },
      TableClass: 'STANDARD',
      DeletionProtectionEnabled: true,
      OnDemandThroughput: { MaxReadRequestUnits: 10 },
    };
    expect(tableOf({ ...TABLE, ...inTheCloud })).toEqual({ name: 'Events', create: TABLE });
  });

  test('a stream that is off is none, and a table without one is taken as it is', () => {
    expect(tableOf({ ...TABLE, StreamSpecification: { StreamEnabled: false } }).create).toEqual(TABLE);
    expect(tableOf(TABLE).create).not.toHaveProperty('StreamSpecification');
  });

  test('a byte order mark is no error', () => {
    expect(readTableFile(`\uFEFF${JSON.stringify(TABLE)}`, 'events.json').name).toBe('Events');
  });

  test.each([
    ['[]', 'events.json: expected an object in the format of create-table, got array'],
    ['{\n  "TableName": oops\n}', 'events.json:2:16 expected JSON, got something else'],
    ['', 'events.json:1:1 expected JSON, got an empty file'],
  ])('text %j fails with its place', (text, message) => {
    expect(() => readTableFile(text, 'events.json')).toThrow(message);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['no name', { TableName: undefined }, ' at TableName: expected the name of the table, got nothing'],
    ['a number for a name', { TableName: 7 }, ' at TableName: expected the name of the table, got number'],
    ['no keys', { KeySchema: undefined }, ' at KeySchema: expected an array, got nothing'],
    [
      'a key that is neither',
      { KeySchema: [KEYS.KeySchema[0], { AttributeName: 'at', KeyType: 'SORT' }] },
      ' at KeySchema[1].KeyType: expected one of HASH, RANGE, got "SORT"',
    ],
    [
      'an attribute of a type that no key has',
      { AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'BOOL' }] },
      ' at AttributeDefinitions[0].AttributeType: expected one of S, N, B, got "BOOL"',
    ],
    [
      'an attribute without a name',
      { AttributeDefinitions: [{ AttributeType: 'S' }] },
      ' at AttributeDefinitions[0].AttributeName: expected a name, got nothing',
    ],
    [
      'a stream that is neither on nor off',
      { StreamSpecification: { StreamViewType: 'NEW_IMAGE' } },
      ' at StreamSpecification.StreamEnabled: expected true or false, got nothing',
    ],
    [
      'an unknown view',
      { StreamSpecification: { StreamEnabled: true, StreamViewType: 'BOTH' } },
      ' at StreamSpecification.StreamViewType: expected one of KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, got "BOTH"',
    ],
    [
      'a misspelt member',
      { BilingMode: 'PAY_PER_REQUEST' },
      ': expected only members of create-table (AttributeDefinitions, ',
    ],
  ])('%s fails with its place', (_, change, message) => {
    expect(() => tableOf({ ...TABLE, ...change })).toThrow(`events.json${message}`);
  });
});

describe('the folder of tables', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tablecast-tables-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const put = (name: string, content: unknown) => {
    mkdirSync(join(folder, 'tables'), { recursive: true });
    writeFileSync(join(folder, 'tables', name), JSON.stringify(content));
  };

  test('is optional', () => {
    expect(readTableFiles(folder)).toEqual([]);
  });

  test('gives a table a file, in the order of their names, and passes over other files', () => {
    put('b.json', { ...TABLE, TableName: 'First' });
    put('c.json', { ...TABLE, TableName: 'Second' });
    put('README.md', 'no table');
    expect(readTableFiles(folder).map(({ name }) => name)).toEqual(['First', 'Second']);
  });

  test('does not make a table twice: both files are named', () => {
    put('one.json', TABLE);
    put('two.json', TABLE);
    expect(() => readTableFiles(folder)).toThrow(
      /two\.json at TableName: expected a table that no other file makes, got Events, as in .*one\.json$/,
    );
  });

  test('a wrong file fails by its name and place', () => {
    put('events.json', { ...TABLE, KeySchema: 'id' });
    expect(() => readTableFiles(folder)).toThrow(
      `${join(folder, 'tables/events.json')} at KeySchema: expected an array, got string`,
    );
  });
});
