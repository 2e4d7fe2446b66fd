import { type Logger, pino } from 'pino';
import { createMemoryTables } from '../../../src/adapters/memory/tables.ts';
import { createApi } from '../../../src/api/api.ts';
import { createApiKeys } from '../../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../../src/auth/authenticator.ts';
import { createCounters } from '../../../src/observe/counters.ts';
import { DEFAULT_SETTINGS, type RelayContext, type RelaySettings } from '../../../src/relay/context.ts';
import { open } from '../../../src/relay/open.ts';
import type { Clock, Registry, Transport } from '../../../src/relay/ports.ts';
import { receive } from '../../../src/relay/receive.ts';
import { loadModel } from '../../../src/schema/load.ts';

export const STAGE = 'proof';

export interface RelayParts {
  readonly sdl: string;
  readonly registry: Registry;
  readonly transport: Transport;
  readonly clock: Clock;
  /** 0 ≤ x < 1, for jitter. */
  readonly random: () => number;
  readonly settings?: Partial<RelaySettings>;
}

/** A relay in this process: the real use cases and the real pipeline, on the parts given. */
export interface ProofRelay {
  readonly context: RelayContext;
  /** Log lines so far, parsed. */
  readonly logs: readonly Readonly<Record<string, unknown>>[];
  /** What was counted under a name so far. */
  counted(name: string): number;
  /** A client connects by graphql-transport-ws and is let in. */
  connect(connectionId: string): Promise<void>;
  /**
   * It subscribes under a client id of its own.
   * @throws Error when the relay answers: a subscription that is active is not answered
   */
  subscribe(connectionId: string, clientId: string, query: string): Promise<void>;
}

export function createProofRelay({
  sdl,
  registry,
  transport,
  clock,
  random,
  settings,
}: RelayParts): ProofRelay {
  const logs: Record<string, unknown>[] = [];
  const counts = new Map<string, number>();
  const counters = createCounters();
  const logger: Logger = pino(
    { level: 'info', base: null },
    { write: (line: string) => void logs.push(JSON.parse(line)) },
  );
  const model = loadModel(sdl, { file: 'schema.graphql' });
  const context: RelayContext = {
    model,
    registry,
    transport,
    clock,
    metrics: {
      ...counters,
      count(name, value = 1) {
        counts.set(name, (counts.get(name) ?? 0) + value);
      },
    },
    logger,
    authenticator: createAuthenticator({ mode: 'off', apiKeys: createApiKeys([]), clock }),
    api: createApi({
      model,
      tables: createMemoryTables(),
      publish: async () => ({ eventId: '', matched: 0, sent: 0 }),
      logger,
      clock,
      pageSecret: 'page-secret-of-the-proofs',
    }),
    hooks: {},
    settings: { ...DEFAULT_SETTINGS, ...settings },
    random,
  };
  const answered = async (connectionId: string, frame: object, expected: string | undefined) => {
    const reply = await receive(context, { connectionId, body: JSON.stringify(frame) });
    if (reply !== expected) throw new Error(`expected ${expected ?? 'no reply'}, got ${reply ?? 'none'}`);
  };
  return {
    context,
    logs,
    counted: (name) => counts.get(name) ?? 0,
    async connect(connectionId) {
      const { status } = await open(context, {
        connectionId,
        stage: STAGE,
        connectedAt: clock.now(),
        headers: new Map([['sec-websocket-protocol', 'graphql-transport-ws']]),
        query: new Map(),
      });
      if (status !== 200) throw new Error(`expected the connection to be let in, got ${status}`);
      await answered(connectionId, { type: 'connection_init' }, '{"type":"connection_ack"}');
    },
    subscribe: (connectionId, clientId, query) =>
      answered(connectionId, { type: 'subscribe', id: clientId, payload: { query } }, undefined),
  };
}
