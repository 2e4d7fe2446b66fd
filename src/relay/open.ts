import { named, upgradeCredentials } from '../auth/credentials.ts';
import { gatewayPresented } from '../auth/gateway.ts';
import type { Presented } from '../auth/identity.ts';
import { ANY_ORIGIN, isOriginAllowed } from '../auth/origins.ts';
import { TablecastError } from '../errors.ts';
import { credentialHeader } from '../protocol/appsync/header.ts';
import { negotiate, SUBPROTOCOLS } from '../protocol/negotiation.ts';
import { CONNECTION_LAG_SECONDS, type ConnectContext, DEFAULT_SETTINGS } from './context.ts';

/** A WebSocket upgrade as `$connect` sees it. */
export interface Upgrade {
  readonly connectionId: string;
  readonly stage: string;
  /** Epoch ms. */
  readonly connectedAt: number;
  readonly headers: ReadonlyMap<string, string | undefined>;
  readonly query: ReadonlyMap<string, string | undefined>;
  /** Every `Origin` header. */
  readonly origins?: readonly string[];
  /** `requestContext` of the event, in which API Gateway's authorisers say who it is. */
  readonly requestContext?: unknown;
}

/** 403 is for pages of another origin. */
export type OpenOutcome =
  | { readonly status: 200; readonly subprotocol?: string }
  | { readonly status: 400 | 401 | 403 | 503; readonly message: string };

/**
 * `$connect`: looks at the page it comes from, agrees on the subprotocol, checks a credential that came with the upgrade, records the connection.
 * Without one the connection opens, and stays mute until `connection_init` brings it. Resolves only once the rows are
 * durable, so that no frame can overtake them.
 *
 * Where an authoriser of API Gateway's has said who it is, that counts, and what the client presented is not looked at:
 * it is what that authoriser has judged. A signature in the query string is API Gateway's affair too.
 *
 * A wrong credential is refused with 401, but to AppSync's clients: they try again for ever on a refused upgrade, and
 * stop only on `connection_error`, so that theirs opens without an identity and its init is refused. While an issuer's
 * keys cannot be fetched nobody is refused for good: 503, and every client tries again.
 */
export async function open(context: ConnectContext, upgrade: Upgrade): Promise<OpenOutcome> {
  const { connectionId, headers, query } = upgrade;
  const { limits } = context.settings ?? DEFAULT_SETTINGS;
  const { origins = ANY_ORIGIN, gateway = { claims: [] } } = context.door ?? {};
  if (!isOriginAllowed(origins, upgrade.origins ?? [])) {
    context.logger.warn({ event: 'connection.refused', connectionId, reason: 'origin' });
    return { status: 403, message: 'Origin: expected one that may connect, got another or none' };
  }
  const negotiation = negotiate(named(headers, 'sec-websocket-protocol'), query);
  if (negotiation.kind === 'unsupported') {
    return {
      status: 400,
      message: `Sec-WebSocket-Protocol: expected ${SUBPROTOCOLS.join(' or ')}, got ${negotiation.offered.join(', ').slice(0, 200)}`,
    };
  }
  const { dialect, subprotocol } = negotiation;
  const isAppSync = dialect === 'appsync';
  const header = isAppSync ? credentialHeader(query, negotiation.offered, limits.jsonDepth) : undefined;
  const credentials = upgradeCredentials({
    headers,
    query,
    ...(header instanceof Map && { appsyncHeader: header }),
  });
  let presented: Presented;
  try {
    presented = gatewayPresented(upgrade.requestContext, gateway, context.clock.now());
    if (presented.kind === 'absent') presented = await context.authenticator.authenticate(credentials);
  } catch (error) {
    if (!(error instanceof TablecastError) || error.code !== 'AUTHENTICATION_UNAVAILABLE') throw error;
    context.logger.error({ event: 'authentication.unavailable', connectionId, err: error });
    return { status: 503, message: 'Authentication: the issuer of the token cannot be asked; try again' };
  }
  if (presented.kind === 'refused' || typeof header === 'string') {
    const reason = presented.kind === 'refused' ? presented.reason : header;
    context.logger.warn({ event: 'connection.refused', connectionId, reason });
    if (!isAppSync && presented.kind === 'refused') return { status: 401, message: presented.reason };
  }
  await context.registry.open({
    id: connectionId,
    stage: upgrade.stage,
    connectedAt: upgrade.connectedAt,
    expiresAt: Math.floor(upgrade.connectedAt / 1000) + limits.connectionSeconds + CONNECTION_LAG_SECONDS,
    ...(dialect && { dialect }),
    ...(presented.kind === 'identified' && { identity: presented.identity }),
  });
  context.logger.debug({ event: 'connection.opened', connectionId, dialect });
  return { status: 200, ...(subprotocol && { subprotocol }) };
}
