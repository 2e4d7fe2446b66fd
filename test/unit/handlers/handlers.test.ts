import { beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { streamArnOf } from '../../fixtures/records.ts';
import { createTestRelay, drive, KEY, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

/** The handlers build their context when they are loaded; here it is a relay in process that each test makes anew. */
let relay: TestRelay = createTestRelay();
const context = new Proxy(relay.context, { get: (_, name) => Reflect.get(relay.context, name) });
for (const [file, name] of [
  ['compose.ts', 'compose'],
  ['compose/connect.ts', 'composeConnect'],
  ['compose/disconnect.ts', 'composeDisconnect'],
  ['compose/delivery.ts', 'composeDelivery'],
  ['compose/sweep.ts', 'composeSweep'],
] as const) {
  jest.unstable_mockModule(`../../../src/${file}`, () => ({ [name]: () => context }));
}

type Handler = (event: unknown, lambda?: unknown) => Promise<unknown>;
const handlers = new Map<string, Handler>();

beforeAll(async () => {
  for (const name of ['connect', 'subscribe', 'disconnect', 'stream', 'gap']) {
    const loaded: { handler: Handler } = await import(`../../../handlers/${name}.ts`);
    handlers.set(name, loaded.handler);
  }
});

beforeEach(() => {
  relay = createTestRelay();
});

function call(name: string, event: unknown, lambda?: unknown): Promise<unknown> {
  const handler = handlers.get(name);
  if (!handler) throw new Error(`expected a handler ${name}`);
  return drive(relay.clock, handler(event, lambda));
}

const at = (eventType: string) => ({
  eventType,
  connectionId: 'c',
  stage: 'prod',
  connectedAt: 1_767_225_600_000,
});
const connect = (more: object = {}) => call('connect', { requestContext: at('CONNECT'), ...more });
const message = (body: unknown, more: object = {}) =>
  call('subscribe', {
    requestContext: at('MESSAGE'),
    isBase64Encoded: false,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...more,
  });

async function subscribed() {
  await connect({ headers: { 'x-api-key': KEY } });
  relay.connections.open('c');
  await message({ type: 'connection_init' });
  await message({ type: 'subscribe', id: '1', payload: { query: 'subscription { onCreateTodo { id } }' } });
}
const insert = (id: string) => todoRecord(relay.clock.now(), { newImage: { id: { S: id } } });

describe('connect', () => {
  test('answers with the agreed subprotocol alone, although the client offered its credentials beside it', async () => {
    const headers = { 'sec-websocket-protocol': 'header-eyJ4IjoxfQ, graphql-transport-ws' };
    expect(await connect({ headers })).toEqual({
      statusCode: 200,
      headers: { 'Sec-WebSocket-Protocol': 'graphql-transport-ws' },
    });
  });

  test('returns no subprotocol when none was offered, and takes events without headers and query', async () => {
    expect(await connect({ queryStringParameters: null })).toEqual({ statusCode: 200 });
    expect(await relay.context.registry.connection('c')).toMatchObject({ stage: 'prod', initialised: false });
  });

  test('reads subprotocols that came in two headers: the gateway keeps the last of each name alone in `headers`', async () => {
    const header = Buffer.from(JSON.stringify({ host: 'h', 'x-api-key': KEY })).toString('base64url');
    const event = {
      headers: { 'Sec-WebSocket-Protocol': `header-${header}` },
      multiValueHeaders: { 'Sec-WebSocket-Protocol': ['graphql-ws', `header-${header}`], Host: ['h'] },
    };
    expect(await connect(event)).toEqual({
      statusCode: 200,
      headers: { 'Sec-WebSocket-Protocol': 'graphql-ws' },
    });
    expect(await relay.context.registry.connection('c')).toMatchObject({
      dialect: 'appsync',
      identity: { kind: 'api-key' },
    });
  });

  test.each([
    [401, { queryStringParameters: { 'x-api-key': 'wrong' } }],
    [400, { headers: { 'Sec-WebSocket-Protocol': 'mqtt' } }],
  ])('refuses with %i', async (statusCode, event) => {
    expect(await connect(event)).toEqual({ statusCode, body: expect.any(String) });
    expect(await relay.context.registry.connection('c')).toBeUndefined();
  });

  test('a frame that is routed here opens nothing', async () => {
    expect(await call('connect', { requestContext: at('MESSAGE') })).toEqual({ statusCode: 400 });
    expect(await relay.context.registry.connection('c')).toBeUndefined();
  });
});

describe('subscribe', () => {
  test('the body returned is the reply frame; without one there is none', async () => {
    await connect({ headers: { 'x-api-key': KEY } });
    expect(await message({ type: 'connection_init' })).toEqual({
      statusCode: 200,
      body: '{"type":"connection_ack"}',
    });
    expect(await message({ type: 'pong' })).toEqual({ statusCode: 200 });
  });

  test.each([
    ['base64', '{"type":"ping"}', { isBase64Encoded: true }],
    ['bytes, as the emulator has them', '', { body: Buffer.from('{"type":"ping"}') }],
    ['no body', '', { body: undefined }],
  ])('a binary frame (%s) is refused', async (_, body, more) => {
    expect(await message(body, more)).toEqual({
      statusCode: 200,
      body: expect.stringContaining('"code":4400'),
    });
  });
});

describe('disconnect', () => {
  test('ends what the connection subscribed to', async () => {
    await subscribed();
    expect(await relay.context.registry.subscriptions('c')).toHaveLength(1);
    expect(await call('disconnect', { requestContext: at('DISCONNECT') })).toEqual({ statusCode: 200 });
    expect(await relay.context.registry.subscriptions('c')).toEqual([]);
  });

  test('a frame that is routed here ends nothing', async () => {
    await subscribed();
    expect(await call('disconnect', { requestContext: at('MESSAGE') })).toEqual({ statusCode: 400 });
    expect(await relay.context.registry.subscriptions('c')).toHaveLength(1);
  });
});

describe('stream', () => {
  const deliver = (...Records: unknown[]) =>
    call('stream', { Records }, { getRemainingTimeInMillis: () => 60_000 });

  test('an empty list says that all is done, poison included', async () => {
    await subscribed();
    expect(await deliver(insert('a'), null, { dynamodb: 1 }, insert('b'))).toEqual({ batchItemFailures: [] });
    expect(relay.frames('c')).toHaveLength(2);
  });

  test('the first record that is not done is named by its sequence number', async () => {
    await subscribed();
    relay.connections.outage('forbidden');
    const record = insert('a');
    expect(await deliver(null, record, insert('b'))).toEqual({
      batchItemFailures: [{ itemIdentifier: record.dynamodb?.SequenceNumber }],
    });
  });

  test('when it has none, an empty identifier makes the whole batch come again', async () => {
    relay = createTestRelay({
      wrapRegistry: (registry) => ({ ...registry, shapes: () => Promise.reject(new Error('down')) }),
    });
    expect(await deliver(null, insert('a'))).toEqual({ batchItemFailures: [{ itemIdentifier: '' }] });
  });
});

describe('gap', () => {
  const lost = (messageId: string) => ({
    messageId,
    body: JSON.stringify({ DDBStreamBatchInfo: { streamArn: streamArnOf('Todos'), batchSize: 3 } }),
  });

  test('tells subscribers; a message that cannot be read is logged and not asked for again', async () => {
    await subscribed();
    expect(await call('gap', { Records: [{ messageId: 'm1', body: 'CANARY' }, lost('m2')] })).toEqual({
      batchItemFailures: [],
    });
    expect(relay.frames('c')).toEqual([expect.objectContaining({ type: 'error', id: '1' })]);
    expect(relay.logs).toContainEqual(expect.objectContaining({ event: 'gap.unreadable', messageId: 'm1' }));
    expect(JSON.stringify(relay.logs)).not.toContain('CANARY');
  });

  test('a message that could not be worked off comes again, alone', async () => {
    await subscribed();
    relay.connections.outage('unavailable');
    const Records = [{ messageId: 'm1', body: '{}' }, lost('m2')];
    expect(await call('gap', { Records })).toEqual({ batchItemFailures: [{ itemIdentifier: 'm2' }] });
  });
});
