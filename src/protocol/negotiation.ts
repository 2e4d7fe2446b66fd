import type { Dialect, DialectCodec } from './dialect.ts';
import { graphqlTransportWs } from './graphql-transport-ws/codec.ts';

const CODECS: ReadonlyMap<string, DialectCodec> = new Map([[graphqlTransportWs.dialect, graphqlTransportWs]]);

/** Names of the subprotocols that are understood. */
export const SUBPROTOCOLS: readonly string[] = [...CODECS.keys()];

/** The codec of a dialect; without one (a client that offered no subprotocol) the first message's dialect. */
export function codecOf(dialect: Dialect | undefined): DialectCodec {
  return (dialect && CODECS.get(dialect)) ?? graphqlTransportWs;
}

/**
 * What to answer to `Sec-WebSocket-Protocol`.
 * - `none`: nothing was offered, so nothing may be returned (`ws` clients abort on an unasked subprotocol).
 * - `agreed`: the first supported one in the client's own order, which is also what serverless-offline echoes.
 * - `unsupported`: refuse the upgrade.
 */
export type Negotiation =
  | { readonly kind: 'none' }
  | { readonly kind: 'agreed'; readonly dialect: Dialect }
  | { readonly kind: 'unsupported'; readonly offered: readonly string[] };

/** @param header value of `Sec-WebSocket-Protocol`: names parted by commas, with or without spaces. */
export function negotiate(header: string | undefined): Negotiation {
  const offered = (header ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (offered.length === 0) return { kind: 'none' };
  for (const name of offered) {
    const codec = CODECS.get(name);
    if (codec) return { kind: 'agreed', dialect: codec.dialect };
  }
  return { kind: 'unsupported', offered };
}
