import { createConnector } from './connector.ts';
import { createDeadlines } from './deadlines.ts';
import type { Endpoint } from './endpoint.ts';
import type { Sender, SenderOptions, WireAnswer } from './sender.ts';
import { WirePost } from './wire-post.ts';
import { WireSockets } from './wire-sockets.ts';

/**
 * Sends with HTTP/1.1 of our own, on Node's sockets: no more is done for a request than to write it and to read its
 * answer (docs/transport.md says why). One request at a time on a socket, in one write.
 */
export function createWireSender(endpoint: Endpoint, options: SenderOptions): Sender {
  const sockets = new WireSockets(createConnector(endpoint, options), options);
  const deadlines = createDeadlines();
  return {
    send: (request) =>
      new Promise<WireAnswer>((resolve, reject) => {
        const post = new WirePost(request, deadlines, resolve, reject);
        deadlines.add(post);
        sockets.send(post);
      }),
    destroy: () => sockets.destroy(new Error('the transport was closed')),
  };
}
