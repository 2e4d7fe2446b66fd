import type { Dialect } from '../../../src/protocol/dialect.ts';
import { API_KEY } from './tokens.ts';

/** What a client sends, as the libraries that speak each dialect do; written without the relay's own codecs. */
export interface ClientDialect {
  readonly dialect: Dialect;
  readonly headers: ReadonlyMap<string, string>;
  query(token: string | undefined): ReadonlyMap<string, string>;
  init(token: string | undefined): string;
  subscribe(id: string, query: string, token: string | undefined): string;
  complete(id: string): string;
}

const credential = (token: string | undefined) =>
  token === undefined ? { 'x-api-key': API_KEY } : { authorization: token };
const init = (token: string | undefined) =>
  JSON.stringify({ type: 'connection_init', payload: credential(token) });
const withoutQuery = () => new Map<string, string>();

export const CLIENT_DIALECTS: readonly ClientDialect[] = [
  {
    dialect: 'graphql-transport-ws',
    headers: new Map([['Sec-WebSocket-Protocol', 'graphql-transport-ws']]),
    query: withoutQuery,
    init,
    subscribe: (id, query) =>
      JSON.stringify({ id, type: 'subscribe', payload: { query, extensions: { confirm: true } } }),
    complete: (id) => JSON.stringify({ id, type: 'complete' }),
  },
  {
    dialect: 'apollo',
    headers: new Map([['Sec-WebSocket-Protocol', 'graphql-ws']]),
    query: withoutQuery,
    init,
    subscribe: (id, query) =>
      JSON.stringify({ id, type: 'start', payload: { query, extensions: { confirm: true } } }),
    complete: (id) => JSON.stringify({ id, type: 'stop' }),
  },
  {
    dialect: 'appsync',
    headers: new Map([['Sec-WebSocket-Protocol', 'graphql-ws']]),
    query: (token) => {
      const header = JSON.stringify({ host: 'simulated', ...credential(token) });
      return new Map([
        ['header', Buffer.from(header, 'utf8').toString('base64')],
        ['payload', 'e30='],
      ]);
    },
    init: () => JSON.stringify({ type: 'connection_init' }),
    subscribe: (id, query, token) =>
      JSON.stringify({
        id,
        type: 'start',
        payload: {
          data: JSON.stringify({ query, variables: {} }),
          extensions: { authorization: { host: 'simulated', ...credential(token) } },
        },
      }),
    complete: (id) => JSON.stringify({ id, type: 'stop' }),
  },
];

/** One frame from the relay, as far as it concerns subscriptions. */
export type Reading =
  | { readonly kind: 'ack'; readonly id: string }
  | {
      readonly kind: 'payload';
      readonly id: string;
      readonly data: string;
      readonly eventId: string;
      readonly extensions: ReadonlyMap<string, unknown>;
      readonly errors: boolean;
    }
  | { readonly kind: 'over'; readonly id: string; readonly code: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'other'; readonly type: string };

type Fields = ReadonlyMap<string, unknown>;

/** Reads a frame of any of the three. */
export function read(text: string): Reading {
  const frame = fields(JSON.parse(text));
  const type = String(frame.get('type'));
  const id = String(frame.get('id'));
  const payload = fields(frame.get('payload'));
  switch (type) {
    case 'start_ack':
      return { kind: 'ack', id };
    case 'next':
    case 'data': {
      const extensions = fields(payload.get('extensions'));
      if (extensions.get('subscribed') === true) return { kind: 'ack', id };
      return {
        kind: 'payload',
        id,
        data: JSON.stringify(payload.get('data')),
        eventId: String(extensions.get('eventId')),
        extensions,
        errors: payload.has('errors'),
      };
    }
    case 'error':
      return { kind: 'over', id, code: codeOf(frame.get('payload')) };
    case 'complete':
      return { kind: 'over', id, code: 'complete' };
    case 'connection_error':
      return { kind: 'refused' };
    default:
      return { kind: 'other', type };
  }
}

function fields(value: unknown): Fields {
  return new Map<string, unknown>(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}

/** An array of errors, an object with `errors`, or one error. */
function codeOf(payload: unknown): string {
  const errors = fields(payload).get('errors');
  const [first] = Array.isArray(payload) ? payload : Array.isArray(errors) ? errors : [payload];
  return String(fields(fields(first).get('extensions')).get('code'));
}
