import { GraphQLError } from 'graphql';
import { createHandler, parseRequestParams, type Response } from 'graphql-http';
import { httpCredentials } from '../../auth/credentials.ts';
import type { Authenticator, Presented } from '../../auth/identity.ts';
import { byteLength } from '../../protocol/limits.ts';
import type { Caller } from '../ports.ts';
import { corsHeaders, preflight } from './cors.ts';
import type { HttpRequest, HttpResponse, HttpSettings } from './exchange.ts';
import { withNamedDocument } from './named-document.ts';
import { answerOperation, type OperationParts } from './operation.ts';
import { CarriedError, PrintedError, problem, problemOfStatus } from './problems.ts';

/** What the HTTP API is made of. */
export interface HttpHandlerOptions extends OperationParts {
  readonly authenticator: Authenticator;
  readonly settings: HttpSettings;
}

/** Answers one request. Never rejects: a fault of ours is a 500, logged. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

interface Asked {
  readonly caller: Caller;
}

/**
 * GraphQL over HTTP for queries and mutations, with errors in AppSync's shape. Every request but a browser's preflight
 * needs a credential (`x-api-key` or `authorization`); every answer but that to a preflight has a JSON body.
 *
 * Statuses: 200 · 400 not a GraphQL request, and, for `Accept: application/graphql-response+json`, a document or
 * variables that do not fit · 401 · 405 another method, or a mutation by GET · 406 · 413 · 415 · 500 · 503 when a
 * credential cannot be checked.
 * @see https://graphql.github.io/graphql-over-http/draft/
 */
export function createHttpHandler(options: HttpHandlerOptions): HttpHandler {
  const { api, authenticator, logger, settings } = options;
  const graphql = createHandler<undefined, Asked>({
    schema: api.schema,
    onSubscribe: ({ method, context }, params) => answerOperation(options, method, params, context.caller),
    formatError,
    parseRequestParams(request) {
      refuseBatch(request.body);
      return parseRequestParams(withNamedDocument(request));
    },
  });

  /** AppSync's shape for each kind of error that `graphql-http` reports. */
  function formatError(error: Readonly<GraphQLError | Error>): PrintedError {
    if (error instanceof CarriedError) return new PrintedError(error.wire);
    if (error instanceof GraphQLError) return new PrintedError(api.formatError(error));
    return new PrintedError({ message: error.message, errorType: 'MalformedHttpRequestException' });
  }

  async function admitted(request: HttpRequest, headers: ReadonlyMap<string, string>): Promise<HttpResponse> {
    const size = request.body?.length ?? 0;
    if (size > settings.maxBodyBytes) {
      const message = `Body: expected at most ${settings.maxBodyBytes} bytes, got ${size}`;
      return problem(413, 'MalformedHttpRequestException', message);
    }
    let presented: Presented;
    try {
      presented = request.presented ?? (await authenticator.authenticate(httpCredentials(headers)));
    } catch (error) {
      logger.error({ event: 'http.authentication_unavailable', err: error });
      return problem(503, 'ServiceUnavailableException', 'The credential cannot be checked now; try again');
    }
    if (presented.kind !== 'identified') {
      const reason = presented.kind === 'refused' ? presented.reason : 'expected a credential, got none';
      const message = `You are not authorized to make this call: ${reason}`;
      logger.warn({ event: 'http.refused', reason });
      return problem(401, 'UnauthorizedException', message, { 'www-authenticate': 'Bearer' });
    }
    const { method, query, body } = request;
    const response = await graphql({
      method,
      url: `/graphql?${query}`,
      headers: { get: (name) => headers.get(name) ?? null },
      body: body ? textOf(body) : null,
      raw: undefined,
      context: { caller: { identity: presented.identity } },
    });
    return fitting(responseOf(response), settings.maxResponseBytes);
  }

  return async (request) => {
    const headers = headersOf(request.headers);
    const origin = headers.get('origin');
    if (request.method === 'OPTIONS') return preflight(origin, settings.corsOrigins);
    const response = await admitted(request, headers).catch((error: unknown) => {
      logger.error({ event: 'http.failed', err: error });
      return problem(500, 'InternalFailure', 'Internal error; try again');
    });
    const cors = corsHeaders(origin, settings.corsOrigins);
    return { ...response, headers: { ...cors, 'cache-control': 'no-store', ...response.headers } };
  };
}

/** Names in lower case; of a name that comes twice the last value. */
function headersOf(headers: HttpRequest['headers']): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  for (const [name, value] of headers) {
    if (value !== undefined) read.set(name.toLowerCase(), value);
  }
  // AWS's own examples for AppSync send JSON under this name.
  if (/^application\/graphql\s*(;|$)/i.test(read.get('content-type') ?? '')) {
    read.set('content-type', 'application/json');
  }
  return read;
}

function textOf(body: Uint8Array): () => string {
  return () => new TextDecoder('utf-8', { fatal: true }).decode(body);
}

/** A list is JSON, but no GraphQL request; without this it would be told that its query is missing. */
function refuseBatch(body: unknown): void {
  if (typeof body !== 'function') return;
  let text: unknown;
  try {
    text = body();
  } catch {
    return;
  }
  if (typeof text === 'string' && /^\s*\[/.test(text)) {
    throw new Error('Body: expected one operation, as a JSON object, got an array; send each by itself');
  }
}

function responseOf([body, { status, headers = {} }]: Response): HttpResponse {
  return body === null ? problemOfStatus(status, { ...headers }) : { status, headers: { ...headers }, body };
}

/** What API Gateway or Lambda would answer with a bare 500 is told in words. */
function fitting(response: HttpResponse, limit: number): HttpResponse {
  // Escaping at most sextuples a character, so that most answers need not be measured twice.
  if (response.body.length * 6 <= limit) return response;
  const bytes = byteLength(JSON.stringify(response.body));
  if (bytes <= limit) return response;
  return {
    ...response,
    body: JSON.stringify({
      data: null,
      errors: [
        {
          errorType: 'PayloadTooLarge',
          message: `Result: expected at most ${limit} bytes, got ${bytes}; ask for less, or by pages`,
          extensions: { code: 'PAYLOAD_TOO_LARGE' },
        },
      ],
    }),
  };
}
