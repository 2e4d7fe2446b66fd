import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { TokenVerifier } from '../../src/auth/token-verifier.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/protocol/limits.ts';
import { open } from '../../src/relay/open.ts';
import { readDocumentList } from '../../src/render/document-list.ts';
import { createTestRelay, KEY, type TestRelay, type TestRelayOptions } from '../fixtures/relay.ts';

const ON_CREATE = 'subscription { onCreateTodo { id } }';
const LISTED = readDocumentList(JSON.stringify([ON_CREATE]), 'documents.json');

/** How a dialect says it. */
interface Dialect {
  readonly name: string;
  readonly protocol: string;
  start(id: string, request: object): object;
  error(id: string, code: string, words?: string): object;
  refusal(code: number, words?: string): object;
}

const containing = (words: string) => expect.stringContaining(words);

/** Tables of PROTOCOL.md: `extensions.code` → `errorType` and `errorCode`. */
const APPSYNC: Readonly<Record<string, readonly [errorType: string, errorCode: number]>> = {
  TOO_MANY_SUBSCRIPTIONS: ['MaxSubscriptionsReachedError', 400],
  REVOKED: ['SubscriptionRevokedError', 403],
  OPERATION_NOT_ALLOWED: ['OperationNotAllowedException', 403],
  PERSISTED_QUERY_NOT_SUPPORTED: ['BadRequestException', 400],
  BAD_REQUEST: ['BadRequestException', 400],
};
const APPSYNC_REFUSALS: Readonly<Record<number, readonly [errorType: string, errorCode: number]>> = {
  4400: ['BadRequestException', 400],
  4429: ['LimitExceededError', 429],
};

const DIALECTS: readonly Dialect[] = [
  {
    name: 'graphql-transport-ws',
    protocol: 'graphql-transport-ws',
    start: (id, payload) => ({ type: 'subscribe', id, payload }),
    error: (id, code, words = '') => ({
      type: 'error',
      id,
      payload: [{ message: containing(words), extensions: { code } }],
    }),
    refusal: (code, words = '') => ({
      type: 'connection_error',
      payload: { message: containing(words), code },
    }),
  },
  {
    name: 'apollo',
    protocol: 'graphql-ws',
    start: (id, payload) => ({ type: 'start', id, payload }),
    error: (id, code, words = '') => ({
      type: 'error',
      id,
      payload: { message: containing(words), extensions: { code } },
    }),
    refusal: (code, words = '') => ({
      type: 'connection_error',
      payload: { message: containing(words), code },
    }),
  },
  {
    name: 'appsync',
    protocol: 'graphql-ws',
    start: (id, request) => ({ type: 'start', id, payload: { data: JSON.stringify(request) } }),
    error: (id, code, words = '') => {
      const [errorType, errorCode] = APPSYNC[code] ?? [];
      const errors = [{ errorType, message: containing(words), errorCode, extensions: { code } }];
      return { type: 'error', id, payload: { errors } };
    },
    refusal: (code, words = '') => {
      const [errorType, errorCode] = APPSYNC_REFUSALS[code] ?? [];
      return {
        type: 'connection_error',
        payload: { errors: [{ errorType, message: containing(words), errorCode }] },
      };
    },
  },
];

const ALICE = 'alice';
const tokens: TokenVerifier = {
  verify: async () => ({
    ok: true,
    identity: { kind: 'jwt', hash: ALICE, issuedAt: 1, expiresAt: 2_000_000_000 },
  }),
};

function relayWith(limits: Partial<Limits> = {}, more: TestRelayOptions = {}): TestRelay {
  return createTestRelay({ tokens, ...more, settings: { limits: { ...DEFAULT_LIMITS, ...limits } } });
}

/** The header object makes it an AppSync client. */
async function connect(relay: TestRelay, { name, protocol }: Dialect, id = 'c'): Promise<void> {
  const header = Buffer.from(JSON.stringify({ Authorization: 'token' })).toString('base64url');
  const offered = name === 'appsync' ? `${protocol}, header-${header}` : protocol;
  const headers = { 'Sec-WebSocket-Protocol': offered, Authorization: 'token' };
  expect(await relay.open(id, { headers })).toEqual({ status: 200, subprotocol: protocol });
  await relay.send(id, { type: 'connection_init' });
}

/** Text of exactly so many bytes, of which all but few are in characters of three. */
function frameOf(message: object, bytes: number): string {
  const room = bytes - Buffer.byteLength(JSON.stringify({ ...message, pad: '' }));
  return JSON.stringify({ ...message, pad: 'ね'.repeat(Math.floor(room / 3)) + 'x'.repeat(room % 3) });
}

function nested(levels: number): object {
  let value: object = {};
  for (let level = 1; level < levels; level += 1) value = { a: value };
  return value;
}

describe.each(DIALECTS)('C7 in $name', (dialect) => {
  const start = (id: string, request: object = { query: ON_CREATE }) => dialect.start(id, request);
  /** What AppSync is told of a live subscription. */
  const started = (id: string) => (dialect.name === 'appsync' ? { type: 'start_ack', id } : undefined);

  test('one subscription too many on a connection is TOO_MANY_SUBSCRIPTIONS, and the others stay', async () => {
    const relay = relayWith({ subscriptionsPerConnection: 1 });
    await connect(relay, dialect);
    expect(await relay.send('c', start('1'))).toEqual(started('1'));
    expect(await relay.send('c', start('2'))).toEqual(
      dialect.error('2', 'TOO_MANY_SUBSCRIPTIONS', 'at most 1 subscriptions on a connection'),
    );
    expect(await relay.context.registry.subscriptions('c')).toHaveLength(1);
  });

  test('one subscription too many of an identity is TOO_MANY_SUBSCRIPTIONS on any of its connections', async () => {
    const relay = relayWith({ subscriptionsPerIdentity: 1 });
    await connect(relay, dialect);
    await connect(relay, dialect, 'd');
    expect(await relay.send('c', start('1'))).toEqual(started('1'));
    expect(await relay.send('d', start('1'))).toEqual(
      dialect.error('1', 'TOO_MANY_SUBSCRIPTIONS', 'at most 1 subscriptions of one identity'),
    );
  });

  test('a subscription of a revoked identity is REVOKED', async () => {
    const relay = relayWith();
    await connect(relay, dialect);
    const now = Math.floor(relay.clock.now() / 1_000);
    await relay.context.registry.revoke(ALICE, { revokedAt: now, until: now + 60 });
    expect(await relay.send('c', start('1'))).toEqual(dialect.error('1', 'REVOKED', 'sign in anew'));
    expect(await relay.context.registry.subscriptions('c')).toEqual([]);
  });

  test('a document that is none of the list is OPERATION_NOT_ALLOWED, whatever id comes with it', async () => {
    const relay = relayWith({}, { documents: LISTED });
    await connect(relay, dialect);
    const other = 'subscription { onCreateTodo { id title } }';
    const listedId = sha256(ON_CREATE);
    expect(await relay.send('c', start('1', { documentId: listedId }))).toEqual(started('1'));
    for (const request of [{ query: other }, { query: other, documentId: listedId }, { documentId: 'no' }])
      expect(await relay.send('c', start('2', request))).toEqual(dialect.error('2', 'OPERATION_NOT_ALLOWED'));
    // The first operation told the dialect, though it had no text.
    expect(await relay.context.registry.connection('c')).toMatchObject({ dialect: dialect.name });
  });

  test('an id in the place of a document is PERSISTED_QUERY_NOT_SUPPORTED where there is no list', async () => {
    const relay = relayWith();
    await connect(relay, dialect);
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'abc' } };
    for (const request of [{ documentId: 'abc' }, { extensions }])
      expect(await relay.send('c', start('1', request))).toEqual(
        dialect.error('1', 'PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported'),
      );
  });

  test('a frame too many is a refusal, code 4429', async () => {
    const relay = relayWith({ framesPerMinute: 10 }, { countsFrames: true });
    await connect(relay, dialect);
    expect(await relay.send('c', start('1'))).toEqual(started('1'));
    for (let sent = 2; sent < 10; sent += 1) await relay.send('c', { type: 'ping' });
    const reply = await relay.send('c', { type: 'ping' });
    const refusal = dialect.refusal(4429, 'at most 10 a minute');
    if (dialect.name === 'graphql-transport-ws') expect(reply).toEqual(refusal);
    else expect(relay.frames('c').at(-1)).toEqual(refusal);
    expect(await relay.send('c', { type: 'ping' })).toBeUndefined();
  });

  test('a frame of the most bytes is read; one byte more is a refusal, though it names an operation', async () => {
    const relay = relayWith({ frameBytes: 2_048 });
    await connect(relay, dialect);
    expect(await relay.send('c', frameOf(start('1'), 2_048))).toEqual(started('1'));
    expect(await relay.send('c', frameOf(start('2'), 2_049))).toEqual(
      dialect.refusal(4400, 'at most 2048 bytes, got 2049'),
    );
  });

  test('a start nested one level too deep fails by itself, any other frame is a refusal', async () => {
    const relay = relayWith();
    await connect(relay, dialect);
    const { jsonDepth } = DEFAULT_LIMITS;
    expect(await relay.send('c', { ...start('1'), extra: nested(jsonDepth) })).toEqual(started('1'));
    expect(await relay.send('c', { ...start('2'), extra: nested(jsonDepth + 1) })).toEqual(
      dialect.error('2', 'BAD_REQUEST', `at most ${jsonDepth} deep`),
    );
    for (const type of ['connection_init', 'ping', 'complete', 'stop'])
      expect(await relay.send('c', { type, id: '1', extra: nested(jsonDepth + 1) })).toEqual(
        dialect.refusal(4400, `at most ${jsonDepth} deep`),
      );
  });

  test('S1 a page of another origin gets 403, with a good credential too', async () => {
    const relay = relayWith();
    const origins = { allowed: new Set(['https://app.example']), missing: 'refuse' } as const;
    const upgrade = (given: readonly string[]) =>
      relay.clock.run(
        open(
          { ...relay.context, door: { origins, gateway: { claims: [] } } },
          {
            connectionId: 'c',
            stage: 'dev',
            connectedAt: relay.clock.now(),
            headers: new Map([
              ['Sec-WebSocket-Protocol', dialect.protocol],
              ['x-api-key', KEY],
            ]),
            query: new Map(dialect.name === 'appsync' ? [['header', 'e30=']] : []),
            origins: given,
          },
        ),
      );
    for (const given of [['https://evil.example'], [], ['null']])
      expect(await upgrade(given)).toMatchObject({ status: 403 });
    expect(await upgrade(['https://app.example'])).toMatchObject({ status: 200 });
  });
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
