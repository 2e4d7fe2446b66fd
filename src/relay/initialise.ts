import { GraphQLError } from 'graphql';
import { initCredentials } from '../auth/credentials.ts';
import type { Identity } from '../auth/identity.ts';
import type { RelayContext } from './context.ts';
import type { Connection } from './ports.ts';
import type { Incoming } from './receive.ts';

type Params = ReadonlyMap<string, unknown>;

/**
 * `connection_init`: checks the credential it brings, asks the connect hook, and lets the connection in. A second one is
 * not answered (4429 would be to close, which is not ours to do here), and the first one stands.
 */
export async function initialise(
  context: RelayContext,
  { codec, connection, connectionId }: Incoming,
  params: Params,
): Promise<readonly (string | undefined)[]> {
  const presented = await context.authenticator.authenticate(initCredentials(params));
  const known = connection?.identity;
  const identity = presented.kind === 'identified' ? presented.identity : known;
  if (presented.kind === 'refused' || !identity) {
    const reason = presented.kind === 'refused' ? presented.reason : EXPECTED;
    context.logger.warn({ event: 'connection.refused', connectionId, reason });
    return [codec.refuse(`Unauthorized: ${reason}`, 4401)];
  }
  if (isExpired(context, identity)) return [codec.refuse('Token expired: present a fresh one', 4401)];
  if (connection?.initialised) return [];
  const refusal = connection && (await askHook(context, connection, identity, params));
  if (refusal) return [codec.refuse(refusal.message, refusal.code)];

  const outcome = await context.registry.initialise(connectionId, {
    // Without a subprotocol nothing has told it yet: both protocols that a client without one may speak begin alike.
    ...(connection?.dialect && { dialect: connection.dialect }),
    confirmSubscriptions: params.get('confirmSubscriptions') === true,
    strictOrdering: params.get('strictOrdering') === true,
    ...(identity.hash !== known?.hash && { identity }),
  });
  switch (outcome) {
    case 'initialised':
      return codec.ack({ connectionTimeoutMs: connectionTimeoutMs(context) });
    case 'repeated':
      return [];
    case 'unknown':
      return [
        codec.refuse(
          'Connection: expected one that is open, got one the relay does not know; connect again',
          4400,
        ),
      ];
    default:
      outcome satisfies never;
      return [];
  }
}

const EXPECTED = 'expected a valid API key as "x-api-key", or a token as "authorization", got none';

/** Missing one sign of life is no reason to give a connection up; missing two and a little is. */
function connectionTimeoutMs({ settings }: RelayContext): number {
  return settings.keepAliveSeconds * 2_000 + 60_000;
}

/** True once the credential an identity was proven by is no longer valid. */
export function isExpired({ clock }: RelayContext, identity: Identity): boolean {
  return identity.expiresAt !== undefined && identity.expiresAt * 1000 <= clock.now();
}

interface Refusal {
  readonly message: string;
  readonly code: 4403 | 4500;
}

/** What the hook stored is durable before anything can run that may read it. */
async function askHook(
  context: RelayContext,
  { id, closed }: Connection,
  identity: Identity,
  params: Params,
): Promise<Refusal | undefined> {
  const { connect } = context.hooks;
  if (!connect || closed) return undefined;
  const stored = new Map<string, unknown>();
  try {
    await connect({
      connectionId: id,
      identity,
      params,
      store: (name, value) => void stored.set(name, value),
    });
  } catch (error) {
    if (error instanceof GraphQLError) {
      context.logger.warn({ event: 'connection.refused', connectionId: id, reason: 'connect hook' });
      return { message: error.message, code: 4403 };
    }
    context.logger.error({ event: 'hook.failed', hook: 'connect', connectionId: id, err: error });
    return { message: 'Internal error; try again', code: 4500 };
  }
  if (stored.size === 0) return undefined;
  const { version } = await context.registry.readStore(id);
  await context.registry.updateStore(id, version, stored);
  return undefined;
}
