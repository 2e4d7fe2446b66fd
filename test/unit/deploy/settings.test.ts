import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../../src/deploy/settings.ts';

const ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Orders-prod/stream/2026-11-01T00:00:00.000';

describe('settings', () => {
  test('nothing at all is valid: every setting has its default', () => {
    const defaults = {
      schema: 'schema.graphql',
      tables: new Map(),
      apiKeyHashes: [],
      jwt: [],
      authorizeHook: false,
      allowAnyone: false,
      defaultAuthorization: [],
      origins: { allowed: '*', missing: 'refuse' },
      keepAliveSeconds: 540,
      corsOrigins: '*',
      maximumRecordAgeInSeconds: 3600,
      parallelizationFactor: 1,
      leave: 'image',
      logLevel: 'info',
      delivery: 'lambda',
      explainLog: false,
      metricsNamespace: 'Tablecast',
      alarms: { enabled: true, iteratorAgeSeconds: 60 },
      limits: {},
      throttling: { rate: 5_000, burst: 2_500 },
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
        Logs: { managed: true, name: 'logs-prod', writes: false },
        Orders: { streamArn: ARN, writes: false },
        Items: { name: 'items-prod', writes: true },
        Carts: { stream: { 'Fn::ImportValue': 'carts-stream' }, name: 'carts-prod' },
        Bills: { stream: { 'Fn::GetAtt': 'Bills.StreamArn' }, name: 'bills-prod' },
      },
    });
    expect([...tables]).toEqual([
      ['Todos', { kind: 'managed', name: 'Todos' }],
      ['Users', { kind: 'existing', name: 'Users' }],
      ['Logs', { kind: 'managed', name: 'logs-prod', writes: false }],
      ['Orders', { kind: 'existing', name: 'Orders-prod', stream: ARN, writes: false }],
      ['Items', { kind: 'existing', name: 'items-prod', writes: true }],
      [
        'Carts',
        {
          kind: 'existing',
          name: 'carts-prod',
          stream: { 'Fn::ImportValue': 'carts-stream' },
        },
      ],
      [
        'Bills',
        {
          kind: 'existing',
          name: 'bills-prod',
          stream: { 'Fn::GetAtt': ['Bills', 'StreamArn'] },
        },
      ],
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

  test('an API key that expires is its SHA-256 and the epoch second, and the date is not part of the key', () => {
    const one = '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed';
    const at = Date.parse('2027-06-30T00:00:00Z') / 1000;
    expect(readSettings({ apiKeys: 'one;expires=2027-06-30' }).apiKeyHashes).toEqual([`${one}@${at}`]);
  });

  test('issuers of tokens are kept as they are, pools and OpenID Connect side by side', () => {
    const jwt = [
      { issuer: 'https://login.example.com/', audience: 'web' },
      { userPoolId: 'eu-west-1_AbCdEf123', clientId: ['app', 'admin'], tokenUse: 'access' },
    ];
    expect(readSettings({ jwt }).jwt).toEqual(jwt);
    expect(readSettings({ jwt: null }).jwt).toEqual([]);
  });

  test('origins are a list, or all', () => {
    expect(readSettings({ corsOrigins: '*' }).corsOrigins).toBe('*');
    expect(readSettings({ corsOrigins: 'https://a.example.com, http://localhost:5173' }).corsOrigins).toEqual(
      ['https://a.example.com', 'http://localhost:5173'],
    );
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
    expect(readSettings({ resolvers: './api/mine.ts' }).resolvers).toBe('api/mine.ts');
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
    [{ tables: { Todos: { writes: 'no' } } }, 'custom.tablecast.tables.Todos.writes: expected true or false'],
    [{ resolvers: '../mine.ts' }, 'custom.tablecast.resolvers: expected a path inside the folder'],
    [{ resolvers: true }, 'custom.tablecast.resolvers: expected a path, got boolean'],
    [{ keepAliveSeconds: 600 }, 'keepAliveSeconds: expected a multiple of 60 from 60 to 540, got 600'],
    [{ keepAliveSeconds: 90 }, 'keepAliveSeconds: expected a multiple of 60 from 60 to 540, got 90'],
    [{ keepAliveSeconds: 0 }, 'keepAliveSeconds: expected a multiple of 60 from 60 to 540, got 0'],
    [{ corsOrigins: 'https://a.example.com/' }, 'custom.tablecast.corsOrigins: expected * alone, or origins'],
    [{ corsOrigins: '*, https://a.example.com' }, 'corsOrigins: expected * alone, or origins'],
    [{ corsOrigins: 'null' }, 'corsOrigins: expected * alone, or origins'],
    [{ jwt: {} }, 'custom.tablecast.jwt: expected a list of issuers, got object'],
    [
      { jwt: [{ issuer: 'http://login.example.com', audience: 'web' }] },
      'custom.tablecast.jwt[0].issuer: expected',
    ],
    [{ jwt: [{ userPoolId: 'eu-west-1_A', audience: 'web' }] }, 'custom.tablecast.jwt[0].audience'],
    [{ apiKeys: 'one;until=2027' }, 'API key: expected a key, or a key and ";expires=2027-06-30"'],
    [{ apiKeys: 7 }, 'custom.tablecast.apiKeys: expected keys as text, separated by commas, got number'],
    [{ maximumRecordAgeInSeconds: 59 }, 'expected a whole number from 60 to 604800, got 59'],
    [{ maximumRecordAgeInSeconds: -1 }, 'expected a whole number from 60 to 604800, got -1'],
    [{ parallelizationFactor: 1.5 }, 'expected a whole number from 1 to 10, got 1.5'],
    [{ parallelizationFactor: '' }, 'expected a whole number from 1 to 10, got ""'],
    [{ logLevel: 'loud' }, 'custom.tablecast.logLevel: expected one of trace, debug, info'],
    [{ delivery: 'container' }, 'custom.tablecast.delivery: expected one of lambda, worker, got "container"'],
    [{ explainLog: 'on' }, 'custom.tablecast.explainLog: expected true or false, got "on"'],
    [{ metricsNamespace: 'AWS/Lambda' }, 'custom.tablecast.metricsNamespace: expected 1 to 255 of'],
    [{ metricsNamespace: ':x' }, 'custom.tablecast.metricsNamespace: expected 1 to 255 of'],
    [{ metricsNamespace: '' }, 'custom.tablecast.metricsNamespace: expected 1 to 255 of'],
    [{ alarms: false }, 'custom.tablecast.alarms: expected an object, got boolean'],
    [{ alarms: { topics: 'x' } }, 'custom.tablecast.alarms.topics: expected one of enabled, iteratorAge'],
    [{ alarms: { enabled: 'no' } }, 'custom.tablecast.alarms.enabled: expected true or false, got "no"'],
    [{ alarms: { iteratorAgeSeconds: 0 } }, 'alarms.iteratorAgeSeconds: expected a whole number from 1 to'],
    [{ alarms: { topic: 'ops' } }, 'custom.tablecast.alarms.topic: expected the ARN of an SNS topic'],
    [
      { alarms: { topic: 'arn:aws:sns:eu-west-1:123456789012:ops.fifo' } },
      'custom.tablecast.alarms.topic: expected the ARN of an SNS topic',
    ],
    [{ alarms: { topic: { Foo: 'x' } } }, 'custom.tablecast.alarms.topic: expected the ARN of an SNS topic'],
    [{ leave: 'all' }, 'custom.tablecast.leave: expected one of image, keys, got "all"'],
  ])('%j is refused with what was expected and what came', (given, message) => {
    expect(() => readSettings(given)).toThrow(message);
  });
});
