import { type Identity, readerKey } from '../auth/identity.ts';
import { alternatives } from '../filter/alternatives.ts';
import { canonicalFilter } from '../filter/canonical.ts';
import type { Expression, ShapeNames } from '../filter/expression.ts';
import { hash128 } from '../filter/keys.ts';
import { readFilter } from '../filter/read.ts';
import type { Limits } from '../protocol/limits.ts';
import { type ReasonCode, wireError } from '../protocol/messages.ts';
import { readOperation, type SubscriptionOperation } from '../render/operation.ts';
import { confirmationPayload } from '../render/render.ts';
import type { RelayContext } from './context.ts';
import { grant } from './grant.ts';
import type { StartMessage } from './operations.ts';
import { fieldsComparedBy, readOptions } from './options.ts';
import type { Connection, GrantedAccess, NewSubscription, SubscribeOutcome, Subscriber } from './ports.ts';
import type { Admitted } from './receive.ts';

/** Pauses while a frame waits for its connection's init: 50 ms doubling to 800 ms. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 800;

/** How often an id that is in use is taken over, where the dialect has it so; a client in a loop gets no more. */
const MAX_TAKEOVERS = 3;

/** What came of an operation that was to start. */
export interface Started {
  /** Frames in the order they are to be sent in. */
  readonly replies: readonly (string | undefined)[];
  /** True of a subscription that this one frame registered. */
  readonly isActive?: true;
}

/**
 * Starts one subscription. The reply is an error for this id, what the dialect says of a live one, or nothing: once this
 * resolves with `isActive`, every later committed change that matches is delivered (C1).
 */
export async function startSubscription(
  context: RelayContext,
  { codec, connection, connectionId }: Admitted,
  { id, request }: StartMessage,
  identity: Identity,
): Promise<Started> {
  const refuse = (code: ReasonCode, message: string): Started => ({
    replies: [codec.error(id, [wireError(code, message)])],
  });
  const read = readOperation(context.model, request, context.settings.limits);
  if (!read.ok) return { replies: [codec.error(id, read.errors)] };
  const { operation } = read;
  const filter = readFilter(operation.field, operation.arguments, context.settings.limits);
  if (!filter.ok) return refuse('FILTER_INVALID', filter.message);
  const chosen = readOptions(operation, request.extensions, identity);
  if (typeof chosen === 'string') return refuse('BAD_REQUEST', chosen);
  const { field } = operation;
  const { limits, access: accessSettings, maxKeysPerSubscription } = context.settings;
  const reader = { identity, settings: accessSettings };
  const beside = fieldsComparedBy(chosen, field, identity);
  const granted = grant(context.model, field, filter.expression, reader, beside);
  if (!granted.ok) return refuse('FORBIDDEN', granted.message);
  const { expression, access } = granted;
  const options = access ? { ...chosen, access } : chosen;

  const subscription: NewSubscription = {
    connectionId,
    clientId: id,
    field: field.name,
    table: field.type.table,
    alternatives: alternatives(expression, { max: maxKeysPerSubscription }),
    ...(granted.forced && { reserved: shapesOf(granted.forced, maxKeysPerSubscription) }),
    filter: canonicalFilter(expression),
    document: { hash: hash128(operation.document), text: operation.document },
    renderingKey: renderingKey(operation, identity, access),
    dialect: codec.dialect,
    stage: connection.stage,
    activatedAt: context.clock.now(),
    expiresAt: Math.min(connection.expiresAt, identity.expiresAt ?? Number.POSITIVE_INFINITY),
    subscriber: subscriberOf(identity, limits),
    maxOnConnection: limits.subscriptionsPerConnection,
    ...(options && { options }),
  };
  await noteOwnExpiry(context, connection, identity);
  const outcome = await register(context, subscription, codec.duplicateId === 'replace');
  context.logger.info({ event: 'subscription.started', connectionId, field: field.name, outcome });
  switch (outcome) {
    case 'active': {
      const started = codec.started(id);
      if (started !== undefined) return { replies: [started], isActive: true };
      if (!isConfirmationAsked(connection, request.extensions)) return { replies: [], isActive: true };
      const { head, tail } = codec.payload;
      const confirmation = `${head}${confirmationPayload(operation.responseKey)}${tail(id)}`;
      return { replies: [confirmation], isActive: true };
    }
    case 'duplicate': {
      const words = `Subscribe "id": expected one that is not in use, got ${JSON.stringify(id)} again`;
      // 4409 in graphql-transport-ws, which ends the whole connection.
      return codec.duplicateId === 'refuse'
        ? { replies: [codec.refuse(words, 4409)] }
        : refuse('DUPLICATE_ID', words);
    }
    case 'completed':
      return { replies: [] };
    case 'closed': {
      const words = 'Connection: expected one that is open, got a closed one; connect again';
      return { replies: [codec.refuse(words, 4400)] };
    }
    case 'connection-full':
      return refuse(
        'TOO_MANY_SUBSCRIPTIONS',
        `Subscribe: expected at most ${limits.subscriptionsPerConnection} subscriptions on a connection, got one more`,
      );
    case 'identity-full':
      return refuse(
        'TOO_MANY_SUBSCRIPTIONS',
        `Subscribe: expected at most ${limits.subscriptionsPerIdentity} subscriptions of one identity, got one more`,
      );
    case 'revoked':
      return refuse('REVOKED', 'Subscribe: this access was revoked; sign in anew');
    default:
      return outcome satisfies never;
  }
}

/** What the rules alone are found by. */
function shapesOf(forced: Expression, max: number): readonly ShapeNames[] {
  const shapes = alternatives(forced, { max }).map((equalities) => [...equalities.keys()].sort());
  return [...new Map(shapes.map((names) => [JSON.stringify(names), names])).values()];
}

/** An API key is shared by everybody who uses an application, so that a count of its subscriptions would say nothing. */
function subscriberOf({ kind, hash, issuedAt }: Identity, { subscriptionsPerIdentity }: Limits): Subscriber {
  const isShared = kind === 'api-key' || kind === 'anonymous';
  return {
    identityHash: hash,
    ...(issuedAt !== undefined && { issuedAt }),
    ...(!isShared && { maxSubscriptions: subscriptionsPerIdentity }),
  };
}

/** Its client is to be told when a credential that came with this one operation expires before its connection's. */
async function noteOwnExpiry(
  { registry }: RelayContext,
  { id, identity: standing, expiresAt }: Connection,
  { expiresAt: own }: Identity,
): Promise<void> {
  const otherwise = Math.min(expiresAt, standing?.expiresAt ?? Number.POSITIVE_INFINITY);
  if (own !== undefined && own < otherwise) await registry.noteExpiry(id, own);
}

/** Where a second `start` of an id replaces the first, the first is completed, and this one starts anew. */
async function register(
  { registry, clock }: RelayContext,
  subscription: NewSubscription,
  takesOver: boolean,
): Promise<SubscribeOutcome> {
  let outcome = await registry.subscribe(subscription);
  for (let tries = 0; takesOver && outcome === 'duplicate' && tries < MAX_TAKEOVERS; tries += 1) {
    await registry.complete(subscription.connectionId, subscription.clientId);
    outcome = await registry.subscribe({ ...subscription, activatedAt: clock.now() });
  }
  return outcome;
}

/**
 * Who selects the same and may read the same fields gets the same bytes; but what a resolver answers is for the one it
 * answers.
 */
function renderingKey(
  { document, isResolved }: SubscriptionOperation,
  identity: Identity,
  access: GrantedAccess | undefined,
): string {
  if (!isResolved && !access?.fields) return hash128(document);
  return hash128(JSON.stringify([document, isResolved ? readerKey(identity) : null, access?.fields]));
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
