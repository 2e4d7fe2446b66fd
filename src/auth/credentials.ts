import type { Credentials } from './identity.ts';

/** Where an API key stands: a header, a query parameter, or a key of a payload. */
export const API_KEY_NAME = 'x-api-key';
/** Where a token stands, in the same places. */
export const TOKEN_NAME = 'authorization';

type Entries<T> = Iterable<readonly [string, T]>;
type Text = string | undefined;

/** What came with a WebSocket upgrade. Names may be in any case. */
export interface UpgradePlaces {
  readonly headers: Entries<Text>;
  readonly query: Entries<Text>;
  /** AppSync's decoded header object, from the query parameter `header` or the subprotocol `header-…`. */
  readonly appsyncHeader?: Entries<unknown>;
}

/**
 * Credentials of a WebSocket upgrade. AppSync's header object comes before a header, a header before a query parameter
 * (`x-api-key`; `authorization` or `token`).
 */
export function upgradeCredentials({ headers, query, appsyncHeader = [] }: UpgradePlaces): Credentials {
  return credentials(
    [appsyncHeader, headers, query].map((place) => named<unknown>(place, API_KEY_NAME)),
    [
      ...[appsyncHeader, headers, query].map((place) => named<unknown>(place, TOKEN_NAME)),
      named(query, 'token'),
    ],
  );
}

/** Credentials in the payload of `connection_init`: `x-api-key`; `authorization` or `token`. */
export function initCredentials(payload: Entries<unknown>): Credentials {
  return credentials([named(payload, API_KEY_NAME)], [named(payload, TOKEN_NAME), named(payload, 'token')]);
}

/** Credentials in `extensions.authorization` of one `start`, as AppSync's clients send it. */
export function authorizationCredentials(authorization: Entries<unknown>): Credentials {
  return credentials([named(authorization, API_KEY_NAME)], [named(authorization, TOKEN_NAME)]);
}

/** Credentials of an HTTP request: the headers `x-api-key` and `authorization`, and nothing that a URL could leak. */
export function httpCredentials(headers: Entries<Text>): Credentials {
  return credentials([named(headers, API_KEY_NAME)], [named(headers, TOKEN_NAME)]);
}

/**
 * Value of a name in any case: header and parameter names differ in case from client to client. Of several the first
 * that is there counts.
 * @param name lower-case
 */
export function named<T>(entries: Entries<T>, name: string): T | undefined {
  for (const [key, value] of entries) if (value !== undefined && key.toLowerCase() === name) return value;
  return undefined;
}

/** The first of each kind that is there. */
function credentials(apiKeys: readonly unknown[], tokens: readonly unknown[]): Credentials {
  const apiKey = apiKeys.find((value) => value !== undefined);
  const token = tokens.find((value) => value !== undefined);
  return { ...(apiKey !== undefined && { apiKey }), ...(token !== undefined && { token }) };
}
