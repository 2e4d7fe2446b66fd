import type { DialectCodec } from '../protocol/dialect.ts';
import { type ClientMessage, wireError } from '../protocol/messages.ts';
import { codecOf } from '../protocol/negotiation.ts';
import type { RelayContext } from './context.ts';
import { API_KEY_NAME, identify, named } from './credentials.ts';
import type { Connection } from './ports.ts';
import { initialisedConnection, startSubscription } from './subscribe.ts';

/** One frame of one client. */
export interface Frame {
  readonly connectionId: string;
  /** The text; `undefined` when the frame was not text. */
  readonly body: string | undefined;
}

/**
 * `$default`: answers one frame. Resolves with the reply to send back as the integration's response, or with
 * `undefined` where the protocol asks for none. Never rejects: a fault is logged and told to this client alone.
 */
export async function receive(context: RelayContext, frame: Frame): Promise<string | undefined> {
  const { connectionId } = frame;
  let codec = codecOf(undefined);
  let message: ClientMessage | undefined;
  try {
    const { connection, fault } = await look(context, connectionId);
    codec = codecOf(connection?.dialect);
    message =
      frame.body === undefined
        ? { type: 'invalid', message: 'Invalid message: expected a text frame, got a binary one' }
        : codec.parse(frame.body);
    if (fault !== undefined && NEEDS_CONNECTION.has(message.type)) throw fault;
    return await answer(context, codec, connectionId, connection, message);
  } catch (error) {
    context.logger.error({ event: 'frame.failed', connectionId, type: message?.type, err: error });
    context.metrics.count('frame.failed');
    return failure(codec, message);
  }
}

const NEEDS_CONNECTION: ReadonlySet<ClientMessage['type']> = new Set(['init', 'subscribe', 'complete']);

/** The connection, or why it cannot be read: the frame is read all the same, to tell the right operation. */
async function look(
  { registry }: RelayContext,
  connectionId: string,
): Promise<{ readonly connection?: Connection | undefined; readonly fault?: unknown }> {
  try {
    return { connection: await registry.connection(connectionId) };
  } catch (fault) {
    return { fault };
  }
}

async function answer(
  context: RelayContext,
  codec: DialectCodec,
  connectionId: string,
  connection: Connection | undefined,
  message: ClientMessage,
): Promise<string | undefined> {
  switch (message.type) {
    case 'init':
      return initialise(context, codec, connectionId, connection, message.payload);
    case 'ping':
      return codec.pong();
    case 'pong':
      return undefined;
    case 'invalid':
      context.logger.info({ event: 'frame.invalid', connectionId, reason: expectedIn(message.message) });
      return message.id === undefined
        ? codec.refuse(message.message, 4400)
        : codec.error(message.id, [wireError('BAD_REQUEST', message.message)]);
    case 'subscribe':
      return startSubscription(context, codec, connectionId, connection, message);
    case 'complete':
      // Nothing can be running on a connection that is never let in, but its init may be on its way like a
      // `subscribe` that this overtook.
      if (await initialisedConnection(context, connectionId, connection)) {
        await context.registry.complete(connectionId, message.id);
      }
      return undefined;
    default:
      message satisfies never;
      return undefined;
  }
}

async function initialise(
  context: RelayContext,
  codec: DialectCodec,
  connectionId: string,
  connection: Connection | undefined,
  payload: ReadonlyMap<string, unknown>,
): Promise<string | undefined> {
  const presented = identify(context, named(payload, API_KEY_NAME));
  const known = connection?.identity !== undefined;
  if (presented.kind === 'refused' || (presented.kind === 'absent' && !known)) {
    context.logger.warn(
      { event: 'connection.refused', connectionId },
      'connection_init without a valid API key',
    );
    const came = presented.kind === 'refused' ? 'an unknown one' : 'none';
    return codec.refuse(`Unauthorized: expected a valid API key as "${API_KEY_NAME}", got ${came}`, 4401);
  }
  const outcome = await context.registry.initialise(connectionId, {
    dialect: codec.dialect,
    confirmSubscriptions: payload.get('confirmSubscriptions') === true,
    ...(presented.kind === 'identified' && !known && { identity: presented.identity }),
  });
  if (outcome === 'initialised') return codec.ack();
  // A second init would be 4429: closing is not ours to do here, and the first one stands.
  if (outcome === 'repeated') return undefined;
  return codec.refuse(
    'Connection: expected one that is open, got one the relay does not know; connect again',
    4400,
  );
}

/** The half of a message that is ours: what came is the client's, and stays out of logs (C8). */
function expectedIn(message: string): string {
  return message.split(', got ', 1)[0] ?? '';
}

function failure(codec: DialectCodec, message: ClientMessage | undefined): string | undefined {
  const text = 'Internal error; try again';
  if (message?.type === 'subscribe') {
    return codec.error(message.id, [wireError('INTERNAL_SERVER_ERROR', text)]);
  }
  // A lost `complete` is made good by the client's disconnect; anything else ends the connection.
  return message?.type === 'complete' ? undefined : codec.refuse(text, 4500);
}
