import { apollo } from './apollo/codec.ts';
import type { DialectCodec } from './dialect.ts';
import { graphqlTransportWs } from './graphql-transport-ws/codec.ts';

/**
 * What is spoken with a client whose dialect nothing has told yet: graphql-transport-ws, whose acknowledgement and
 * refusal are the same bytes as those of `apollo`, as far as either dialect goes. It hears `stop` too, which may
 * overtake the `start` that tells the dialect, and sends no sign of life, which the older dialect's client would throw
 * on.
 */
export const undecided: DialectCodec = {
  ...graphqlTransportWs,
  parse: (frame, jsonDepth) => {
    const message = graphqlTransportWs.parse(frame, jsonDepth);
    if (message.type !== 'invalid') return message;
    const older = apollo.parse(frame, jsonDepth);
    return older.type === 'invalid' ? message : older;
  },
  keepAlive: () => undefined,
};
