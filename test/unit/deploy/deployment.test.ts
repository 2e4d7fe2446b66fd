import { describe, expect, test } from '@jest/globals';
import { type DeploymentSettings, deployment, tablesToLookUp } from '../../../src/deploy/deployment.ts';
import { readSettings } from '../../../src/deploy/settings.ts';
import { loadModel } from '../../../src/schema/load.ts';

const TODO = 'type Todo @table(name: "Todos") { id: ID! title: String! }';
const ORDER =
  'type Order @table(name: "Orders", key: ["customer", "at"]) { customer: String! at: Int! total: Float }';
const ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders-prod/stream/2026-11-01T00:00:00.000';

function settings(given: object, more: Partial<DeploymentSettings> = {}): DeploymentSettings {
  return { ...readSettings(given), service: 'todos', stage: 'dev', handlers: 'handlers', ...more };
}

const NAMES = ['connect', 'subscribe', 'disconnect', 'stream', 'gap', 'graphql', 'keepalive'];

const properties = (resource: { readonly Properties: object } | undefined) => resource?.Properties;

describe('deployment', () => {
  const managed = deployment(settings({ tables: { Todos: 'managed' } }), loadModel(TODO));
  const existing = deployment(settings({ tables: { Todos: { streamArn: ARN } } }), loadModel(TODO));

  test('has these seven functions and no other', () => {
    expect(Object.keys(managed.functions)).toEqual(NAMES);
  });

  test('a managed table has the keys of its type, and is kept when the stack goes', () => {
    expect(managed.resources.Resources['TablecastTableTodos']).toEqual({
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        TableName: 'Todos',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
        SSESpecification: { SSEEnabled: true },
      },
    });
  });

  test('no existing table becomes a resource', () => {
    const tables = Object.values(existing.resources.Resources).filter(
      ({ Type }) => Type === 'AWS::DynamoDB::Table',
    );
    expect(tables.map((table) => properties(table))).toEqual([
      expect.objectContaining({ TableName: 'todos-dev-tablecast-relay' }),
    ]);
  });

  test('the stream function reads the stream of each table, and learns real names only where they differ', () => {
    expect(existing.functions.stream?.events).toEqual([{ stream: expect.objectContaining({ arn: ARN }) }]);
    expect(existing.functions.stream?.environment['TABLECAST_TABLE_NAMES']).toBe('{"orders-prod":"Todos"}');
    for (const name of ['gap', 'subscribe', 'graphql'] as const) {
      expect(existing.functions[name].environment['TABLECAST_TABLE_NAMES']).toBe('{"orders-prod":"Todos"}');
    }
    expect(managed.functions.stream?.environment).not.toHaveProperty('TABLECAST_TABLE_NAMES');
    expect(existing.functions.connect.environment).not.toHaveProperty('TABLECAST_TABLE_NAMES');
  });

  test('the age limit and the factor are settings', () => {
    const { functions } = deployment(
      settings({ tables: { Todos: 'managed' }, maximumRecordAgeInSeconds: 60, parallelizationFactor: 4 }),
      loadModel(TODO),
    );
    expect(functions.stream?.events).toEqual([
      { stream: expect.objectContaining({ maximumRecordAgeInSeconds: 60, parallelizationFactor: 4 }) },
    ]);
  });

  test('an existing table without an ARN is to be looked up, and cannot be deployed before', () => {
    const given = settings({ tables: { Todos: { name: 'todos-prod' } } });
    expect([...tablesToLookUp(given, loadModel(TODO))]).toEqual([['Todos', 'todos-prod']]);
    expect([...tablesToLookUp(settings({}), loadModel(TODO))]).toEqual([['Todos', 'Todos']]);
    expect([...tablesToLookUp(settings({ tables: { Todos: 'managed' } }), loadModel(TODO))]).toEqual([]);
    expect(() => deployment(given, loadModel(TODO))).toThrow('custom.tablecast.tables.Todos.streamArn');
    const found = deployment({ ...given, streams: new Map([['Todos', ARN]]) }, loadModel(TODO));
    expect(found.functions.stream?.events).toEqual([{ stream: expect.objectContaining({ arn: ARN }) }]);
  });

  test('a setting of a table that the schema does not have is refused', () => {
    expect(() => deployment(settings({ tables: { Todo: 'managed' } }), loadModel(TODO))).toThrow(
      'custom.tablecast.tables.Todo: expected a table of the schema (Todos), got "Todo"',
    );
  });

  test('a function name that Lambda would refuse is refused here', () => {
    const long = settings({ tables: { Todos: 'managed' } }, { service: 'x'.repeat(60) });
    expect(() => deployment(long, loadModel(TODO))).toThrow('at most 64 characters, got');
  });

  test('with one zip for all, one function brings the schema; with one each, each does and names its bundle', () => {
    const patterns = (more: Partial<DeploymentSettings>) => {
      const { functions } = deployment(settings({ tables: { Todos: 'managed' } }, more), loadModel(TODO));
      return Object.values(functions).flatMap((definition) => definition.package?.patterns ?? []);
    };
    expect(patterns({})).toEqual(['schema.graphql']);
    expect(patterns({ only: 'stream' })).toEqual(['schema.graphql']);
    expect(patterns({ individually: true })).toEqual(
      NAMES.flatMap((name) => ['schema.graphql', `handlers/${name}.mjs`]),
    );
  });

  const knowing = (given: object, variable: string) => {
    const all = { tables: { Todos: 'managed' }, ...given };
    const { functions } = deployment(settings(all), loadModel(TODO));
    return Object.entries(functions).flatMap(([name, { environment }]) =>
      Object.entries(environment).flatMap(([key, value]) => (key === variable ? [[name, value]] : [])),
    );
  };

  test('only the functions that a client presents a credential to know hashes and issuers', () => {
    const names = (given: object, variable: string) => knowing(given, variable).map(([name]) => name);
    expect(names({ apiKeys: 'k' }, 'TABLECAST_API_KEY_HASHES')).toEqual(['connect', 'subscribe', 'graphql']);
    expect(names({}, 'TABLECAST_JWT')).toEqual([]);
    const jwt = [{ issuer: 'https://login.example.com', audience: 'web' }];
    expect(knowing({ jwt }, 'TABLECAST_JWT')).toEqual(
      ['connect', 'subscribe', 'graphql'].map((name) => [name, JSON.stringify(jwt)]),
    );
  });

  test('a setting with its default is in no environment, another one where it is needed', () => {
    expect(knowing({}, 'TABLECAST_KEEP_ALIVE_SECONDS')).toEqual([]);
    expect(knowing({ keepAliveSeconds: '120' }, 'TABLECAST_KEEP_ALIVE_SECONDS')).toEqual([
      ['subscribe', '120'],
      ['keepalive', '120'],
    ]);
    expect(knowing({}, 'TABLECAST_EXPLAIN_LOG')).toEqual([]);
    const deciding = ['subscribe', 'stream', 'graphql'];
    expect(knowing({ explainLog: true }, 'TABLECAST_EXPLAIN_LOG')).toEqual(
      deciding.map((name) => [name, 'on']),
    );
    expect(knowing({}, 'TABLECAST_METRICS_NAMESPACE')).toEqual([]);
    expect(knowing({ metricsNamespace: 'Shop/Live' }, 'TABLECAST_METRICS_NAMESPACE')).toEqual(
      NAMES.map((name) => [name, 'Shop/Live']),
    );
    expect(knowing({}, 'TABLECAST_CORS_ORIGINS')).toEqual([]);
    const corsOrigins = ['https://a.example.com', 'https://b.example.com'];
    expect(knowing({ corsOrigins }, 'TABLECAST_CORS_ORIGINS')).toEqual([['graphql', corsOrigins.join(',')]]);
  });

  test.each([
    [60, 'rate(1 minute)', 50],
    [120, 'rate(2 minutes)', 110],
    [540, 'rate(9 minutes)', 300],
  ])(
    'with keepAliveSeconds %i, keepalive runs at %s, a run ends within %i s, and none is repeated',
    (...given) => {
      const [keepAliveSeconds, rate, timeout] = given;
      const { functions } = deployment(
        settings({ tables: { Todos: 'managed' }, keepAliveSeconds }),
        loadModel(TODO),
      );
      expect(functions.keepalive).toMatchObject({
        events: [{ schedule: { rate: [rate] } }],
        timeout,
        maximumRetryAttempts: 0,
      });
      expect(functions.subscribe).not.toHaveProperty('maximumRetryAttempts');
    },
  );

  test('graphql takes every method, and what answers a client ends before the gateway gives up', () => {
    expect(managed.functions.graphql.events).toEqual([{ httpApi: { method: '*', path: '/graphql' } }]);
    for (const name of ['connect', 'subscribe', 'disconnect', 'graphql'] as const) {
      expect(managed.functions[name].timeout).toBeLessThan(29);
    }
  });

  test('a key takes the stored name of its field; numbers are N, text is S', () => {
    const sdl = ORDER.replace('customer: String!', 'customer: String! @attribute(name: "customer_id")');
    const { resources } = deployment(
      settings({ tables: { Orders: { managed: true, name: 'orders' } } }),
      loadModel(sdl),
    );
    expect(properties(resources.Resources['TablecastTableOrders'])).toMatchObject({
      TableName: 'orders',
      AttributeDefinitions: [
        { AttributeName: 'customer_id', AttributeType: 'S' },
        { AttributeName: 'at', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'customer_id', KeyType: 'HASH' },
        { AttributeName: 'at', KeyType: 'RANGE' },
      ],
    });
  });

  test('two types that share a table must have the same keys', () => {
    const shared = (key: string) => `
      type A @table(name: "One", where: {attribute: "kind", equals: "A"}) { id: ID! kind: String }
      type B @table(name: "One", key: ["${key}"], where: {attribute: "kind", equals: "B"}) { id: ID! no: Int! kind: String }`;
    const given = settings({ tables: { One: 'managed' } });
    const { resources } = deployment(given, loadModel(shared('id')));
    expect(resources.Resources).toHaveProperty('TablecastTableOne');
    expect(() => deployment(given, loadModel(shared('no')))).toThrow();
  });

  test('tables whose names differ in punctuation only are different resources', () => {
    const sdl = 'type A @table(name: "my-table") { id: ID! } type B @table(name: "my_table") { id: ID! }';
    const given = settings({ tables: { 'my-table': 'managed', my_table: 'managed' } });
    const ids = Object.keys(deployment(given, loadModel(sdl)).resources.Resources);
    expect(ids.filter((id) => id.startsWith('TablecastTable'))).toHaveLength(2);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9]+$/);
  });
});
