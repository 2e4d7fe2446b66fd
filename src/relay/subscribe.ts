import { alternatives } from '../filter/alternatives.ts';
import { canonicalFilter } from '../filter/canonical.ts';
import { hash128 } from '../filter/keys.ts';
import { readFilter } from '../filter/read.ts';
import type { DialectCodec } from '../protocol/dialect.ts';
import { type ClientMessage, type ReasonCode, wireError } from '../protocol/messages.ts';
import { readOperation } from '../render/operation.ts';
import { confirmationPayload } from '../render/render.ts';
import type { RelayContext } from './context.ts';
import type { Connection } from './ports.ts';

type Subscribe = Extract<ClientMessage, { type: 'subscribe' }>;

/** Pauses while a frame waits for its connection's init: 50 ms doubling to 800 ms. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 800;

/**
 * Starts one subscription. The reply is an error for this id, a confirmation if the client asked for one, or nothing:
 * once this resolves without an error, every later committed change that matches is delivered (C1).
 * @param first the connection as it was read when the frame came
 */
export async function startSubscription(
  context: RelayContext,
  codec: DialectCodec,
  connectionId: string,
  first: Connection | undefined,
  { id, request }: Subscribe,
): Promise<string | undefined> {
  const connection = await initialisedConnection(context, connectionId, first);
  if (!connection) {
    return refuse(codec, id, 'UNAUTHORIZED', 'Subscribe: expected connection_init to be accepted first');
  }
  const read = readOperation(context.model, request);
  if (!read.ok) return codec.error(id, read.errors);
  const { operation } = read;
  const filter = readFilter(operation.field, operation.arguments);
  if (!filter.ok) return refuse(codec, id, 'FILTER_INVALID', filter.message);

  const { document, field } = operation;
  const documentHash = hash128(document);
  const outcome = await context.registry.subscribe({
    connectionId,
    clientId: id,
    field: field.name,
    table: field.type.table,
    alternatives: alternatives(filter.expression, { max: context.settings.maxKeysPerSubscription }),
    filter: canonicalFilter(filter.expression),
    document: { hash: documentHash, text: document },
    // Every subscriber may read every field as yet, so the selection alone tells renderings apart.
    renderingKey: documentHash,
    dialect: codec.dialect,
    stage: connection.stage,
    activatedAt: context.clock.now(),
    expiresAt: connection.expiresAt,
  });
  context.logger.info({ event: 'subscription.started', connectionId, field: field.name, outcome });
  switch (outcome) {
    case 'active':
      return isConfirmationAsked(connection, request.extensions)
        ? `${codec.payload.head}${confirmationPayload(operation.responseKey)}${codec.payload.tail(id)}`
        : undefined;
    case 'duplicate':
      // 4409 in the protocol, which ends the whole connection.
      return codec.refuse(
        `Subscribe "id": expected one that is not in use, got ${JSON.stringify(id)} again`,
        4409,
      );
    case 'completed':
      return undefined;
    case 'closed':
      return codec.refuse('Connection: expected one that is open, got a closed one; connect again', 4400);
    default:
      outcome satisfies never;
      return undefined;
  }
}

/** The connection once its init was accepted; frames of one client run concurrently and may overtake each other. */
export async function initialisedConnection(
  { registry, clock, settings }: RelayContext,
  connectionId: string,
  first: Connection | undefined,
): Promise<Connection | undefined> {
  const deadline = clock.now() + settings.initWaitMs;
  let connection = first;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    if (!connection || connection.closed) return undefined;
    if (connection.initialised && connection.identity) return connection;
    const left = deadline - clock.now();
    if (left <= 0) return undefined;
    await clock.sleep(Math.min(pause, left));
    connection = await registry.connection(connectionId);
  }
}

function isConfirmationAsked(connection: Connection, extensions?: ReadonlyMap<string, unknown>): boolean {
  return connection.confirmSubscriptions || extensions?.get('confirm') === true;
}

function refuse(codec: DialectCodec, id: string, code: ReasonCode, message: string): string {
  return codec.error(id, [wireError(code, message)]);
}
