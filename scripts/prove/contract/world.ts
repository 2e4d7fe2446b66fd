import { createHash } from 'node:crypto';
import { systemClock } from '../../../src/adapters/clock.ts';
import { createMemoryRegistry } from '../../../src/adapters/memory/registry.ts';
import type { RelaySettings } from '../../../src/relay/context.ts';
import type { Registry, Transport } from '../../../src/relay/ports.ts';
import { createFakeConnections, type FakeConnections } from '../../../src/testing/connections.ts';
import { createProofRelay, type ProofRelay } from '../relay/relay.ts';

export const SDL = 'type Todo @table(name: "Todos") { id: ID!  title: String }';
/** Connections, each with one subscription to everything that is created. */
export const SUBSCRIBERS = ['a=', 'b=', 'c=', 'd='];
const ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/Todos/stream/2026-01-01T00:00:00.000';

/** A relay whose parts can be made to fail in the middle of a batch. */
export interface World {
  readonly relay: ProofRelay;
  readonly connections: FakeConnections;
  /** Replaces methods of the registry until {@link heal}. */
  breakRegistry(methods: Partial<Registry>): void;
  breakTransport(methods: Partial<Transport>): void;
  /** Ends all trouble. */
  heal(): void;
  /** Left of the invocation, ms; 60 000 unless a case says otherwise. */
  remainingMs: () => number;
  /** A record of an item created now, or at a time before. */
  created(id: string, options?: { readonly title?: string; readonly at?: number }): Record<string, unknown>;
}

/** Each world's document is its own: a handler that was loaded once remembers those it has read. */
let worlds = 0;

export async function createWorld(
  settings: Partial<RelaySettings>,
  subscribers: readonly string[],
): Promise<World> {
  const connections = createFakeConnections({ requestTimeoutMs: 40 });
  const registry = createMemoryRegistry({ clock: systemClock });
  let brokenRegistry: Partial<Registry> = {};
  let brokenTransport: Partial<Transport> = {};
  const relay = createProofRelay({
    sdl: SDL,
    registry: overridden(registry, () => brokenRegistry),
    transport: overridden(connections.transport, () => brokenTransport),
    clock: systemClock,
    // No time is spent on waiting between attempts.
    random: () => 0,
    settings,
  });
  worlds += 1;
  for (const id of subscribers) {
    connections.open(id);
    await relay.connect(id);
    await relay.subscribe(id, '1', `subscription { onCreateTodo { id title${worlds}: title } }`);
  }
  let sequence = 100_000_000_000_000_000_000n;
  const world: World = {
    relay,
    connections,
    breakRegistry(methods) {
      brokenRegistry = methods;
    },
    breakTransport(methods) {
      brokenTransport = methods;
    },
    heal() {
      brokenRegistry = {};
      brokenTransport = {};
      connections.outage(undefined);
      for (const id of subscribers) connections.default(id, undefined);
      world.remainingMs = () => 60_000;
    },
    remainingMs: () => 60_000,
    created(id, { title = 'text', at = Date.now() } = {}) {
      sequence += 1n;
      const SequenceNumber = String(sequence);
      const image = { id: { S: id }, title: { S: title } };
      return {
        eventID: createHash('sha256').update(SequenceNumber).digest('hex').slice(0, 32),
        eventName: 'INSERT',
        eventSourceARN: ARN,
        dynamodb: {
          ApproximateCreationDateTime: Math.floor(at / 1_000),
          Keys: { id: { S: id } },
          NewImage: image,
          SequenceNumber,
          StreamViewType: 'NEW_AND_OLD_IMAGES',
        },
      };
    },
  };
  return world;
}

/** The object, but for the methods that are replaced at the time. */
function overridden<T extends object>(object: T, replaced: () => Partial<T>): T {
  return new Proxy(object, {
    get: (target, name) => Reflect.get(replaced(), name) ?? Reflect.get(target, name),
  });
}
