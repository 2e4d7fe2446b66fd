import { GraphQLError } from 'graphql';
import { initCredentials } from '../auth/credentials.ts';
import { type Identity, readerKey } from '../auth/identity.ts';
import type { RelayContext } from './context.ts';
import type { Connection } from './ports.ts';
import type { Incoming } from './receive.ts';
import { checkStore } from './store.ts';

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
    const reason =
      presented.kind === 'refused'
        ? presented.reason
        : connection?.dialect === 'appsync'
          ? EXPECTED_OF_APPSYNC
          : EXPECTED;
    context.logger.warn({ event: 'connection.refused', connectionId, reason });
    return [codec.refuse(`Unauthorized: ${reason}`, 4401)];
  }
  if (isExpired(context, identity)) return [codec.refuse('Token expired: present a fresh one', 4401)];
  if (connection?.initialised) return [];
  const asked = connection && (await askHook(context, connection, identity, params));
  if (asked === 'repeated') return [];
  if (asked) return [codec.refuse(asked.message, asked.code)];

  const outcome = await context.registry.initialise(connectionId, {
    // Without a subprotocol nothing has told it yet: both protocols that a client without one may speak begin alike.
    ...(connection?.dialect && { dialect: connection.dialect }),
    confirmSubscriptions: params.get('confirmSubscriptions') === true,
    strictOrdering: params.get('strictOrdering') === true,
    ...(!isSame(identity, known) && { identity }),
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

/** A credential that came with the upgrade and was refused is told of here alone; what it was is not kept. */
const EXPECTED_OF_APPSYNC =
  'expected a valid API key or token with the upgrade, got none that is valid; an AWS signature (IAM mode) is none: ' +
  'use an API key, a token, or a URL signed for the IAM authoriser (docs/authentication.md, "AWS signatures")';

/** Missing one sign of life is no reason to give a connection up; missing two and a little is. */
function connectionTimeoutMs({ settings }: RelayContext): number {
  return settings.keepAliveSeconds * 2_000 + 60_000;
}

/** True once the credential an identity was proven by is no longer valid. */
export function isExpired({ clock }: RelayContext, identity: Identity): boolean {
  return identity.expiresAt !== undefined && identity.expiresAt * 1000 <= clock.now();
}

/** Two tokens of one subject may still differ in what they claim, and in when they expire. */
function isSame(identity: Identity, known: Identity | undefined): boolean {
  return known?.expiresAt === identity.expiresAt && readerKey(identity) === (known && readerKey(known));
}

interface Refusal {
  readonly message: string;
  readonly code: 4403 | 4500;
}

/**
 * What the hook stored is durable before anything can run that may read it, and it is that of the very init that will be
 * accepted: of two at once the first to write the store goes on, whatever the hook stored, and the other is a repeated
 * one. Otherwise the identity of one could end up with what was stored for the other.
 */
async function askHook(
  { hooks, logger, registry }: RelayContext,
  { id, closed }: Connection,
  identity: Identity,
  params: Params,
): Promise<Refusal | 'repeated' | undefined> {
  const { connect } = hooks;
  if (!connect || closed) return undefined;
  const stored = new Map<string, unknown>();
  try {
    await connect({
      connectionId: id,
      identity,
      params,
      store: (name, value) => void (value === undefined ? stored.delete(name) : stored.set(name, value)),
    });
    checkStore(stored);
  } catch (error) {
    if (error instanceof GraphQLError) {
      logger.warn({ event: 'connection.refused', connectionId: id, reason: 'connect hook' });
      return { message: error.message, code: 4403 };
    }
    logger.error({ event: 'hook.failed', hook: 'connect', connectionId: id, err: error });
    return { message: 'Internal error; try again', code: 4500 };
  }
  return (await registry.updateStore(id, 0, stored)) === 'conflict' ? 'repeated' : undefined;
}
