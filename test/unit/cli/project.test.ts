import { describe, expect, test } from '@jest/globals';
import { printFailure, projectOf } from '../../../src/cli/project.ts';

const table = (TableName: unknown) => ({ Type: 'AWS::DynamoDB::Table', Properties: { TableName } });

const configuration = {
  service: 'shop',
  functions: {
    connect: { name: 'shop-dev-connect', events: [{ websocket: { route: '$connect' } }] },
    stream: {
      name: 'shop-dev-stream',
      environment: { TABLECAST_SCHEMA: 'api/schema.graphql', TABLECAST_RELAY_TABLE: { Ref: 'Relay' } },
      events: [
        { stream: { type: 'dynamodb', arn: { 'Fn::GetAtt': ['Todos', 'StreamArn'] } } },
        { stream: { type: 'dynamodb', arn: 'arn:aws:dynamodb:us-east-1:1:table/orders-prod/stream/2026' } },
      ],
    },
  },
  resources: {
    Resources: {
      Relay: table('shop-dev-relay'),
      Todos: table('Todos'),
      Extra: table('Extra'),
      Queue: { Type: 'AWS::SQS::Queue' },
    },
  },
};

describe('what start reads of a resolved serverless.yml', () => {
  test('the stream function, the relay table, the tables to create and those to read', () => {
    const project = projectOf(configuration);
    expect(project).toMatchObject({
      streamFunction: 'shop-dev-stream',
      schema: 'api/schema.graphql',
      relay: { name: 'shop-dev-relay' },
      streams: ['Todos', 'orders-prod'],
    });
    expect(project.tables.map(({ name }) => name)).toEqual(['Todos', 'Extra']);
  });

  test.each<[string, Record<string, string>, boolean]>([
    ['there is no list of origins', {}, false],
    ['there is one', { TABLECAST_ORIGINS: 'https://a.example' }, true],
    [
      'there is one, and programs are let in',
      { TABLECAST_ORIGINS: 'https://a.example', TABLECAST_ORIGIN_MISSING: 'allow' },
      false,
    ],
  ])('whether a WebSocket has to name its page when %s', (_, environment, expected) => {
    const connect = { ...configuration.functions.connect, environment };
    const functions = { ...configuration.functions, connect };
    expect(projectOf({ ...configuration, functions }).asksOrigin).toBe(expected);
  });

  test("a project's own functions may read streams too, and take events of any form", () => {
    const arn = 'arn:aws:dynamodb:us-east-1:1:table/other/stream/2026';
    const functions = {
      audit: { name: 'shop-dev-audit', events: [{ stream: arn }, { stream: { type: 'dynamodb', arn } }] },
      page: { name: 'shop-dev-page', events: ['alexaSkill', { httpApi: 'GET /page' }] },
      idle: { name: 'shop-dev-idle' },
      ...configuration.functions,
    };
    const project = projectOf({ ...configuration, functions });
    expect(project.streamFunction).toBe('shop-dev-stream');
    expect(project.streams).toEqual(['Todos', 'orders-prod']);
  });

  test.each([
    [{ ...configuration, functions: {} }, 'functions: expected one with a stream event'],
    [{ ...configuration, resources: { Resources: {} } }, 'resources: expected the relay table'],
    [{ functions: null }, 'functions: expected an object, got null'],
  ])('a configuration that lacks something is told what: %#', (broken, message) => {
    expect(() => projectOf(broken)).toThrow(message);
  });
});

describe('why serverless print failed', () => {
  const rejected = (property: string, words: string) =>
    `  - Cannot resolve variable at "${property}": Cannot resolve "${property}" out of "serverless.cjs": Received rejection: ${words}`;
  const head = [
    'Environment: linux, node 20.20.2, osls 4.3.1 (local)',
    '',
    'Error:',
    'Cannot resolve serverless.yml: Variables resolution errored with:',
  ];

  test('what our own part says of a schema is said once and alone, all its lines', () => {
    const words =
      'schema.graphql:1:33 Unknown directive "@authz".\nschema.graphql:2:5 Unknown type "Nothing".';
    const output = [...head, `${rejected('functions', words)},`, rejected('resources', words)].join('\n');
    expect(printFailure(output)).toBe(words);
  });

  test('what else is wrong with serverless.yml is not swallowed', () => {
    const other = '  - Cannot resolve variable at "provider.region": Value not found at "env" source,';
    const output = [...head, other, rejected('functions', 'schema.graphql:1:1 Syntax Error.')].join('\n');
    expect(printFailure(output)).toContain('provider.region');
    expect(printFailure(output)).toContain('schema.graphql:1:1 Syntax Error.');
    expect(printFailure('Error:\nService configuration is broken\n')).toBe('Service configuration is broken');
  });
});
