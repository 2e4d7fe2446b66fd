import { randomBytes } from 'node:crypto';
import { request } from 'node:http';

/**
 * What came of a try to connect: the dialect's acknowledgement, the gateway's word that the handler of frames failed, an
 * HTTP status, or nothing in time.
 */
export type ProbeOutcome =
  | 'acknowledged'
  | 'unacknowledged'
  | 'an internal server error'
  | 'no answer'
  | `HTTP ${number}`;

/** What the gateway sends in the stead of an answer when a handler throws, or cannot be loaded. */
const FRAME_FAILED = '"Internal server error"';

/** What a try to connect says of itself. */
export interface ProbeClient {
  readonly apiKey: string;
  /** The page it claims to come from: where origins are listed, one without any is refused. */
  readonly origin: string;
}

/**
 * Opens a WebSocket as a page without subprotocol does, sends `connection_init`, waits for `connection_ack` and
 * drops the socket: the handlers behind all three routes ran then.
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-4.1
 */
export function probeGateway(port: number, client: ProbeClient, timeoutMs: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      path: '/',
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
        'x-api-key': client.apiKey,
        origin: client.origin,
      },
    });
    let outcome: ProbeOutcome = 'no answer';
    const end = (came = outcome) => {
      clearTimeout(timer);
      asked.destroy();
      resolve(came);
    };
    const timer = setTimeout(end, timeoutMs);
    asked.on('upgrade', (_response, socket, head) => {
      outcome = 'unacknowledged';
      let received = '';
      const read = (chunk: Buffer) => {
        received += chunk.toString('latin1');
        const isFailed = received.includes(FRAME_FAILED);
        if (!isFailed && !received.includes('"connection_ack"')) return;
        // Ended, not destroyed: the gateway is to see a connection that closes.
        socket.end();
        end(isFailed ? 'an internal server error' : 'acknowledged');
      };
      socket.on('data', read);
      socket.on('error', () => end());
      socket.on('close', () => end());
      read(head);
      socket.write(maskedText('{"type":"connection_init"}'));
    });
    asked.on('response', (response) => end(`HTTP ${response.statusCode ?? 0}`));
    asked.on('error', () => end());
    asked.end();
  });
}

/** One text frame of a client, of at most 125 bytes. @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text, 'utf8');
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked]);
}
