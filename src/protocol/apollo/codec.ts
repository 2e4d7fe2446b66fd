import type { DialectCodec } from '../dialect.ts';
import { parse } from './parse.ts';
import { ack, complete, error, payload, refuse } from './print.ts';

/** The older dialect of subprotocol `graphql-ws`: subscriptions-transport-ws, and clients written for its servers. */
export const apollo: DialectCodec = {
  dialect: 'apollo',
  subprotocol: 'graphql-ws',
  parse,
  ack,
  // The protocol has no ping, and the client throws on any type it does not know, `start_ack` and `pong` included.
  pong: () => undefined,
  started: () => undefined,
  keepAlive: () => undefined,
  payload,
  error,
  complete,
  // As the reference server answers, whose client takes no notice; gql waits for it, up to 10 s, before it closes.
  completed: complete,
  // As the reference server has it: after a reconnect the client starts every operation again under its old id.
  duplicateId: 'replace',
  runsQueries: true,
  refuse,
};
