import { GraphQLError } from 'graphql';
import { insideHook } from '../api/operation-hook.ts';
import type { Caller } from '../api/ports.ts';
import { authorizationCredentials } from '../auth/credentials.ts';
import type { Identity } from '../auth/identity.ts';
import { kindOf } from '../errors.ts';
import { byteLength } from '../protocol/limits.ts';
import { type ClientMessage, type ReasonCode, type WireError, wireError } from '../protocol/messages.ts';
import { operationKind } from '../render/operation.ts';
import type { RelayContext } from './context.ts';
import { isExpired } from './initialise.ts';
import { exclusively } from './lock.ts';
import type { Connection } from './ports.ts';
import type { Admitted, Incoming } from './receive.ts';
import { inOrder } from './reply.ts';
import { connectionStore } from './store.ts';
import { initialisedConnection, type Started, startSubscription } from './subscribe.ts';

export type StartMessage = Extract<ClientMessage, { type: 'subscribe' }>;

type Replies = readonly (string | undefined)[];

/**
 * Starts an operation of any kind on a connection that was let in: under the connection's lock if the client asked for
 * one at a time, inside the operation hook if the project has one.
 * @returns frames in the order they are to be sent in
 */
export async function startOperation(
  context: RelayContext,
  incoming: Incoming,
  message: StartMessage,
): Promise<Replies> {
  const { codec, connectionId } = incoming;
  const refuse = (code: ReasonCode, words: string) => [codec.error(message.id, [wireError(code, words)])];
  const connection = await initialisedConnection(context, connectionId, incoming.connection);
  if (!connection) {
    return refuse('UNAUTHORIZED', 'Subscribe: expected connection_init to be accepted first');
  }
  const speaker = await speakerOf(context, connection, message);
  if ('reason' in speaker && speaker.isExpired !== true) {
    return refuse('FORBIDDEN', `Unauthorized: ${speaker.reason}`);
  }
  if ('reason' in speaker || isExpired(context, speaker))
    return refuse('TOKEN_EXPIRED', 'Token expired: present a fresh one');

  const allowed = context.api.allowed(message.request);
  if (!allowed.ok) return [codec.error(message.id, [allowed.error])];
  const start = { ...message, request: allowed.request };

  const work = () => hooked(context, { ...incoming, connection }, start, speaker);
  if (!connection.strictOrdering) return work();
  // A result is on its way before the next operation begins, or that one's could overtake it.
  const done = await exclusively(context, connectionId, async () => [
    await inOrder(context, connection, await work()),
  ]);
  return (
    done?.result ??
    refuse('LOCK_TIMEOUT', 'Operation: expected the one before it to end in time, and it is still running')
  );
}

/** Why an operation may not run. `isExpired`: with a fresh token it may. */
interface Refused {
  readonly reason: string;
  readonly isExpired?: true;
}

/** Who an operation speaks for: who its own `authorization` names (AppSync's clients send one each), or its connection. */
async function speakerOf(
  { authenticator }: RelayContext,
  { identity }: Connection,
  { request }: StartMessage,
): Promise<Identity | Refused> {
  const authorization = request.extensions?.get('authorization') ?? undefined;
  if (authorization !== undefined) {
    // Not passed over: who presents a credential of another's is not to run as the connection for having misplaced it.
    if (typeof authorization !== 'object' || authorization === null || Array.isArray(authorization))
      return { reason: `expected extensions.authorization to be an object, got ${kindOf(authorization)}` };
    const fields = new Map<string, unknown>(Object.entries(authorization));
    const presented = await authenticator.authenticate(authorizationCredentials(fields));
    if (presented.kind === 'identified') return presented.identity;
    if (presented.kind === 'refused') return presented;
  }
  return identity ?? { reason: 'expected a credential, got none' };
}

/** Runs the operation inside the project's hook. What it answered is withheld when the hook refuses it after all. */
async function hooked(
  context: RelayContext,
  incoming: Admitted,
  message: StartMessage,
  identity: Identity,
): Promise<Replies> {
  const { codec, connectionId } = incoming;
  const { request, id } = message;
  const refuse = (error: WireError): Replies => [codec.error(id, [error])];
  const caller: Caller = { identity, connection: connectionStore(context.registry, connectionId) };
  const kind = operationKind(request, context.settings.limits) ?? 'subscription';
  const run = async (): Promise<Started> =>
    kind === 'subscription'
      ? startSubscription(context, incoming, message, identity)
      : { replies: await runOnce(context, incoming, message, caller) };
  const { operation } = context.hooks;
  if (!operation) return (await run()).replies;

  const { operationName, query } = request;
  const event = {
    kind,
    query,
    context: context.api.contextFor(caller),
    ...(operationName && { operationName }),
  };
  const { result, thrown } = await insideHook(operation, event, run);
  if (thrown) {
    // It is registered by now, and is not to live on unacknowledged.
    if (result?.isActive) await context.registry.complete(connectionId, id);
    return refuse(hookError(context, thrown.error));
  }
  return result?.replies ?? refuse(wireError('FORBIDDEN', 'Operation: refused by the operation hook'));
}

function hookError({ logger }: RelayContext, error: unknown): WireError {
  if (error instanceof GraphQLError) {
    const { code = 'FORBIDDEN', ...more } = error.extensions;
    // A hook's UNAUTHORIZED is no outworn credential, which is what Amplify would take it for: it would connect anew, be
    // refused anew, and so on.
    return {
      message: error.message,
      extensions: { code: code === 'UNAUTHORIZED' ? 'FORBIDDEN' : code, ...more },
    };
  }
  logger.error({ event: 'hook.failed', hook: 'operation', err: error });
  return wireError('INTERNAL_SERVER_ERROR', 'Internal error; try again');
}

/** A query or a mutation: its one result, and that it was all. */
async function runOnce(
  { api, settings }: RelayContext,
  { codec }: Admitted,
  { id, request }: StartMessage,
  caller: Caller,
): Promise<Replies> {
  if (!codec.runsQueries) {
    return [
      codec.error(id, [
        wireError(
          'OPERATION_NOT_SUPPORTED',
          'Operation: expected a subscription; send queries and mutations over HTTP',
        ),
      ]),
    ];
  }
  const checked = api.check(request);
  if (!checked.ok) return [codec.error(id, checked.errors)];
  if (checked.kind === 'subscription') return [];
  const result = await api.run(checked, request, caller);
  const frame = `${codec.payload.head}${JSON.stringify(result)}${codec.payload.tail(id)}`;
  const bytes = byteLength(frame);
  if (bytes > settings.maxFrameBytes) {
    const words = `Result: expected a frame of at most ${settings.maxFrameBytes} bytes, got ${bytes}; ask for less, or over HTTP`;
    return [codec.error(id, [wireError('PAYLOAD_TOO_LARGE', words)])];
  }
  return [frame, codec.complete(id)];
}
