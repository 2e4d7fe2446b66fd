/** Where the @connections of a stage are. */
export interface Endpoint {
  /** `https://host` or `http://host:port`: what sockets are shared by. */
  readonly origin: string;
  readonly secure: boolean;
  /** Name or address without brackets, as sockets take it. */
  readonly hostname: string;
  /** 443 and 80 by default. */
  readonly port: number;
  /** Value of the `host` header: with the port only where it is not the scheme's own. */
  readonly host: string;
  /** What precedes `/@connections`, such as `/prod`, without a slash at its end. */
  readonly basePath: string;
}

/**
 * Reads an endpoint; query and fragment are no part of one.
 * @throws TypeError when it is no http or https URL
 */
export function parseEndpoint(text: string): Endpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new TypeError(`Endpoint: expected an http or https URL, got ${JSON.stringify(text.slice(0, 100))}`);
  }
  const secure = url.protocol === 'https:';
  return {
    origin: url.origin,
    secure,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port) || (secure ? 443 : 80),
    host: url.host,
    basePath: url.pathname.replace(/\/$/, ''),
  };
}

/**
 * Path of a connection on the wire, encoded as the SDK does: all but RFC 3986's unreserved characters. The signature
 * covers it encoded once more (`@` as `%40`, `%3D` as `%253D`).
 * @throws URIError when the id is empty or holds half a surrogate pair
 * @see https://docs.aws.amazon.com/apigatewaymanagementapi/latest/api/API_PostToConnection.html
 */
export function connectionPath({ basePath }: Endpoint, connectionId: string): string {
  if (connectionId === '') throw new URIError('Connection id: expected some text, got none');
  const id = encodeURIComponent(connectionId).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${basePath}/@connections/${id}`;
}
