import { describe, expect, test } from '@jest/globals';
import { deployment } from '../../../src/deploy/deployment.ts';
import { offlineFunctions } from '../../../src/deploy/offline.ts';
import { readSettings } from '../../../src/deploy/settings.ts';
import { loadModel } from '../../../src/schema/load.ts';

const { functions } = deployment(
  { ...readSettings({ tables: { Todos: 'managed' } }), service: 'todos', stage: 'dev', handlers: 'handlers' },
  loadModel('type Todo @table(name: "Todos") { id: ID! }'),
);

const offline = (environment: Record<string, string | undefined>) =>
  offlineFunctions(functions, {
    environment,
    relayTable: 'todos-dev-tablecast-relay',
    connectionsEndpoint: 'http://localhost:3001',
    pageSecret: 'of-this-run',
  });

describe('serverless offline', () => {
  test('every value is text: it passes references on as objects', () => {
    for (const { environment } of Object.values(offline({}))) {
      for (const value of Object.values(environment)) expect(typeof value).toBe('string');
    }
  });

  test('without further word it posts to the local gateway and uses the AWS of the environment', () => {
    const environment = Object(offline({}).stream?.environment);
    expect(environment['TABLECAST_CONNECTIONS_ENDPOINT']).toBe('http://localhost:3001');
    expect(environment['TABLECAST_RELAY_TABLE']).toBe('todos-dev-tablecast-relay');
    expect(environment).not.toHaveProperty('DYNAMODB_ENDPOINT');
    expect(environment).not.toHaveProperty('AWS_ACCESS_KEY_ID');
  });

  test("takes over DYNAMODB_ENDPOINT and TABLECAST_*, over the template's own values, and nothing else", () => {
    const { stream, connect } = offline({
      DYNAMODB_ENDPOINT: 'http://127.0.0.1:8000',
      TABLECAST_CONNECTIONS_ENDPOINT: 'http://127.0.0.1:4001',
      TABLECAST_STREAM_GRANULARITY_MS: '60000',
      TABLECAST_AUTH: 'off',
      TABLECAST_RELAY_TABLE: 'other',
      TABLECAST_API_KEY_HASHES: 'ab',
      TABLECAST_JWT: '[]',
      TABLECAST_API_KEYS: 'in-clear',
      PATH: '/bin',
    });
    expect(stream?.environment).toMatchObject({
      DYNAMODB_ENDPOINT: 'http://127.0.0.1:8000',
      TABLECAST_CONNECTIONS_ENDPOINT: 'http://127.0.0.1:4001',
      TABLECAST_STREAM_GRANULARITY_MS: '60000',
      TABLECAST_AUTH: 'off',
      TABLECAST_RELAY_TABLE: 'other',
    });
    expect(stream?.environment).not.toHaveProperty('TABLECAST_API_KEY_HASHES');
    expect(stream?.environment).not.toHaveProperty('TABLECAST_JWT');
    expect(connect.environment).toMatchObject({ TABLECAST_API_KEY_HASHES: 'ab', TABLECAST_JWT: '[]' });
    for (const environment of [stream?.environment, connect.environment]) {
      expect(environment).not.toHaveProperty('PATH');
      expect(environment).not.toHaveProperty('TABLECAST_API_KEYS');
    }
  });

  test('what gives out pages has the secret of this run, or one the environment sets; nothing else has any', () => {
    const secrets = (environment: Record<string, string>) =>
      Object.entries(offline(environment)).flatMap(([name, definition]) => {
        const secret = definition.environment['TABLECAST_PAGE_SECRET'];
        return secret === undefined ? [] : [[name, secret]];
      });
    expect(secrets({})).toEqual([
      ['subscribe', 'of-this-run'],
      ['graphql', 'of-this-run'],
    ]);
    expect(secrets({ TABLECAST_PAGE_SECRET: 'mine' })).toEqual([
      ['subscribe', 'mine'],
      ['graphql', 'mine'],
    ]);
  });

  test('DynamoDB Local gets its access keys, unless the environment has some', () => {
    const local = { DYNAMODB_ENDPOINT: 'http://127.0.0.1:8000' };
    expect(offline(local).stream?.environment).toMatchObject({
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    });
    for (const given of [{ AWS_ACCESS_KEY_ID: 'mine' }, { AWS_PROFILE: 'mine' }]) {
      expect(offline({ ...local, ...given }).stream?.environment).not.toHaveProperty('AWS_SECRET_ACCESS_KEY');
    }
  });
});
