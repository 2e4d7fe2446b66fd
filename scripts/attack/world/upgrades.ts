import type { AttackUpgrade } from './world.ts';

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value), 'utf8').toString('base64');
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
const GRAPHQL_WS = { 'sec-websocket-protocol': 'graphql-ws' };

/** Every way to open a socket without a good credential, with what it is called. */
export const BAD_UPGRADES: readonly (readonly [name: string, upgrade: AttackUpgrade])[] = [
  ['no subprotocol', {}],
  ['graphql-transport-ws', { headers: { 'sec-websocket-protocol': 'graphql-transport-ws' } }],
  ['graphql-ws', { headers: GRAPHQL_WS }],
  ['an empty AppSync header', { headers: GRAPHQL_WS, query: { header: base64({}), payload: 'e30=' } }],
  [
    'a wrong key in the AppSync header',
    { headers: GRAPHQL_WS, query: { header: base64({ 'x-api-key': 'wrong' }) } },
  ],
  [
    'a wrong token in a header subprotocol',
    {
      headers: { 'sec-websocket-protocol': `graphql-ws, header-${base64url({ Authorization: 'e30.e30.' })}` },
    },
  ],
  ['a header subprotocol that is none', { headers: { 'sec-websocket-protocol': 'graphql-ws, header-%%%' } }],
  ['a wrong key (401), and frames all the same', { headers: { 'x-api-key': 'wrong' } }],
  [
    'an unknown subprotocol (400), and frames all the same',
    { headers: { 'sec-websocket-protocol': 'mqtt' } },
  ],
];
