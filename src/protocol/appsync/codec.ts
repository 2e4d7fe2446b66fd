import type { DialectCodec } from '../dialect.ts';
import { parse } from './parse.ts';
import { ack, complete, error, keepAlive, payload, refuse, started } from './print.ts';

/** AppSync's realtime protocol: Amplify, aws-appsync-subscription-link, and gql's AppSyncWebsocketsTransport. */
export const appsync: DialectCodec = {
  dialect: 'appsync',
  subprotocol: 'graphql-ws',
  parse,
  ack,
  pong: () => undefined,
  started,
  keepAlive,
  payload,
  error,
  complete,
  // gql waits for it, up to 10 s, before it closes.
  completed: complete,
  duplicateId: 'error',
  runsQueries: false,
  refuse,
};
