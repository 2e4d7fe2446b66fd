import type { DialectCodec } from '../dialect.ts';
import { parse } from './parse.ts';
import { ack, complete, error, payload, pong, refuse } from './print.ts';

/** The dialect of `graphql-ws` clients: Apollo Client, urql, Relay and others. */
export const graphqlTransportWs: DialectCodec = {
  dialect: 'graphql-transport-ws',
  parse,
  ack,
  pong,
  payload,
  error,
  complete,
  refuse,
};
