import { randomBytes } from 'node:crypto';
import { request } from 'node:http';

/**
 * Asks for a WebSocket upgrade and drops the socket at once.
 * @returns the HTTP status (101 when the gateway let it in), or undefined when nothing answered in time
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-4.1
 */
export function probeUpgrade(port: number, apiKey: string, timeoutMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      path: '/',
      timeout: timeoutMs,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
        'x-api-key': apiKey,
      },
    });
    const end = (status: number | undefined) => {
      asked.destroy();
      resolve(status);
    };
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      end(response.statusCode);
    });
    asked.on('response', (response) => end(response.statusCode));
    asked.on('timeout', () => end(undefined));
    asked.on('error', () => end(undefined));
    asked.end();
  });
}
