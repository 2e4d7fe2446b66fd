import { apollo } from './apollo/codec.ts';
import { appsync } from './appsync/codec.ts';
import { HEADER_PARAMETER, HEADER_PREFIX } from './appsync/header.ts';
import type { Dialect, DialectCodec } from './dialect.ts';
import { isInvalid, readFrame } from './frame.ts';
import { graphqlTransportWs } from './graphql-transport-ws/codec.ts';
import { namedDocument } from './named-document.ts';
import { undecided } from './undecided.ts';

type Subprotocol = DialectCodec['subprotocol'];

const CODECS: ReadonlyMap<Dialect, DialectCodec> = new Map(
  [graphqlTransportWs, apollo, appsync].map((codec) => [codec.dialect, codec]),
);

/** Names of the subprotocols that are understood. */
export const SUBPROTOCOLS: readonly Subprotocol[] = ['graphql-transport-ws', 'graphql-ws'];

/** Without a subprotocol, or with `graphql-ws`, what a client is taken to speak until an operation tells. */
const ASSUMED = { none: graphqlTransportWs.dialect, 'graphql-ws': apollo.dialect } as const;

/** The codec of a dialect; without one, what can be said to a client that may speak either of two. */
export function codecOf(dialect: Dialect | undefined): DialectCodec {
  return (dialect && CODECS.get(dialect)) ?? undecided;
}

/** What an upgrade came to. */
export type Negotiation =
  | {
      readonly kind: 'agreed';
      /**
       * What to answer as `Sec-WebSocket-Protocol`. Absent when nothing was offered: then nothing may be returned, for
       * `ws` clients abort on an unasked subprotocol.
       */
      readonly subprotocol?: Subprotocol;
      /** Present when the upgrade alone decides it; else the first operation does (`dialectOfOperation`). */
      readonly dialect?: Dialect;
      /** What to take the client to speak until then; the same as `dialect` where that is known. */
      readonly assumed: Dialect;
      /** Every subprotocol that was offered, in the client's order. One may hold a credential: not for logs. */
      readonly offered: readonly string[];
    }
  /** Nothing that was offered is understood: refuse the upgrade. Credentials among the names are cut off. */
  | { readonly kind: 'unsupported'; readonly offered: readonly string[] };

/**
 * Agrees on a subprotocol: the first supported one in the client's own order, which is also what serverless-offline
 * echoes whatever is answered. AppSync's clients are known by their credential, in the query or among the subprotocols;
 * but one that offers `graphql-transport-ws` and not `graphql-ws` has said what it speaks, credential or not.
 * @param header value of `Sec-WebSocket-Protocol`: names parted by commas, with or without spaces
 * @param query parameters of the upgrade
 */
export function negotiate(
  header: string | undefined,
  query: ReadonlyMap<string, string | undefined> = new Map(),
): Negotiation {
  const offered = namesIn(header);
  const isAppSync =
    query.get(HEADER_PARAMETER) !== undefined || offered.some((name) => name.startsWith(HEADER_PREFIX));
  if (offered.length === 0) {
    return isAppSync
      ? { kind: 'agreed', dialect: 'appsync', assumed: 'appsync', offered }
      : { kind: 'agreed', assumed: ASSUMED.none, offered };
  }
  if (isAppSync && offered.includes(appsync.subprotocol)) {
    const { dialect, subprotocol } = appsync;
    return { kind: 'agreed', subprotocol, dialect, assumed: dialect, offered };
  }
  for (const name of offered) {
    if (name === 'graphql-transport-ws') {
      return { kind: 'agreed', subprotocol: name, dialect: name, assumed: name, offered };
    }
    if (name === 'graphql-ws') {
      return { kind: 'agreed', subprotocol: name, assumed: ASSUMED[name], offered };
    }
  }
  return { kind: 'unsupported', offered: offered.map(withoutCredential) };
}

function namesIn(header: string | undefined): readonly string[] {
  return (header ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Names of subprotocols are short; what is longer may be a token that another server would take from there. */
const LONGEST_NAME = 24;

function withoutCredential(name: string): string {
  if (name.startsWith(HEADER_PREFIX)) return `${HEADER_PREFIX}…`;
  return name.length > LONGEST_NAME ? `${name.slice(0, 4)}…` : name;
}

/**
 * The dialect that a frame alone gives away: the one that starts an operation does, in each dialect in its own way.
 * `undefined` for every other frame, and for what is no message at all. To be asked only of a connection whose upgrade
 * did not decide.
 * @param jsonDepth `Limits.jsonDepth`; its default without one
 */
export function dialectOfOperation(frame: string, jsonDepth?: number): Dialect | undefined {
  const message = readFrame(frame, jsonDepth);
  if (isInvalid(message)) return undefined;
  const type = message.get('type');
  if (type === 'subscribe') return 'graphql-transport-ws';
  const payload = message.get('payload');
  if (type !== 'start' || typeof payload !== 'object' || payload === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(payload));
  if (typeof fields.get('data') === 'string') return 'appsync';
  const names = namedDocument(fields.get('documentId'), fields.get('extensions')) !== undefined;
  return fields.has('query') || names ? 'apollo' : undefined;
}
