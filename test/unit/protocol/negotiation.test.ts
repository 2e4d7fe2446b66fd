import { expect, test } from '@jest/globals';
import { negotiate } from '../../../src/protocol/negotiation.ts';

test.each([
  [undefined, { kind: 'none' }],
  ['', { kind: 'none' }],
  [' , ', { kind: 'none' }],
  ['graphql-transport-ws', { kind: 'agreed', dialect: 'graphql-transport-ws' }],
  ['mqtt,graphql-transport-ws', { kind: 'agreed', dialect: 'graphql-transport-ws' }],
  ['mqtt, graphql-transport-ws ', { kind: 'agreed', dialect: 'graphql-transport-ws' }],
  ['mqtt', { kind: 'unsupported', offered: ['mqtt'] }],
  ['GraphQL-Transport-WS', { kind: 'unsupported', offered: ['GraphQL-Transport-WS'] }],
  ['__proto__, constructor', { kind: 'unsupported', offered: ['__proto__', 'constructor'] }],
])('Sec-WebSocket-Protocol %j is answered with %j', (header, expected) => {
  expect(negotiate(header)).toEqual(expected);
});
