import { negotiate, SUBPROTOCOLS } from '../protocol/negotiation.ts';
import { CONNECTION_LIFE_SECONDS, type RelayContext } from './context.ts';
import { API_KEY_NAME, identify, named } from './credentials.ts';

/** A WebSocket upgrade as `$connect` sees it. */
export interface Upgrade {
  readonly connectionId: string;
  readonly stage: string;
  /** Epoch ms. */
  readonly connectedAt: number;
  readonly headers: ReadonlyMap<string, string | undefined>;
  readonly query: ReadonlyMap<string, string | undefined>;
}

export type OpenOutcome =
  | { readonly status: 200; readonly subprotocol?: string }
  | { readonly status: 400 | 401; readonly message: string };

/**
 * `$connect`: agrees on the subprotocol, checks a key that came with the upgrade (header or query parameter
 * `x-api-key`), records the connection. Without a key the connection opens, and stays mute until
 * `connection_init` brings one. Resolves only once the rows are durable, so that no frame can overtake them.
 */
export async function open(context: RelayContext, upgrade: Upgrade): Promise<OpenOutcome> {
  const negotiation = negotiate(named(upgrade.headers, 'sec-websocket-protocol'));
  if (negotiation.kind === 'unsupported') {
    return {
      status: 400,
      message: `Sec-WebSocket-Protocol: expected ${SUBPROTOCOLS.join(' or ')}, got ${negotiation.offered.join(', ').slice(0, 200)}`,
    };
  }
  const key = named(upgrade.headers, API_KEY_NAME) ?? named(upgrade.query, API_KEY_NAME);
  const presented = identify(context, key);
  if (presented.kind === 'refused') {
    context.logger.warn(
      { event: 'connection.refused', connectionId: upgrade.connectionId },
      'unknown API key',
    );
    return { status: 401, message: `${API_KEY_NAME}: expected a valid API key, got an unknown one` };
  }
  const dialect = negotiation.kind === 'agreed' ? negotiation.dialect : undefined;
  await context.registry.open({
    id: upgrade.connectionId,
    stage: upgrade.stage,
    connectedAt: upgrade.connectedAt,
    expiresAt: Math.floor(upgrade.connectedAt / 1000) + CONNECTION_LIFE_SECONDS,
    ...(dialect && { dialect }),
    ...(presented.kind === 'identified' && { identity: presented.identity }),
  });
  context.logger.debug({ event: 'connection.opened', connectionId: upgrade.connectionId, dialect });
  return { status: 200, ...(dialect && { subprotocol: dialect }) };
}
