import { Writable } from 'node:stream';
import { pino } from 'pino';
import {
  DEFAULT_HTTP_SETTINGS,
  type HttpResponse,
  type HttpSettings,
} from '../../../../src/api/http/exchange.ts';
import { createHttpHandler } from '../../../../src/api/http/handler.ts';
import { apiKeyHash, createApiKeys } from '../../../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../../../src/auth/authenticator.ts';
import type { Authenticator } from '../../../../src/auth/identity.ts';
import type { Hooks } from '../../../../src/project.ts';
import { createSmallApi, type SmallApi } from './small-api.ts';

export const KEY = 'a-key-nobody-else-knows';

export interface Ask {
  readonly method?: string;
  readonly query?: string;
  /** In place of the JSON content type and the key. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Text or bytes as they are; anything else as JSON. */
  readonly body?: unknown;
}

export interface Answer extends HttpResponse {
  /** The body, parsed. */
  readonly json: { readonly data?: unknown; readonly errors?: readonly Record<string, unknown>[] };
}

export interface TestHandler {
  readonly api: SmallApi;
  /** Everything logged so far. */
  logs(): string;
  ask(request?: Ask): Promise<Answer>;
}

export interface TestHandlerOptions {
  readonly hooks?: Hooks;
  readonly settings?: Partial<HttpSettings>;
  readonly authenticator?: Authenticator;
}

export const JSON_AND_KEY = { 'content-type': 'application/json', 'x-api-key': KEY };

/** The handler with the real judge of API keys, in front of a small API. */
export function createTestHandler(options: TestHandlerOptions = {}): TestHandler {
  const lines: string[] = [];
  const log = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const api = createSmallApi();
  const handler = createHttpHandler({
    api,
    authenticator:
      options.authenticator ??
      createAuthenticator({
        mode: 'required',
        apiKeys: createApiKeys([{ hash: apiKeyHash(KEY) }]),
        clock: Date,
      }),
    hooks: options.hooks ?? {},
    logger: pino({ level: 'trace' }, log),
    settings: { ...DEFAULT_HTTP_SETTINGS, ...options.settings },
  });
  return {
    api,
    logs: () => lines.join(''),
    async ask({ method = 'POST', query = '', headers = JSON_AND_KEY, body } = {}) {
      const response = await handler({
        method,
        query,
        headers: Object.entries(headers),
        ...(body !== undefined && { body: bytes(body) }),
      });
      return { ...response, json: response.body === '' ? {} : JSON.parse(response.body) };
    },
  };
}

function bytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
