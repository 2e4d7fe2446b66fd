import { pino } from 'pino';
import { createMemoryRegistry } from '../../../src/adapters/memory/registry.ts';
import { createMemoryTables } from '../../../src/adapters/memory/tables.ts';
import { createApi } from '../../../src/api/api.ts';
import { createApiKeys } from '../../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../../src/auth/authenticator.ts';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';
import { createCounters } from '../../../src/observe/counters.ts';
import { DEFAULT_SETTINGS, type RelayContext } from '../../../src/relay/context.ts';
import { createDeliver } from '../../../src/relay/deliver/deliver.ts';
import { open } from '../../../src/relay/open.ts';
import { receive } from '../../../src/relay/receive.ts';
import { loadModel } from '../../../src/schema/load.ts';
import { createInstantClock } from '../world/clock.ts';
import { SDL, WATCHERS, WATCHES } from './exit-states.ts';

/** A whole relay in this process, with every watcher connected and subscribed. */
export interface ExitWorld {
  /** Delivers one record; resolves with the frames each watcher was posted. */
  deliver(record: object): Promise<ReadonlyMap<string, readonly string[]>>;
  readonly now: () => number;
}

export interface ExitWorldOptions {
  /** What is sent of an item that leaves what somebody watches. */
  readonly leave: 'image' | 'keys';
  /** The relay's own, or one in which something is broken that must be found. */
  readonly breaking?: (context: RelayContext) => RelayContext;
}

/** @throws Error when a watcher is not let in */
export async function createExitWorld({ leave, breaking }: ExitWorldOptions): Promise<ExitWorld> {
  const clock = createInstantClock();
  const logger = pino({ level: 'silent' });
  const model = loadModel(SDL, { file: 'schema.graphql' });
  const posts = new Map<string, string[]>();
  const sound: RelayContext = {
    model,
    registry: createMemoryRegistry({ clock }),
    transport: {
      async post({ connectionId }, frame) {
        posts.set(connectionId, [...(posts.get(connectionId) ?? []), Buffer.from(frame).toString('utf8')]);
        return { kind: 'sent' };
      },
      disconnect: async () => ({ kind: 'sent' }),
    },
    clock,
    metrics: createCounters(),
    logger,
    authenticator: createAuthenticator({
      mode: 'required',
      apiKeys: createApiKeys([]),
      tokens: TOKENS,
      clock,
    }),
    api: createApi({
      model,
      tables: createMemoryTables(),
      publish: () => Promise.reject(new Error('expected nothing to be published here')),
      logger,
      clock,
      pageSecret: 'page-secret-of-the-attacks',
    }),
    hooks: {},
    settings: { ...DEFAULT_SETTINGS, leave },
    random: () => 0.5,
  };
  const context = breaking?.(sound) ?? sound;
  for (const { name } of WATCHERS) await watchAll(context, name);
  posts.clear();
  const deliver = createDeliver(context);
  return {
    now: () => clock.now(),
    async deliver(record) {
      posts.clear();
      const { failedFrom } = await deliver([record], { remainingMs: () => 60_000 });
      if (failedFrom) throw new Error(`expected the record to be delivered, got ${failedFrom.reason}`);
      return new Map(posts);
    },
  };
}

const TOKENS: TokenVerifier = {
  async verify(token) {
    const watcher = WATCHERS.find(({ name }) => name === token);
    if (!watcher) return { ok: false, reason: 'a malformed token' };
    const { name: subject, groups } = watcher;
    const claims = { provider: 'oidc', issuer: 'https://issuer.example', subject, groups } as const;
    return { ok: true, identity: { kind: 'jwt', hash: `hash of ${subject}`, claims } };
  },
};

async function watchAll(context: RelayContext, name: string): Promise<void> {
  await open(context, {
    connectionId: name,
    stage: 'attack',
    connectedAt: context.clock.now(),
    headers: new Map([
      ['sec-websocket-protocol', 'graphql-transport-ws'],
      ['authorization', name],
    ]),
    query: new Map(),
  });
  const send = (frame: object) => receive(context, { connectionId: name, body: JSON.stringify(frame) });
  const acknowledged = await send({ type: 'connection_init' });
  if (acknowledged !== '{"type":"connection_ack"}') throw new Error(`not let in: ${acknowledged}`);
  for (const { id, query } of WATCHES) {
    const reply = await send({ type: 'subscribe', id, payload: { query } });
    if (reply !== undefined) throw new Error(`expected ${name} to be subscribed to ${id}, got ${reply}`);
  }
}
