import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.ts';
import { DEFAULT_SETTINGS } from '../../src/relay/context.ts';

const HASH = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

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
    authentication: 'required',
    apiKeys: [],
    jwt: [],
    corsOrigins: '*',
    maxBodyBytes: 131_072,
    region: 'us-east-1',
    dynamodbEndpoint: undefined,
    logLevel: 'info',
    logErrorMessages: false,
    readOnlyTables: new Set(),
    posting: { transport: 'lean', perSecond: 10_000 },
    warm: { minRows: 1_000, maxRows: 100_000 },
    fanOut: { queueUrl: undefined, above: 20_000, lanes: 20 },
    settings: DEFAULT_SETTINGS,
  });
});

test('C8 secrets: messages of foreign errors are logged where somebody develops, or where they are asked for', () => {
  const logged = (env: Record<string, string>) => readConfig(env).logErrorMessages;
  expect(logged({ IS_OFFLINE: 'true' })).toBe(true);
  expect(logged({ IS_OFFLINE: 'true', TABLECAST_LOG_ERROR_MESSAGES: 'off' })).toBe(false);
  expect(logged({ AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' })).toBe(false);
  expect(logged({ TABLECAST_LOG_ERROR_MESSAGES: 'on' })).toBe(true);
});

test('tables that mutations may not write are a list of names, whatever these are', () => {
  const { readOnlyTables } = readConfig({ TABLECAST_READ_ONLY_TABLES: '["Orders","__proto__","a,b"]' });
  expect([...readOnlyTables]).toEqual(['Orders', '__proto__', 'a,b']);
});

test('a variable that is set to nothing is as good as not set', () => {
  const names = [
    'TABLECAST_SCHEMA',
    'TABLECAST_RELAY_TABLE',
    'AWS_REGION',
    'DYNAMODB_ENDPOINT',
    'TABLECAST_AUTH',
    'TABLECAST_API_KEY_HASHES',
    'TABLECAST_JWT',
    'TABLECAST_PAGE_SECRET',
    'TABLECAST_CORS_ORIGINS',
    'TABLECAST_MAX_BODY_BYTES',
    'TABLECAST_KEEP_ALIVE_SECONDS',
    'TABLECAST_LOCK_WAIT_MS',
    'TABLECAST_TRANSPORT',
    'TABLECAST_POSTS_PER_SECOND',
    'TABLECAST_WARM_ROWS',
    'TABLECAST_WARM_MAX_ROWS',
    'TABLECAST_FAN_OUT_QUEUE_URL',
    'TABLECAST_FAN_OUT_ABOVE',
    'TABLECAST_FAN_OUT_LANES',
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
      TABLECAST_API_KEY_HASHES: ` ${HASH} , ${OTHER}@1814356800,, `,
      TABLECAST_JWT: '[{"userPoolId":"eu-west-1_AbCdEf123","clientId":"app"}]',
      TABLECAST_PAGE_SECRET: 'sixteen letters!',
      TABLECAST_CORS_ORIGINS: ' https://app.example.com, http://localhost:5173 ,',
      TABLECAST_MAX_BODY_BYTES: '1000',
      TABLECAST_KEEP_ALIVE_SECONDS: '120',
      TABLECAST_LOCK_WAIT_MS: '1000',
      TABLECAST_LEAVE: 'keys',
      TABLECAST_INIT_WAIT_MS: '250',
      TABLECAST_STREAM_GRANULARITY_MS: '60000',
      TABLECAST_CLOCK_SKEW_MS: '0',
      TABLECAST_TABLE_NAMES: '{"prod-todos":"Todos","__proto__":"P"}',
      TABLECAST_TRANSPORT: 'sdk',
      TABLECAST_POSTS_PER_SECOND: '2500',
      TABLECAST_WARM_ROWS: '0',
      TABLECAST_WARM_MAX_ROWS: '500000',
      TABLECAST_FAN_OUT_QUEUE_URL: 'http://127.0.0.1:9324/000000000000/fan-out.fifo',
      TABLECAST_FAN_OUT_ABOVE: '5000',
      TABLECAST_FAN_OUT_LANES: '64',
    }),
  ).toMatchObject({
    posting: { transport: 'sdk', perSecond: 2_500 },
    warm: { minRows: 0, maxRows: 500_000 },
    fanOut: { queueUrl: 'http://127.0.0.1:9324/000000000000/fan-out.fifo', above: 5_000, lanes: 64 },
    apiKeys: [{ hash: HASH }, { hash: OTHER, expiresAt: 1_814_356_800 }],
    jwt: [{ userPoolId: 'eu-west-1_AbCdEf123', clientId: 'app' }],
    pageSecret: 'sixteen letters!',
    corsOrigins: ['https://app.example.com', 'http://localhost:5173'],
    maxBodyBytes: 1_000,
    settings: {
      keepAliveSeconds: 120,
      lockWaitMs: 1_000,
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
    ['TABLECAST_LOG_ERROR_MESSAGES', 'yes', 'TABLECAST_LOG_ERROR_MESSAGES: expected on or off'],
    ['TABLECAST_READ_ONLY_TABLES', '{"Orders":true}', 'TABLECAST_READ_ONLY_TABLES: expected a JSON array'],
    ['TABLECAST_READ_ONLY_TABLES', 'Orders', 'TABLECAST_READ_ONLY_TABLES: expected a JSON array'],
    ['TABLECAST_READ_ONLY_TABLES', '[1]', 'TABLECAST_READ_ONLY_TABLES: expected a JSON array'],
    ['TABLECAST_LOG_LEVEL', 'constructor', 'TABLECAST_LOG_LEVEL'],
    ['TABLECAST_INIT_WAIT_MS', '5s', 'expected whole milliseconds, got "5s"'],
    ['TABLECAST_INIT_WAIT_MS', '-1', 'whole milliseconds'],
    ['TABLECAST_INIT_WAIT_MS', '1e3', 'whole milliseconds'],
    ['TABLECAST_LOCK_WAIT_MS', '1.5', 'TABLECAST_LOCK_WAIT_MS: expected whole milliseconds, got "1.5"'],
    ['TABLECAST_API_KEY_HASHES', 'plain', 'TABLECAST_API_KEY_HASHES, entry 1: expected 64 hex digits'],
    ['TABLECAST_JWT', '{}', 'TABLECAST_JWT: expected a list of issuers, got object'],
    ['TABLECAST_JWT', '[{"issuer":"https://a.example"}]', 'TABLECAST_JWT[0].audience'],
    ['TABLECAST_JWT', 'https://a.example', 'TABLECAST_JWT: expected a JSON array'],
    ['TABLECAST_PAGE_SECRET', 'short', 'TABLECAST_PAGE_SECRET: expected 16 characters or more, got 5'],
    ['TABLECAST_CORS_ORIGINS', 'app.example.com', 'TABLECAST_CORS_ORIGINS: expected * alone, or origins'],
    ['TABLECAST_CORS_ORIGINS', '*,https://app.example.com', 'got "*"'],
    ['TABLECAST_CORS_ORIGINS', 'https://app.example.com/', 'got "https://app.example.com/"'],
    ['TABLECAST_CORS_ORIGINS', 'https://App.example.com', 'got "https://App.example.com"'],
    ['TABLECAST_CORS_ORIGINS', 'https://*.example.com', 'TABLECAST_CORS_ORIGINS'],
    ['TABLECAST_CORS_ORIGINS', 'null', 'got "null"'],
    [
      'TABLECAST_MAX_BODY_BYTES',
      '0',
      'TABLECAST_MAX_BODY_BYTES: expected a whole number of bytes from 1 to 6291456',
    ],
    ['TABLECAST_MAX_BODY_BYTES', '6291457', 'got "6291457"'],
    ['TABLECAST_MAX_BODY_BYTES', '128k', 'got "128k"'],
    [
      'TABLECAST_KEEP_ALIVE_SECONDS',
      '0',
      'TABLECAST_KEEP_ALIVE_SECONDS: expected a multiple of 60 from 60 to 540',
    ],
    ['TABLECAST_KEEP_ALIVE_SECONDS', '90', 'got "90"'],
    ['TABLECAST_KEEP_ALIVE_SECONDS', '600', 'got "600"'],
    ['TABLECAST_KEEP_ALIVE_SECONDS', '-60', 'got "-60"'],
    ['TABLECAST_TRANSPORT', 'undici', 'TABLECAST_TRANSPORT: expected lean or https or sdk, got "undici"'],
    ['TABLECAST_POSTS_PER_SECOND', '0', 'expected requests a second from 1 to 1000000, got "0"'],
    ['TABLECAST_WARM_ROWS', 'off', 'TABLECAST_WARM_ROWS: expected rows from 0 to 1000000'],
    ['TABLECAST_WARM_MAX_ROWS', '-1', 'TABLECAST_WARM_MAX_ROWS'],
    [
      'TABLECAST_FAN_OUT_QUEUE_URL',
      'fan-out.fifo',
      'TABLECAST_FAN_OUT_QUEUE_URL: expected a URL such as https://sqs.',
    ],
    ['TABLECAST_FAN_OUT_ABOVE', '0', 'expected deliveries from 1 to 10000000'],
    ['TABLECAST_FAN_OUT_LANES', '1001', 'expected lanes from 1 to 1000'],
    ['TABLECAST_TABLE_NAMES', '["a"]', 'JSON object'],
    ['TABLECAST_TABLE_NAMES', 'a=b', 'JSON object'],
    ['TABLECAST_TABLE_NAMES', '{"a":1}', 'JSON object'],
    ['TABLECAST_TABLE_NAMES', 'null', 'JSON object'],
  ])('%s=%s', (name, value, words) => {
    expect(thrownBy({ [name]: value })).toEqual(invalid(words));
  });
});

test('C8 secrets: neither a key nor the page secret is repeated', () => {
  for (const name of ['TABLECAST_API_KEY_HASHES', 'TABLECAST_PAGE_SECRET', 'TABLECAST_JWT']) {
    const error = thrownBy({ [name]: 'my-secret' });
    expect(error).toMatchObject({ message: expect.stringContaining(name) });
    expect(String(error)).not.toContain('my-secret');
  }
});

test('the page secret is a long random one that lasts as long as the process', () => {
  const { pageSecret } = readConfig({});
  expect(pageSecret).toMatch(/^[\w-]{43}$/);
  expect(readConfig({}).pageSecret).toBe(pageSecret);
});

describe('authentication goes off only where AWS does not run us', () => {
  const off = { TABLECAST_AUTH: 'off' };

  test('by the explicit setting alone', () => {
    expect(readConfig(off).authentication).toBe('off');
    expect(readConfig({ TABLECAST_AUTH: 'required' }).authentication).toBe('required');
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

  test('nor does IS_OFFLINE make AWS a machine of one’s own', () => {
    const env = {
      ...off,
      AWS_LAMBDA_FUNCTION_NAME: 'f',
      IS_OFFLINE: 'true',
      AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001',
    };
    expect(() => readConfig(env)).toThrow('TABLECAST_AUTH=off');
    const issuer = { ...env, TABLECAST_AUTH: '', TABLECAST_LOCAL_ISSUER: 'http://localhost:3000' };
    expect(() => readConfig(issuer)).toThrow('TABLECAST_LOCAL_ISSUER');
    expect(readConfig({ ...env, TABLECAST_AUTH: '' })).toMatchObject({
      logErrorMessages: false,
      settings: { limits: { introspection: false } },
    });
  });

  test('in the emulator, which sets the same variables and IS_OFFLINE', () => {
    const env = { ...off, AWS_LAMBDA_FUNCTION_NAME: 'f', IS_OFFLINE: 'true' };
    expect(readConfig(env).authentication).toBe('off');
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
