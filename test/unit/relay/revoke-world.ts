import { canonicalFilter } from '../../../src/filter/canonical.ts';
import type { NewSubscription, Registry, Transport } from '../../../src/relay/ports.ts';
import { type RevocationOptions, revokeIdentity } from '../../../src/relay/revoke.ts';
import type { VirtualClock } from '../../../src/testing/clock.ts';
import { contextOf, keepAliveWorld } from './keepalive-context.ts';

/** Somebody whose credential is an API key, beside JANE. */
export const JOE = { kind: 'api-key', hash: 'joe' } as const;

/** What stands between the relay and its ports, such as one that fails. */
export interface Wrappers {
  readonly wrapRegistry?: (registry: Registry, clock: VirtualClock) => Registry;
  readonly wrapTransport?: (transport: Transport) => Transport;
}

/** A relay in memory with connections, some of which are revoked. */
export function revokeWorld({ wrapRegistry, wrapTransport }: Wrappers = {}) {
  const world = keepAliveWorld();
  const { clock, counters, logs, connections } = world;
  const registry = wrapRegistry?.(world.registry, clock) ?? world.registry;
  const transport = wrapTransport?.(connections.transport) ?? connections.transport;
  const context = contextOf({ registry, transport, clock, counters, logs });
  const seconds = () => Math.floor(clock.now() / 1_000);
  const revokeJane = (options?: RevocationOptions, everywhere = false) =>
    clock.run(
      revokeIdentity(
        context,
        { identityHash: 'jane', until: seconds() + 3_600, closeConnections: true, everywhere },
        options,
      ),
    );
  const subscribe = (connectionId: string, clientId: string, given: Partial<NewSubscription> = {}) =>
    clock.run(
      world.registry.subscribe({
        connectionId,
        clientId,
        field: 'onCreateTodo',
        table: 'Todos',
        alternatives: [new Map()],
        filter: canonicalFilter({ kind: 'and', of: [] }),
        document: { hash: 'h', text: 'subscription { onCreateTodo { id } }' },
        renderingKey: 'r',
        dialect: 'graphql-transport-ws',
        stage: 'test',
        activatedAt: clock.now(),
        expiresAt: seconds() + 7_200,
        subscriber: { identityHash: 'jane', maxSubscriptions: 100 },
        maxOnConnection: 100,
        ...given,
      }),
    );
  const idsOn = async (id: string) =>
    (await clock.run(world.registry.subscriptions(id))).map(({ clientId }) => clientId).sort();
  return { ...world, context, revokeJane, subscribe, idsOn };
}

/** The part of a report that tells of nothing gone wrong. */
export const NOTHING = { untold: 0, undisconnected: 0, failed: 0, stopped: false };
