import type { Transport } from '../../relay/ports.ts';

/** A {@link Transport} that holds sockets. */
export interface ApiGatewayTransport extends Transport {
  /** Closes every idle socket; the transport is not to be used after. */
  destroy(): void;
}
