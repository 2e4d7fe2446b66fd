import type { DialectCodec } from '../dialect.ts';
import { parse } from './parse.ts';
import { ack, complete, error, payload, pong, refuse } from './print.ts';

/** The dialect of `graphql-ws` clients: Apollo Client, urql, Relay and others. */
export const graphqlTransportWs: DialectCodec = {
  dialect: 'graphql-transport-ws',
  subprotocol: 'graphql-transport-ws',
  parse,
  ack,
  pong,
  // An unknown type is fatal to the client; who wants to know asks for a confirmation (PROTOCOL.md).
  started: () => undefined,
  keepAlive: pong,
  payload,
  error,
  complete,
  // A client that completes has forgotten the id; nothing is to follow.
  completed: () => undefined,
  duplicateId: 'refuse',
  runsQueries: true,
  refuse,
};
