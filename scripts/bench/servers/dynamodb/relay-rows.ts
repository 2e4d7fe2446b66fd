import { pino } from 'pino';
import { systemClock } from '../../../../src/adapters/clock.ts';
import type { DocumentClient } from '../../../../src/adapters/dynamodb/document-client.ts';
import { createDynamoDBRegistry } from '../../../../src/adapters/dynamodb/registry.ts';
import type { RelayContext } from '../../../../src/relay/context.ts';
import { open } from '../../../../src/relay/open.ts';
import type { NewSubscription, Registry } from '../../../../src/relay/ports.ts';
import { receive } from '../../../../src/relay/receive.ts';
import { relayContext } from '../../relay-context.ts';
import { type Cell, CLIENT_ID, STAGE, type Subscriber, subscribersOf } from '../../workload.ts';

/**
 * Lets every subscriber of a cell connect and subscribe into one relay table. The first with a list and a document goes
 * through the handlers' own use cases; for those that ask for the same, what that one registered is registered again.
 */
export async function subscribeAll(cell: Cell, client: DocumentClient, tableName: string): Promise<void> {
  const registered = new Map<string, NewSubscription>();
  const registry = createDynamoDBRegistry({ client, tableName, clock: systemClock });
  for (const subscriber of subscribersOf(cell)) {
    const wanted = JSON.stringify([subscriber.listId, subscriber.document]);
    const known = registered.get(wanted);
    if (known) await repeat(registry, known, subscriber.connectionId);
    else {
      const note = (subscription: NewSubscription) => void registered.set(wanted, subscription);
      await subscribe(subscribingContext(registry, note), subscriber);
    }
  }
}

async function subscribe(
  context: RelayContext,
  { connectionId, listId, document }: Subscriber,
): Promise<void> {
  await open(context, {
    connectionId,
    stage: STAGE,
    connectedAt: Date.now(),
    headers: new Map([['sec-websocket-protocol', 'graphql-transport-ws']]),
    query: new Map(),
  });
  await accepted(context, connectionId, { type: 'connection_init' });
  const payload = { query: document, variables: { listId } };
  await accepted(context, connectionId, { type: 'subscribe', id: CLIENT_ID, payload });
}

async function accepted(context: RelayContext, connectionId: string, frame: object): Promise<void> {
  const reply = await receive(context, { connectionId, body: JSON.stringify(frame) });
  if (reply !== undefined && !reply.includes('connection_ack')) throw new Error(`refused: ${reply}`);
}

async function repeat(registry: Registry, known: NewSubscription, connectionId: string): Promise<void> {
  const { stage, dialect, expiresAt } = known;
  await registry.open({ id: connectionId, stage, dialect, connectedAt: Date.now(), expiresAt });
  const outcome = await registry.subscribe({ ...known, connectionId });
  if (outcome !== 'active') throw new Error(`expected the subscription to be active, got ${outcome}`);
}

const logger = pino({ level: 'silent' });

function subscribingContext(registry: Registry, note: (subscription: NewSubscription) => void): RelayContext {
  const nothing = async () => ({ kind: 'sent' }) as const;
  return relayContext({
    registry: {
      ...registry,
      subscribe(subscription) {
        note(subscription);
        return registry.subscribe(subscription);
      },
    },
    transport: { post: nothing, disconnect: nothing },
    logger,
  });
}
