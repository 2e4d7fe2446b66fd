import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../../src/deploy/settings.ts';

const ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Orders-prod/stream/2026-11-01T00:00:00.000';

describe('settings', () => {
  test('nothing at all is valid: every setting has its default', () => {
    const defaults = {
      schema: 'schema.graphql',
      tables: new Map(),
      apiKeyHashes: [],
      maximumRecordAgeInSeconds: 3600,
      parallelizationFactor: 1,
      leave: 'image',
      logLevel: 'info',
    };
    expect(readSettings(undefined)).toEqual(defaults);
    expect(readSettings(null)).toEqual(defaults);
    expect(readSettings({})).toEqual(defaults);
  });

  test('a table is managed, existing, or existing with its stream, and the ARN tells its real name', () => {
    const { tables } = readSettings({
      tables: {
        Todos: 'managed',
        Users: 'existing',
        Logs: { managed: true, name: 'logs-prod' },
        Orders: { streamArn: ARN },
        Items: { name: 'items-prod' },
        Carts: { stream: { 'Fn::ImportValue': 'carts-stream' }, name: 'carts-prod' },
        Bills: { stream: { 'Fn::GetAtt': 'Bills.StreamArn' }, name: 'bills-prod' },
      },
    });
    expect([...tables]).toEqual([
      ['Todos', { kind: 'managed', name: 'Todos' }],
      ['Users', { kind: 'existing', name: 'Users' }],
      ['Logs', { kind: 'managed', name: 'logs-prod' }],
      ['Orders', { kind: 'existing', name: 'Orders-prod', stream: ARN }],
      ['Items', { kind: 'existing', name: 'items-prod' }],
      ['Carts', { kind: 'existing', name: 'carts-prod', stream: { 'Fn::ImportValue': 'carts-stream' } }],
      ['Bills', { kind: 'existing', name: 'bills-prod', stream: { 'Fn::GetAtt': ['Bills', 'StreamArn'] } }],
    ]);
  });

  test('a table called __proto__ is a table like any other', () => {
    const { tables } = readSettings(JSON.parse('{"tables":{"__proto__":"managed"}}'));
    expect([...tables.keys()]).toEqual(['__proto__']);
  });

  test('API keys are parted by commas, trimmed, counted once, and leave only their SHA-256', () => {
    // printf %s one | sha256sum
    const one = '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed';
    const two = '3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3';
    expect(readSettings({ apiKeys: ' one, two ,,one' }).apiKeyHashes).toEqual([one, two]);
    expect(readSettings({ apiKeys: ['one', 'two'] }).apiKeyHashes).toEqual([one, two]);
    expect(JSON.stringify(readSettings({ apiKeys: 'hunter2' }))).not.toContain('hunter2');
  });

  test('no key, an empty key and blanks are no key', () => {
    for (const apiKeys of ['', ' , ', null, undefined, []])
      expect(readSettings({ apiKeys }).apiKeyHashes).toEqual([]);
  });

  test('a number from the environment is text and is read as a number', () => {
    expect(readSettings({ maximumRecordAgeInSeconds: '60', parallelizationFactor: '10' })).toMatchObject({
      maximumRecordAgeInSeconds: 60,
      parallelizationFactor: 10,
    });
  });

  test('a schema path is kept in its plain form', () => {
    expect(readSettings({ schema: './api/./schema.graphql' }).schema).toBe('api/schema.graphql');
  });

  test.each([
    [{ schma: 'x' }, 'custom.tablecast.schma: expected one of schema, tables, apiKeys'],
    [[], 'custom.tablecast: expected an object, got array'],
    ['x', 'custom.tablecast: expected an object, got "x"'],
    [{ schema: 7 }, 'custom.tablecast.schema: expected a path, got number'],
    [{ schema: '../schema.graphql' }, 'a path inside the folder of serverless.yml, got "../schema.graphql"'],
    [{ schema: 'a/../../s.graphql' }, 'a path inside the folder of serverless.yml'],
    [{ schema: '/etc/schema.graphql' }, 'a path inside the folder of serverless.yml'],
    [{ tables: ['Todos'] }, 'custom.tablecast.tables: expected an object, got array'],
    [
      { tables: { Todos: 'mangaed' } },
      'custom.tablecast.tables.Todos: expected "managed", "existing" or an object',
    ],
    [
      { tables: { Todos: { arn: ARN } } },
      'custom.tablecast.tables.Todos.arn: expected one of managed, name, stream',
    ],
    [
      { tables: { Todos: { managed: 'yes' } } },
      'custom.tablecast.tables.Todos.managed: expected true or false',
    ],
    [{ tables: { Todos: { managed: true, streamArn: ARN } } }, 'expected either managed or a stream'],
    [{ tables: { Todos: { stream: ARN, streamArn: ARN } } }, 'expected either stream or streamArn, got both'],
    [
      { tables: { Todos: { streamArn: 'arn:aws:dynamodb:eu-west-1:1:table/Todos' } } },
      'Todos.streamArn: expected a stream ARN',
    ],
    [
      { tables: { Todos: { streamArn: ARN, name: 'Other' } } },
      'expected "Orders-prod", as the stream ARN says, got "Other"',
    ],
    [{ tables: { Todos: { stream: { Ref: 'Stream' } } } }, 'Todos.name: expected the name of the table'],
    [
      { tables: { Todos: { stream: { Foo: 'x' }, name: 'real' } } },
      'Todos.stream: expected a stream ARN, Ref',
    ],
    [{ tables: { Todos: { name: 'no spaces' } } }, 'Todos.name: expected a DynamoDB table name'],
    [{ apiKeys: 7 }, 'custom.tablecast.apiKeys: expected keys as text, separated by commas, got number'],
    [{ maximumRecordAgeInSeconds: 59 }, 'expected a whole number from 60 to 604800, got 59'],
    [{ maximumRecordAgeInSeconds: -1 }, 'expected a whole number from 60 to 604800, got -1'],
    [{ parallelizationFactor: 1.5 }, 'expected a whole number from 1 to 10, got 1.5'],
    [{ parallelizationFactor: '' }, 'expected a whole number from 1 to 10, got ""'],
    [{ logLevel: 'loud' }, 'custom.tablecast.logLevel: expected one of trace, debug, info'],
    [{ leave: 'all' }, 'custom.tablecast.leave: expected one of image, keys, got "all"'],
  ])('%j is refused with what was expected and what came', (given, message) => {
    expect(() => readSettings(given)).toThrow(message);
  });
});
