import type { HttpResponse, HttpSettings } from './exchange.ts';

/** What the AppSync, Amplify and Apollo clients send from a page. */
const ALLOWED_HEADERS = [
  'accept',
  'authorization',
  'content-type',
  'x-api-key',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-user-agent',
  'x-amzn-requestid',
  'x-amzn-trace-id',
  'apollographql-client-name',
  'apollographql-client-version',
];

const EXPOSED_HEADERS = ['x-amzn-requestid', 'x-amzn-errortype', 'allow'];

/** How long a browser need not ask again, seconds: two hours, the most that Chromium heeds. */
const PREFLIGHT_SECONDS = 7_200;

/**
 * What makes an answer readable by the page that asked. Credentials are headers that the page itself sets, never
 * cookies, so `access-control-allow-credentials` is not sent.
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function corsHeaders(
  origin: string | undefined,
  allowed: HttpSettings['corsOrigins'],
): Readonly<Record<string, string>> {
  const exposed = { 'access-control-expose-headers': EXPOSED_HEADERS.join(', ') };
  if (allowed === '*') return { 'access-control-allow-origin': '*', ...exposed };
  // A cache is not to give one origin's answer to another, also where the answer is a refusal.
  const vary = { vary: 'Origin' };
  if (origin === undefined || !allowed.includes(origin)) return vary;
  return { 'access-control-allow-origin': origin, ...vary, ...exposed };
}

/** Answers OPTIONS, which a browser sends without credentials before a request that is not simple. */
export function preflight(
  origin: string | undefined,
  allowed: HttpSettings['corsOrigins'],
): Pick<HttpResponse, 'status' | 'headers' | 'body'> {
  return {
    status: 204,
    headers: {
      ...corsHeaders(origin, allowed),
      allow: 'GET, POST, OPTIONS',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': ALLOWED_HEADERS.join(', '),
      'access-control-max-age': String(PREFLIGHT_SECONDS),
    },
    body: '',
  };
}
