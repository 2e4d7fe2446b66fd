import { type Endpoint, parseEndpoint } from './endpoint.ts';
import type { LeanTransportOptions } from './lean-transport.ts';
import type { Sender } from './sender.ts';
import { createSigner, type Signer } from './signer.ts';
import { createWireSender } from './wire-sender.ts';

/** A stage's endpoint, and what requests to it are signed and sent with. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly signer: Signer;
  readonly sender: Sender;
}

export interface Routes {
  /** @throws TypeError when the stage's endpoint is no URL · whatever `endpointFor` throws */
  of(stage: string): Route;
  /** Closes the sockets of all. */
  destroy(): void;
}

/** One route a stage, worked out once; those of one origin share their sockets. */
export function createRoutes(options: LeanTransportOptions): Routes {
  const { endpointFor, region, createSender = createWireSender, ca } = options;
  const { maxSockets = 128, connectionTimeoutMs = 1_000, idleSocketMs = 9_000 } = options;
  const settings = { maxSockets, connectionTimeoutMs, idleSocketMs, ...(ca !== undefined && { ca }) };
  const routes = new Map<string, Route>();
  const senders = new Map<string, Sender>();

  const senderTo = (endpoint: Endpoint) => {
    const sender = senders.get(endpoint.origin) ?? createSender(endpoint, settings);
    senders.set(endpoint.origin, sender);
    return sender;
  };
  return {
    of(stage) {
      const known = routes.get(stage);
      if (known) return known;
      const endpoint = parseEndpoint(endpointFor(stage));
      const route = { endpoint, signer: createSigner(region, endpoint.host), sender: senderTo(endpoint) };
      routes.set(stage, route);
      return route;
    },
    destroy() {
      for (const sender of senders.values()) sender.destroy();
      senders.clear();
      routes.clear();
    },
  };
}
