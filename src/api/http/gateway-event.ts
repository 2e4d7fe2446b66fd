import { type GatewaySettings, gatewayPresented } from '../../auth/gateway.ts';
import type { HttpRequest, HttpResponse } from './exchange.ts';

/**
 * What is read of an event of API Gateway's HTTP API, payload format 2.0.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export interface HttpApiEvent {
  readonly rawQueryString?: string;
  /** Values of a header that came more than once are joined by commas. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly requestContext: { readonly http: { readonly method: string }; readonly authorizer?: unknown };
}

/** What is returned to it. */
export interface HttpApiResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * Cookies are not read: no credential of ours is in one.
 * @param gateway what is believed of API Gateway; by default nothing
 * @param now epoch ms
 */
export function requestOf(
  { headers, rawQueryString, body, ...event }: HttpApiEvent,
  gateway: GatewaySettings = { claims: [] },
  now: number = Date.now(),
): HttpRequest {
  const presented = gatewayPresented(event.requestContext, gateway, now);
  return {
    ...(presented.kind !== 'absent' && { presented }),
    method: event.requestContext.http.method.toUpperCase(),
    query: rawQueryString ?? '',
    headers: Object.entries(headers ?? {}),
    ...(body && { body: Buffer.from(body, event.isBase64Encoded ? 'base64' : 'utf8') }),
  };
}

/** The answer as API Gateway takes it from a function. */
export function resultOf({ status, headers, body }: HttpResponse): HttpApiResult {
  return { statusCode: status, headers: { ...headers }, body };
}
