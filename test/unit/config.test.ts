import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.ts';
import { DEFAULT_SETTINGS } from '../../src/relay/context.ts';

const invalid = (words: string) =>
  expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(words) });
const thrownBy = (env: Record<string, string>) => {
  try {
    readConfig(env);
  } catch (error) {
    return error;
  }
  return undefined;
};

test('with nothing set everything has its default, authentication required and no key accepted', () => {
  expect(readConfig({})).toMatchObject({
    schemaFile: 'schema.graphql',
    relayTable: 'tablecast-relay',
    apiKeyHashes: [],
    region: 'us-east-1',
    dynamodbEndpoint: undefined,
    logLevel: 'info',
    settings: DEFAULT_SETTINGS,
  });
});

test('a variable that is set to nothing is as good as not set', () => {
  const names = [
    'TABLECAST_SCHEMA',
    'TABLECAST_RELAY_TABLE',
    'AWS_REGION',
    'DYNAMODB_ENDPOINT',
    'TABLECAST_AUTH',
  ];
  const { connectionsEndpoint: _, ...empty } = readConfig(
    Object.fromEntries(names.map((name) => [name, ''])),
  );
  const { connectionsEndpoint: __, ...unset } = readConfig({});
  expect(empty).toEqual(unset);
});

test('values are read, lists trimmed', () => {
  expect(
    readConfig({
      TABLECAST_API_KEY_HASHES: ' a , b,, ',
      TABLECAST_LEAVE: 'keys',
      TABLECAST_INIT_WAIT_MS: '250',
      TABLECAST_STREAM_GRANULARITY_MS: '60000',
      TABLECAST_CLOCK_SKEW_MS: '0',
      TABLECAST_TABLE_NAMES: '{"prod-todos":"Todos","__proto__":"P"}',
    }),
  ).toMatchObject({
    apiKeyHashes: ['a', 'b'],
    settings: {
      leave: 'keys',
      initWaitMs: 250,
      streamGranularityMs: 60_000,
      clockSkewMs: 0,
      tableNames: new Map([
        ['prod-todos', 'Todos'],
        ['__proto__', 'P'],
      ]),
    },
  });
});

describe('what cannot be used is told by its name, with what was expected and what came', () => {
  test.each<[string, string, string]>([
    ['TABLECAST_AUTH', 'none', 'TABLECAST_AUTH: expected required or off, got "none"'],
    ['TABLECAST_LEAVE', 'images', 'expected image or keys'],
    ['TABLECAST_LOG_LEVEL', 'loud', 'TABLECAST_LOG_LEVEL'],
    ['TABLECAST_LOG_LEVEL', 'constructor', 'TABLECAST_LOG_LEVEL'],
    ['TABLECAST_INIT_WAIT_MS', '5s', 'expected whole milliseconds, got "5s"'],
    ['TABLECAST_INIT_WAIT_MS', '-1', 'whole milliseconds'],
    ['TABLECAST_INIT_WAIT_MS', '1e3', 'whole milliseconds'],
    ['TABLECAST_TABLE_NAMES', '["a"]', 'JSON object'],
    ['TABLECAST_TABLE_NAMES', 'a=b', 'JSON object'],
    ['TABLECAST_TABLE_NAMES', '{"a":1}', 'JSON object'],
    ['TABLECAST_TABLE_NAMES', 'null', 'JSON object'],
  ])('%s=%s', (name, value, words) => {
    expect(thrownBy({ [name]: value })).toEqual(invalid(words));
  });
});

describe('authentication goes off only where AWS does not run us', () => {
  const off = { TABLECAST_AUTH: 'off' };

  test('by the explicit setting alone', () => {
    expect(readConfig(off).settings.authentication).toBe('off');
    expect(readConfig({ TABLECAST_AUTH: 'required' }).settings.authentication).toBe('required');
  });

  test.each([
    ['a function', { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' }],
    // Lambda sets no AWS_EXECUTION_ENV there.
    ['a function made from a container image', { AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001' }],
    ['a function of an OS-only runtime', { AWS_LAMBDA_FUNCTION_NAME: 'tablecast-prod-connect' }],
    ['a container', { AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE' }],
  ])('not in %s', (_, env) => {
    expect(thrownBy({ ...off, ...env })).toEqual(invalid('expected only in local use'));
  });

  test('in the emulator, which sets the same variables and IS_OFFLINE', () => {
    const env = { ...off, AWS_LAMBDA_FUNCTION_NAME: 'f', IS_OFFLINE: 'true' };
    expect(readConfig(env).settings.authentication).toBe('off');
  });
});

describe('where to post', () => {
  test('the API’s own endpoint in its region and partition, a stage each', () => {
    const { connectionsEndpoint } = readConfig({
      AWS_REGION: 'cn-north-1',
      TABLECAST_API_ID: 'abc123',
      TABLECAST_URL_SUFFIX: 'amazonaws.com.cn',
    });
    expect(connectionsEndpoint('prod')).toBe('https://abc123.execute-api.cn-north-1.amazonaws.com.cn/prod');
  });

  test('a configured one for every stage', () => {
    const { connectionsEndpoint } = readConfig({ TABLECAST_CONNECTIONS_ENDPOINT: 'http://localhost:3001' });
    expect(connectionsEndpoint('local')).toBe('http://localhost:3001');
  });

  test('with neither, functions that post nothing start, and a post says what is missing', () => {
    const { connectionsEndpoint } = readConfig({});
    expect(() => connectionsEndpoint('prod')).toThrow(invalid('TABLECAST_API_ID'));
  });
});
