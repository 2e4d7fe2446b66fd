import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import type { Endpoint } from './endpoint.ts';
import type { SenderOptions } from './sender.ts';

/** Makes connections to one origin. */
export interface Connector {
  /** Begins one; it is destroyed with an error when it takes longer than `connectionTimeoutMs`. */
  connect(): Socket;
  /** What a socket emits once it may be written to. */
  readonly opened: 'connect' | 'secureConnect';
}

/** How long a connection is silent before the kernel asks whether the peer is still there. */
const PROBE_AFTER_MS = 10_000;

/** Connections that send at once, and with TLS take up the session of the one before, which saves half a handshake. */
export function createConnector(
  endpoint: Endpoint,
  options: Pick<SenderOptions, 'connectionTimeoutMs' | 'ca'>,
): Connector {
  const { hostname: host, port, secure } = endpoint;
  const { connectionTimeoutMs, ca } = options;
  const opened = secure ? 'secureConnect' : 'connect';
  const limited = (socket: Socket) => {
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no connection within ${connectionTimeoutMs} ms`));
    }, connectionTimeoutMs);
    const stop = () => clearTimeout(timer);
    return socket.once(opened, stop).once('close', stop);
  };
  const tcp = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS };
  if (!secure) return { opened, connect: () => limited(connectTcp(tcp)) };
  // One for all: each would read the certificates anew.
  const secureContext = createSecureContext(ca === undefined ? {} : { ca });
  const tls = { ...tcp, secureContext, servername: isIP(host) ? '' : host, ALPNProtocols: ['http/1.1'] };
  let session: Buffer | undefined;
  return {
    opened,
    connect() {
      const socket = connectTls(session ? { ...tls, session } : tls);
      socket.on('session', (given) => {
        session = given;
      });
      socket.once('error', () => {
        session = undefined;
      });
      return limited(socket);
    },
  };
}
