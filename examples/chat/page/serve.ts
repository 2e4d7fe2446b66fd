import { readFile } from 'node:fs/promises';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** Files of the page, by what stands behind `/chat/`. */
const FILES: ReadonlyMap<string, { readonly name: string; readonly type: string }> = new Map([
  ['', { name: 'index.html', type: 'text/html; charset=utf-8' }],
  ['style.css', { name: 'style.css', type: 'text/css; charset=utf-8' }],
  ['app.js', { name: 'app.js', type: 'text/javascript; charset=utf-8' }],
  ['view.js', { name: 'view.js', type: 'text/javascript; charset=utf-8' }],
  ['socket.js', { name: 'socket.js', type: 'text/javascript; charset=utf-8' }],
]);

/** Set by `serverless offline`, where HTTP and WebSocket are one origin. */
const IS_LOCAL = process.env['IS_OFFLINE'] === 'true';
/** The key of `tablecast start`. A deployed page asks for one: who may open it need not know any. */
const LOCAL_KEY = 'local-dev-key';

/** `/chat` of the HTTP API: the page and its files. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const file = FILES.get(event.pathParameters?.['file'] ?? '');
  if (!file) return { statusCode: 404, headers: { 'content-type': 'text/plain' }, body: 'Not found\n' };
  const webSocket = IS_LOCAL ? localWebSocket(event.headers['host']) : process.env['CHAT_WEBSOCKET_URL'];
  // Seen from the folder of serverless.yml, on Lambda and locally alike.
  const text = await readFile(`page/${file.name}`, 'utf8');
  const body = file.name.endsWith('.html') ? filledIn(text, webSocket ?? '') : text;
  return { statusCode: 200, headers: headersOf(file.type, webSocket ?? ''), body };
}

/** Not by name: what a browser calls this host is not to be trusted with more than being this machine. */
function localWebSocket(host = ''): string {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/.test(host) ? `ws://${host}/` : '';
}

function filledIn(html: string, webSocket: string): string {
  return html.replace('{{webSocket}}', webSocket).replace('{{apiKey}}', IS_LOCAL ? LOCAL_KEY : '');
}

/** The page may load its own files and talk to its own API, nothing else; no text can become markup. */
function headersOf(type: string, webSocket: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data:',
    `connect-src ${webSocket === '' ? "'none'" : new URL(webSocket).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    'content-type': type,
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  };
}
