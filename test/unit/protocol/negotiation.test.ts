import { describe, expect, test } from '@jest/globals';
import { codecOf, dialectOfOperation, negotiate } from '../../../src/protocol/negotiation.ts';

const TRANSPORT = 'graphql-transport-ws';
const HEADER = 'header-eyJob3N0IjoiaCJ9';
const credential = new Map([
  ['header', 'eyJob3N0IjoiaCJ9'],
  ['payload', 'e30='],
]);

describe('what is offered, and what is spoken', () => {
  test.each<[string | undefined, object]>([
    [undefined, { assumed: TRANSPORT, offered: [] }],
    ['', { assumed: TRANSPORT, offered: [] }],
    [' , ', { assumed: TRANSPORT, offered: [] }],
    [TRANSPORT, { subprotocol: TRANSPORT, dialect: TRANSPORT, assumed: TRANSPORT, offered: [TRANSPORT] }],
    [
      `mqtt, ${TRANSPORT} `,
      { subprotocol: TRANSPORT, dialect: TRANSPORT, assumed: TRANSPORT, offered: ['mqtt', TRANSPORT] },
    ],
    ['graphql-ws', { subprotocol: 'graphql-ws', assumed: 'apollo', offered: ['graphql-ws'] }],
    [
      `graphql-ws, ${TRANSPORT}`,
      { subprotocol: 'graphql-ws', assumed: 'apollo', offered: ['graphql-ws', TRANSPORT] },
    ],
    [
      `${TRANSPORT},graphql-ws`,
      { subprotocol: TRANSPORT, dialect: TRANSPORT, assumed: TRANSPORT, offered: [TRANSPORT, 'graphql-ws'] },
    ],
    [
      `graphql-ws,${HEADER}`,
      { subprotocol: 'graphql-ws', dialect: 'appsync', assumed: 'appsync', offered: ['graphql-ws', HEADER] },
    ],
    [
      `${HEADER}, graphql-ws`,
      { subprotocol: 'graphql-ws', dialect: 'appsync', assumed: 'appsync', offered: [HEADER, 'graphql-ws'] },
    ],
    [
      `${HEADER}, ${TRANSPORT}`,
      { subprotocol: TRANSPORT, dialect: TRANSPORT, assumed: TRANSPORT, offered: [HEADER, TRANSPORT] },
    ],
  ])('Sec-WebSocket-Protocol %j', (header, expected) => {
    expect(negotiate(header, new Map())).toEqual({ kind: 'agreed', ...expected });
  });

  test.each<[string | undefined, object]>([
    [undefined, { dialect: 'appsync', assumed: 'appsync', offered: [] }],
    [
      'graphql-ws',
      { subprotocol: 'graphql-ws', dialect: 'appsync', assumed: 'appsync', offered: ['graphql-ws'] },
    ],
    [
      `${TRANSPORT}, graphql-ws`,
      {
        subprotocol: 'graphql-ws',
        dialect: 'appsync',
        assumed: 'appsync',
        offered: [TRANSPORT, 'graphql-ws'],
      },
    ],
    [TRANSPORT, { subprotocol: TRANSPORT, dialect: TRANSPORT, assumed: TRANSPORT, offered: [TRANSPORT] }],
  ])('Sec-WebSocket-Protocol %j with ?header= in the query', (header, expected) => {
    expect(negotiate(header, credential)).toEqual({ kind: 'agreed', ...expected });
  });

  test('a query parameter of another name, or one without a value, decides nothing', () => {
    const query = new Map([
      ['headers', 'x'],
      ['header', undefined],
    ]);
    expect(negotiate('graphql-ws', query)).toEqual({
      kind: 'agreed',
      subprotocol: 'graphql-ws',
      assumed: 'apollo',
      offered: ['graphql-ws'],
    });
  });

  test.each([
    ['mqtt', ['mqtt']],
    ['GraphQL-Transport-WS', ['GraphQL-Transport-WS']],
    ['__proto__, constructor', ['__proto__', 'constructor']],
    [HEADER, ['header-…']],
    [`mqtt,${HEADER}`, ['mqtt', 'header-…']],
    ['bearer, eyJhbGciOiJSUzI1NiJ9.e30.c2ln', ['bearer', 'eyJh…']],
    ['base64url.bearer.authorization.k8s.io.c2VjcmV0', ['base…']],
  ])('Sec-WebSocket-Protocol %j is refused, and no credential is among the names told', (header, offered) => {
    expect(negotiate(header, new Map())).toEqual({ kind: 'unsupported', offered });
    expect(negotiate(header, credential)).toEqual({ kind: 'unsupported', offered });
  });
});

describe('the first operation tells the dialect', () => {
  test.each<[string, string | undefined]>([
    ['{"type":"subscribe","id":"1","payload":{"query":"q"}}', TRANSPORT],
    ['{"type":"subscribe"}', TRANSPORT],
    ['{"type":"start","id":"1","payload":{"query":"q"}}', 'apollo'],
    ['{"type":"start","id":"1","payload":{"documentId":"d"}}', 'apollo'],
    ['{"type":"start","id":"1","payload":{"extensions":{"persistedQuery":{"sha256Hash":"d"}}}}', 'apollo'],
    ['{"type":"start","id":"1","payload":{"extensions":{"persistedQuery":{}},"documentId":7}}', undefined],
    ['{"type":"start","id":"1","payload":{"query":7}}', 'apollo'],
    ['{"type":"start","id":"1","payload":{"data":"{}"}}', 'appsync'],
    ['{"type":"start","id":"1","payload":{"query":"q","data":"{}"}}', 'appsync'],
    ['{"type":"start","id":"1","payload":{"data":{}}}', undefined],
    ['{"type":"start","id":"1","payload":null}', undefined],
    ['{"type":"start","id":"1","payload":"query"}', undefined],
    ['{"type":"start","id":"1"}', undefined],
    ['{"type":"start","payload":{"__proto__":{"data":"{}"}}}', undefined],
    ['{"__proto__":{"type":"subscribe"}}', undefined],
    ['{"type":"connection_init"}', undefined],
    ['{"type":"stop","id":"1"}', undefined],
    ['{"type":"complete","id":"1"}', undefined],
    ['nonsense', undefined],
    ['[]', undefined],
    ['', undefined],
  ])('%s', (frame, dialect) => {
    expect(dialectOfOperation(frame)).toBe(dialect);
  });
});

test('each dialect has its codec', () => {
  for (const dialect of ['graphql-transport-ws', 'apollo', 'appsync'] as const) {
    expect(codecOf(dialect).dialect).toBe(dialect);
  }
});

describe('while nothing has told the dialect', () => {
  const [undecided, transport, apollo] = [
    codecOf(undefined),
    codecOf('graphql-transport-ws'),
    codecOf('apollo'),
  ];

  test('what is said is the same in the two that may be assumed', () => {
    const facts = { connectionTimeoutMs: 1 };
    for (const codec of [transport, apollo]) {
      expect(undecided.ack(facts)).toEqual(codec.ack(facts));
      expect(undecided.refuse('no', 4401)).toBe(codec.refuse('no', 4401));
    }
  });

  test('no sign of life is sent, for there is none that is harmless to both', () => {
    expect(undecided.keepAlive()).toBeUndefined();
  });

  test.each<[string, object]>([
    ['{"type":"connection_init","payload":""}', { type: 'init', payload: new Map() }],
    ['{"type":"ping"}', { type: 'ping' }],
    ['{"type":"complete","id":"1"}', { type: 'complete', id: '1' }],
    ['{"type":"stop","id":"1"}', { type: 'complete', id: '1' }],
    ['{"type":"connection_terminate","payload":null}', { type: 'terminate' }],
  ])('%s is heard', (frame, message) => {
    expect(undecided.parse(frame)).toEqual(message);
  });

  test.each(['{"type":"start","id":"1"}', '{"type":"ka"}', '{"type":"stop","id":7}', 'nonsense'])(
    '%s is refused as graphql-transport-ws refuses it',
    (frame) => {
      expect(undecided.parse(frame)).toEqual(transport.parse(frame));
      expect(undecided.parse(frame)).toMatchObject({ type: 'invalid' });
    },
  );
});
