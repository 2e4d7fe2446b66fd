import { beforeEach, describe, expect, test } from '@jest/globals';
import { receive } from '../../src/relay/receive.ts';
import { createTestRelay, drive, KEY, type TestRelay, todoRecord } from '../fixtures/relay.ts';

/**
 * The wire of gql's AppSyncWebsocketsTransport (graphql-python/gql 4.3), byte for byte: what its `get_auth_url`,
 * `_send_init_message_and_wait_ack`, `_send_query` and `_send_stop_message` write, Python's `json.dumps` spacing and all,
 * and what its `_parse_answer` makes of what comes back.
 */
const HOST = 'localhost:3001';
const QUERY = 'subscription onCreateTodo {\n  onCreateTodo {\n    id\n    title\n  }\n}';

/** `AppSyncApiKeyAuthentication(host, api_key)` and `AppSyncJWTAuthentication(host, jwt)`. */
const apiKey = (key: string) => `{"host":"${HOST}","x-api-key":"${key}"}`;
const jwt = (token: string) => `{"host":"${HOST}","Authorization":"${token}"}`;

const authUrl = (headers: string) =>
  `ws://${HOST}/graphql?header=${Buffer.from(headers).toString('base64')}&payload=e30=`;
const INIT = '{"type": "connection_init", "payload": {}}';
const start = (id: string, data: string, headers: string) =>
  `{"id":"${id}","type":"start","payload":{"data":${JSON.stringify(data)},"extensions":{"authorization":${headers}}}}`;
const requestData = (query: string, more = '') => `{"query":${JSON.stringify(query)}${more}}`;
const stop = (id: string) => `{"id": "${id}", "type": "stop"}`;

type Answer =
  | { readonly kind: 'start_ack' | 'connection_ack' | 'ka' }
  | {
      readonly kind: 'data' | 'complete' | 'TransportQueryError';
      readonly id: number;
      readonly payload?: unknown;
    }
  /** These two close the whole transport. */
  | { readonly kind: 'TransportServerError' | 'TransportProtocolError' };

/** Its `_parse_answer` and `_parse_answer_apollo`, which are stricter than the protocol's page. */
function parseAnswer(answer: string): Answer {
  const frame: Map<string, unknown> = new Map(Object.entries(JSON.parse(answer)));
  const type = frame.get('type');
  if (type === 'start_ack' || type === 'connection_ack' || type === 'ka') return { kind: type };
  if (type === 'connection_error' || (type === 'error' && !frame.has('id')))
    return { kind: 'TransportServerError' };
  const id = /^\s*[+-]?\d+\s*$/.test(String(frame.get('id'))) ? Number(frame.get('id')) : undefined;
  if (id === undefined) return { kind: 'TransportProtocolError' };
  if (type === 'complete') return { kind: type, id };
  const payload = frame.get('payload');
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    return { kind: 'TransportProtocolError' };
  }
  if (type === 'error') return { kind: 'TransportQueryError', id, payload };
  if (type !== 'data' || !('data' in payload || 'errors' in payload))
    return { kind: 'TransportProtocolError' };
  return { kind: type, id, payload };
}

let relay: TestRelay;
beforeEach(() => {
  relay = createTestRelay();
});

/** Upgrades as the transport does; the query is decoded as a form decoder does it, `+` into a space. */
function connect(id: string, headers: string) {
  const { searchParams } = new URL(authUrl(headers));
  return relay.open(id, {
    headers: { 'Sec-WebSocket-Protocol': 'graphql-ws' },
    query: Object.fromEntries(searchParams),
  });
}

/** Sends one frame; resolves with all that came back, in the order it arrives: posted, then the response. */
async function say(id: string, frame: string): Promise<Answer[]> {
  const before = relay.connections.frames(id).length;
  const reply = await drive(relay.clock, receive(relay.context, { connectionId: id, body: frame }));
  const frames = [...relay.connections.frames(id).slice(before), ...(reply === undefined ? [] : [reply])];
  return frames.map(parseAnswer);
}

async function deliver(id: string, todo: string): Promise<Answer[]> {
  const before = relay.connections.frames(id).length;
  await relay.deliver([
    todoRecord(relay.clock.now(), { newImage: { id: { S: todo }, title: { S: 'ねこ' } } }),
  ]);
  return relay.connections.frames(id).slice(before).map(parseAnswer);
}

describe("S4 gql's AppSyncWebsocketsTransport", () => {
  test('connects, subscribes twice, receives, stops each, and gets its complete', async () => {
    const headers = apiKey(KEY);
    expect(await connect('c', headers)).toEqual({ status: 200, subprotocol: 'graphql-ws' });
    expect(await say('c', INIT)).toEqual([{ kind: 'connection_ack' }, { kind: 'ka' }]);
    for (const id of ['1', '2']) {
      expect(await say('c', start(id, requestData(QUERY), headers))).toEqual([{ kind: 'start_ack' }]);
    }
    const payload = expect.objectContaining({ data: { onCreateTodo: { id: 'a', title: 'ねこ' } } });
    const received = await deliver('c', 'a');
    expect(received).toHaveLength(2);
    expect(received).toEqual(expect.arrayContaining([1, 2].map((id) => ({ kind: 'data', id, payload }))));
    expect(await say('c', stop('1'))).toEqual([{ kind: 'complete', id: 1 }]);
    expect(await deliver('c', 'b')).toEqual([expect.objectContaining({ kind: 'data', id: 2 })]);
    expect(await say('c', stop('2'))).toEqual([{ kind: 'complete', id: 2 }]);
    expect(await deliver('c', 'd')).toEqual([]);
  });

  test('sends variables and an operation name only when it has them', async () => {
    const headers = apiKey(KEY);
    await connect('c', headers);
    await say('c', INIT);
    const query = 'subscription A($id: ID) { onCreateTodo(id: $id) { title } }';
    const data = requestData(query, ',"variables":{"id":"b"},"operationName":"A"');
    expect(await say('c', start('1', data, headers))).toEqual([{ kind: 'start_ack' }]);
    expect(await deliver('c', 'a')).toEqual([]);
    expect(await deliver('c', 'b')).toEqual([
      {
        kind: 'data',
        id: 1,
        payload: expect.objectContaining({ data: { onCreateTodo: { title: 'ねこ' } } }),
      },
    ]);
  });

  test('gets in although a + of its base64 came as a space', async () => {
    const tokens = {
      verify: async (token: string) =>
        token === 'a>>>b???c~~~'
          ? ({ ok: true, identity: { kind: 'jwt', hash: 'somebody' } } as const)
          : ({ ok: false, reason: 'another token' } as const),
    };
    relay = createTestRelay({ tokens });
    const headers = jwt('a>>>b???c~~~');
    expect(authUrl(headers)).toContain('+');
    expect(new URL(authUrl(headers)).searchParams.get('header')).toContain(' ');
    await connect('c', headers);
    expect(await say('c', INIT)).toEqual([{ kind: 'connection_ack' }, { kind: 'ka' }]);
    expect(await say('c', start('1', requestData(QUERY), headers))).toEqual([{ kind: 'start_ack' }]);
  });

  test.each([
    ['a wrong key', apiKey('wrong')],
    ['a token where no issuer is configured', jwt('eyJhbGciOiJub25lIn0.e30.')],
    ['a signature of AWS', jwt('AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-3/appsync/aws4_request')],
  ])('with %s is refused by what it raises as TransportServerError', async (_, headers) => {
    expect(await connect('c', headers)).toMatchObject({ status: 200 });
    expect(await say('c', INIT)).toEqual([{ kind: 'TransportServerError' }]);
  });

  test.each([
    ['an unknown field', requestData('subscription { onCreateTodo { titel } }'), apiKey(KEY)],
    ['a syntax error', requestData('subscription {'), apiKey(KEY)],
    ['a query', requestData('{ getTodo(id: "a") { id } }'), apiKey(KEY)],
    ['a wrong key beside it', requestData(QUERY), apiKey('wrong')],
  ])(
    'a start with %s is a TransportQueryError of that query, and the transport lives on',
    async (_, data, beside) => {
      const headers = apiKey(KEY);
      await connect('c', headers);
      await say('c', INIT);
      await say('c', start('1', requestData(QUERY), headers));
      expect(await say('c', start('2', data, beside))).toEqual([
        {
          kind: 'TransportQueryError',
          id: 2,
          payload: {
            errors: [expect.objectContaining({ errorType: expect.any(String), message: expect.any(String) })],
          },
        },
      ]);
      expect(await deliver('c', 'a')).toEqual([expect.objectContaining({ kind: 'data', id: 1 })]);
    },
  );

  test('whatever it is sent, no frame is one it takes for a breach of the protocol', async () => {
    const headers = apiKey(KEY);
    await connect('c', headers);
    const frames = [
      INIT,
      INIT,
      start('1', requestData(QUERY), headers),
      start('1', requestData(QUERY), headers),
      start('2', 'nonsense', headers),
      stop('1'),
      stop('9'),
      '{"type": "connection_terminate"}',
      '{"type": "nonsense"}',
      'nonsense',
    ];
    for (const frame of frames) {
      for (const { kind } of await say('c', frame)) expect(kind).not.toBe('TransportProtocolError');
    }
  });
});
