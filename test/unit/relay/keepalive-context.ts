import { GraphQLSchema } from 'graphql';
import { pino } from 'pino';
import { createMemoryRegistry } from '../../../src/adapters/memory/registry.ts';
import { type Counters, createCounters } from '../../../src/observe/counters.ts';
import type { Dialect } from '../../../src/protocol/dialect.ts';
import {
  CONNECTION_LIFE_SECONDS,
  DEFAULT_SETTINGS,
  type RelayContext,
  type RelaySettings,
} from '../../../src/relay/context.ts';
import { keepAlive } from '../../../src/relay/keepalive.ts';
import type { KeepAliveReport } from '../../../src/relay/keepalive-run.ts';
import type { Clock, Identity, Registry, Transport } from '../../../src/relay/ports.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/testing/clock.ts';
import { createFakeConnections, type FakeConnections } from '../../../src/testing/connections.ts';

export const JANE: Identity = {
  kind: 'jwt',
  hash: 'jane',
  claims: { provider: 'oidc', issuer: 'https://issuer', subject: 'jane' },
};

const ANYONE: Identity = { kind: 'anonymous', hash: 'anyone' };

/** What the keep-alive run needs of a relay; the rest of the context is there and empty. */
export function contextOf(given: {
  readonly registry: Registry;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly logs: Record<string, unknown>[];
  readonly settings?: Partial<RelaySettings>;
}): RelayContext {
  const { registry, transport, clock, counters, logs, settings } = given;
  const schema = new GraphQLSchema({});
  const unused = () => {
    throw new Error('expected keep-alive to run no operation');
  };
  return {
    model: {
      schema,
      queries: new Map(),
      mutations: new Map(),
      resolvedFields: new Map(),
      types: new Map(),
      tables: new Map(),
      subscriptions: new Map(),
      sdl: '',
    },
    registry,
    transport,
    clock,
    metrics: counters,
    logger: pino(
      { level: 'debug', base: null },
      { write: (line: string) => void logs.push(JSON.parse(line)) },
    ),
    authenticator: { authenticate: async () => ({ kind: 'absent' }) },
    api: { schema, contextFor: unused, check: unused, allowed: unused, run: unused, formatError: unused },
    hooks: {},
    settings: { ...DEFAULT_SETTINGS, ...settings },
    random: () => 0.5,
  };
}

export interface Opened {
  readonly dialect?: Dialect;
  readonly identity?: Identity;
  /** Ids of operations, with their own ends in epoch seconds; `true` for that of the connection. */
  readonly operations?: Readonly<Record<string, number | true>>;
  readonly init?: boolean;
}

export interface KeepAliveWorld {
  readonly clock: VirtualClock;
  readonly connections: FakeConnections;
  readonly registry: Registry;
  readonly counters: Counters;
  readonly logs: Record<string, unknown>[];
  open(id: string, options?: Opened): Promise<void>;
  run(remainingMs?: () => number): Promise<KeepAliveReport>;
  /** Frames a client has read, parsed. */
  frames(id: string): Record<string, unknown>[];
}

/** Memory registry, fake @connections, virtual time. */
export function keepAliveWorld(
  options: {
    readonly settings?: Partial<RelaySettings>;
    readonly wrapRegistry?: (registry: Registry, clock: VirtualClock) => Registry;
    readonly wrapTransport?: (transport: Transport, clock: VirtualClock) => Transport;
  } = {},
): KeepAliveWorld {
  const clock = createVirtualClock();
  const connections = createFakeConnections({ clock });
  const counters = createCounters();
  const logs: Record<string, unknown>[] = [];
  const memory = createMemoryRegistry({ clock });
  const registry = options.wrapRegistry?.(memory, clock) ?? memory;
  const transport = options.wrapTransport?.(connections.transport, clock) ?? connections.transport;
  const context = contextOf({
    registry,
    transport,
    clock,
    counters,
    logs,
    ...(options.settings && { settings: options.settings }),
  });
  const work = async (id: string, opened: Opened) => {
    const { dialect, identity, operations = {}, init = true } = opened;
    const connectedAt = clock.now();
    const expiresAt = Math.floor(connectedAt / 1_000) + CONNECTION_LIFE_SECONDS;
    await memory.open({
      id,
      stage: 'test',
      connectedAt,
      expiresAt,
      ...(dialect && { dialect }),
      identity: identity ?? ANYONE,
    });
    if (init) await memory.initialise(id, {});
    for (const [clientId, end] of Object.entries(operations)) {
      await memory.subscribe({
        connectionId: id,
        clientId,
        field: 'onCreateTodo',
        table: 'Todos',
        alternatives: [new Map()],
        filter: '{}',
        document: { hash: 'h', text: 'subscription { onCreateTodo { id } }' },
        renderingKey: 'r',
        dialect: dialect ?? 'apollo',
        stage: 'test',
        activatedAt: clock.now(),
        expiresAt: end === true ? expiresAt : end,
        subscriber: { identityHash: (identity ?? ANYONE).hash },
        maxOnConnection: 100,
      });
    }
  };
  return {
    clock,
    connections,
    registry,
    counters,
    logs,
    open(id, opened = {}) {
      connections.open(id);
      return clock.run(work(id, { dialect: 'graphql-transport-ws', ...opened }));
    },
    run: (remainingMs = () => 60_000) => clock.run(keepAlive(context, { remainingMs })),
    frames: (id) => connections.frames(id).map((frame) => JSON.parse(frame)),
  };
}
