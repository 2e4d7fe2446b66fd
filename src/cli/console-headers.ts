type Headers = Readonly<Record<string, string>>;

const COMMON: Headers = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/**
 * The page may load what this server serves and talk to the gateway, nothing else; no text can become markup
 * (https://www.w3.org/TR/CSP3/, https://www.w3.org/TR/trusted-types/).
 * @param ws URL of the gateway's WebSocket
 */
export function pageHeaders(ws: string): Headers {
  return withPolicy([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${new URL(ws).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]);
}

/**
 * GraphiQL may load what this server serves and talk to it, nothing else. Its editor makes style elements, carries its
 * icons and fonts as `data:`, and checks text in workers.
 * @param host what the browser calls this server, checked to be loopback: not every browser takes `'self'` to mean
 * WebSockets too
 */
export function graphiqlHeaders(host: string): Headers {
  return withPolicy([
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    `connect-src 'self' ws://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]);
}

function withPolicy(policy: readonly string[]): Headers {
  return { 'Content-Security-Policy': policy.join('; '), ...COMMON };
}
