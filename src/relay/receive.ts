import { TablecastError } from '../errors.ts';
import type { Dialect, DialectCodec } from '../protocol/dialect.ts';
import { byteLength } from '../protocol/limits.ts';
import { type ClientMessage, wireError } from '../protocol/messages.ts';
import { codecOf, dialectOfOperation } from '../protocol/negotiation.ts';
import { close } from './close.ts';
import type { RelayContext } from './context.ts';
import { flooded } from './flood.ts';
import { initialise } from './initialise.ts';
import { startOperation } from './operations.ts';
import type { Connection } from './ports.ts';
import { inOrder } from './reply.ts';
import { initialisedConnection } from './subscribe.ts';

/** One frame of one client. */
export interface Frame {
  readonly connectionId: string;
  /** The text; `undefined` when the frame was not text. */
  readonly body: string | undefined;
}

/** One frame, as the use cases of a message see it. */
export interface Incoming {
  readonly connectionId: string;
  readonly codec: DialectCodec;
  /** The connection as it was when the frame came. */
  readonly connection: Connection | undefined;
}

/** A frame on a connection that was let in. */
export interface Admitted extends Incoming {
  readonly connection: Connection;
}

/**
 * `$default`: answers one frame. Resolves with the reply to send back as the integration's response, or with
 * `undefined` where the protocol asks for none; of several replies all but the last have been posted by then. Never
 * rejects: a fault is logged and told to this client alone.
 */
export async function receive(context: RelayContext, frame: Frame): Promise<string | undefined> {
  const { connectionId, body } = frame;
  const verdict = context.frameRate?.judge(connectionId) ?? 'take';
  if (verdict !== 'take') return flooded(context, connectionId, verdict);
  const { frameBytes, jsonDepth } = context.settings.limits;
  const bytes = body === undefined ? 0 : byteLength(body);
  // What is too large is not even looked into.
  const text = bytes > frameBytes ? undefined : body;
  let codec = codecOf(undefined);
  let message: ClientMessage | undefined;
  try {
    const { connection, fault } = await look(context, connectionId);
    const dialect = spoken(connection, text, jsonDepth);
    codec = codecOf(dialect);
    if (bytes > frameBytes) message = unread(`at most ${frameBytes} bytes, got ${bytes}`);
    else if (text === undefined) message = unread('a text frame, got a binary one');
    else message = codec.parse(text, jsonDepth);
    if (fault !== undefined && NEEDS_CONNECTION.has(message.type)) throw fault;
    if (connection && !connection.closed && dialect && dialect !== connection.dialect) {
      await context.registry.speak(connectionId, dialect);
    }
    const incoming = { connectionId, codec, connection };
    const replying = answer(context, incoming, message).then((frames) =>
      inOrder(context, connection, frames),
    );
    return await inTime(context, incoming, message, replying);
  } catch (error) {
    const isIssuer = error instanceof TablecastError && error.code === 'AUTHENTICATION_UNAVAILABLE';
    const event = isIssuer ? 'authentication.unavailable' : 'frame.failed';
    context.logger.error({ event, connectionId, type: message?.type, err: error });
    context.metrics.count('frame.failed');
    return failure(codec, message, error);
  }
}

function unread(expected: string): ClientMessage {
  return { type: 'invalid', message: `Invalid message: expected ${expected}` };
}

class LateAnswer extends Error {}

/**
 * What a frame is answered with, if it is in time: a project's hook or resolver may hang. What comes later is of no use,
 * for the client has been told that it failed: a subscription that was registered after all is ended.
 */
async function inTime<T>(
  { clock, logger, registry, settings }: RelayContext,
  { connectionId }: Incoming,
  message: ClientMessage,
  replying: Promise<T>,
): Promise<T> {
  const answered = new AbortController();
  let isLate = false;
  const late = clock.sleep(settings.answerMs, answered.signal).then(() => {
    isLate = !answered.signal.aborted;
    if (isLate) throw new LateAnswer(`Answer: expected one within ${settings.answerMs} ms, got none`);
    return replying;
  });
  const withdraw = async () => {
    if (!isLate || message.type !== 'subscribe') return;
    const live = await registry.subscriptions(connectionId);
    if (live.some(({ clientId }) => clientId === message.id))
      await registry.complete(connectionId, message.id);
  };
  replying
    .then(withdraw, withdraw)
    .catch((err: unknown) => logger.error({ event: 'frame.failed', connectionId, err }));
  try {
    return await Promise.race([replying, late]);
  } finally {
    answered.abort();
  }
}

const NEEDS_CONNECTION: ReadonlySet<ClientMessage['type']> = new Set([
  'init',
  'subscribe',
  'complete',
  'terminate',
]);

/**
 * The dialect of a frame. Both protocols of subprotocol `graphql-ws` begin alike, and who offers none may speak any: the
 * first operation settles it (PROTOCOLS §4).
 */
function spoken(
  connection: Connection | undefined,
  text: string | undefined,
  jsonDepth: number,
): Dialect | undefined {
  return connection?.dialect ?? (text === undefined ? undefined : dialectOfOperation(text, jsonDepth));
}

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
  incoming: Incoming,
  message: ClientMessage,
): Promise<readonly (string | undefined)[]> {
  const { codec, connection, connectionId } = incoming;
  switch (message.type) {
    case 'init':
      return initialise(context, incoming, message.payload);
    case 'ping':
      return [codec.pong()];
    case 'pong':
      return [];
    case 'invalid':
      context.logger.info({ event: 'frame.invalid', connectionId, reason: expectedIn(message.message) });
      return [
        message.id === undefined
          ? codec.refuse(message.message, 4400)
          : codec.error(message.id, [wireError('BAD_REQUEST', message.message)]),
      ];
    case 'subscribe':
      return startOperation(context, incoming, message);
    case 'complete':
      // Nothing can be running on a connection that is never let in, but its init may be on its way like a
      // `subscribe` that this overtook.
      if (await initialisedConnection(context, connectionId, connection)) {
        await context.registry.complete(connectionId, message.id);
      }
      return [codec.completed(message.id)];
    case 'terminate':
      await close(context, connectionId);
      return [];
    default:
      message satisfies never;
      return [];
  }
}

/** The half of a message that is ours: what came is the client's, and stays out of logs (C8). */
function expectedIn(message: string): string {
  return message.split(', got ', 1)[0] ?? '';
}

function failure(
  codec: DialectCodec,
  message: ClientMessage | undefined,
  error: unknown,
): string | undefined {
  const text = 'Internal error; try again';
  const words = runWords(error) ?? text;
  switch (message?.type) {
    case 'subscribe':
      return codec.error(message.id, [wireError('INTERNAL_SERVER_ERROR', words)]);
    // A lost `complete` is made good by the client's disconnect, as the end of a connection is by its expiry.
    case 'complete':
    case 'terminate':
      return undefined;
    default:
      return codec.refuse(text, 4500);
  }
}

/** What is said of an operation that ran, or may have: a mutation is not to be made twice because its result was lost. */
function runWords(error: unknown): string | undefined {
  if (error instanceof LateAnswer) return 'Internal error: no answer in time; the operation may have run';
  const isUnsent = error instanceof TablecastError && error.code === 'TRANSPORT_UNAVAILABLE';
  return isUnsent ? 'Internal error: the operation ran, but its result could not be sent' : undefined;
}
