import { describe, expect, test } from '@jest/globals';
import { projectOf } from '../../../src/cli/project.ts';

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

  test.each([
    [{ ...configuration, functions: {} }, 'functions: expected one with a stream event'],
    [{ ...configuration, resources: { Resources: {} } }, 'resources: expected the relay table'],
    [{ functions: null }, 'functions: expected an object, got null'],
  ])('a configuration that lacks something is told what: %#', (broken, message) => {
    expect(() => projectOf(broken)).toThrow(message);
  });
});
