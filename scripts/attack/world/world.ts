import { type Logger, pino } from 'pino';
import { createMemoryRegistry } from '../../../src/adapters/memory/registry.ts';
import { createMemoryTables } from '../../../src/adapters/memory/tables.ts';
import { createApi } from '../../../src/api/api.ts';
import { DEFAULT_HTTP_SETTINGS } from '../../../src/api/http/exchange.ts';
import { createHttpHandler, type HttpHandler } from '../../../src/api/http/handler.ts';
import type { Tables } from '../../../src/api/ports.ts';
import { createCounters } from '../../../src/observe/counters.ts';
import type { Project } from '../../../src/project.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { close } from '../../../src/relay/close.ts';
import { DEFAULT_SETTINGS, type RelayContext, type RelaySettings } from '../../../src/relay/context.ts';
import { createFrameRate } from '../../../src/relay/frame-rate.ts';
import { type OpenOutcome, open } from '../../../src/relay/open.ts';
import type { MonotonicClock, Registry } from '../../../src/relay/ports.ts';
import { createPublish } from '../../../src/relay/publish.ts';
import { receive } from '../../../src/relay/receive.ts';
import { loadModel } from '../../../src/schema/load.ts';
import { createInstantClock } from './clock.ts';
import { createAttackAuthenticator } from './credentials.ts';

export const STAGE = 'attack';

/** Types with rules of every kind, and one that anybody who is let in may read. */
export const RULED_SDL = `
type Todo @table(name: "Todos", writer: "by") @auth(rules: [{allow: public}, {allow: private, provider: oidc}]) {
  id: ID!  title: String!  memo: String  priority: Int  completed: Boolean  by: String  tags: [String]
}
type Note @table(name: "Notes") @auth(rules: [{allow: owner, provider: oidc, identityClaim: "sub"}, {allow: groups, groups: ["Admin"], provider: oidc}]) {
  id: ID!  owner: String  text: String
}
`;

/** What an upgrade brings. */
export interface AttackUpgrade {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

/** A whole relay in this process, behind real authentication, as whoever attacks it meets it. */
export interface AttackWorld {
  readonly context: RelayContext;
  readonly clock: MonotonicClock & { pass?(ms: number): void };
  readonly tables: Tables;
  readonly http: HttpHandler;
  /** The relay's own `$default`, or what was planted in its place. */
  readonly receive: typeof receive;
  open(connectionId: string, upgrade: AttackUpgrade): Promise<OpenOutcome>;
  /** One frame, as text or binary; resolves with all that was answered, in order. */
  send(connectionId: string, body: string | undefined): Promise<readonly string[]>;
  disconnect(connectionId: string): Promise<void>;
  /** Takes the frames that were posted to a connection so far. */
  posted(connectionId: string): readonly string[];
  /** Connections the relay has cut. */
  readonly cut: ReadonlySet<string>;
}

export interface AttackWorldOptions {
  readonly sdl?: string;
  readonly project?: Project;
  readonly settings?: Partial<RelaySettings>;
  readonly clock?: MonotonicClock;
  readonly logger?: Logger;
  readonly createRegistry?: (clock: MonotonicClock) => Registry;
  readonly wrapTables?: (tables: Tables) => Tables;
  /** In place of the relay's own: what an attack must find is planted here. */
  readonly receive?: typeof receive;
}

/** Frames of one attacker come as fast as it likes here; the limit on them has attacks of its own. */
const UNLIMITED_FRAMES = 1_000_000_000;

export function createAttackWorld(options: AttackWorldOptions = {}): AttackWorld {
  const clock = options.clock ?? createInstantClock();
  const logger = options.logger ?? pino({ level: 'silent' });
  const model = loadModel(options.sdl ?? RULED_SDL, { file: 'schema.graphql' });
  const memory = createMemoryTables();
  const tables = options.wrapTables?.(memory) ?? memory;
  const posts = new Map<string, string[]>();
  const cut = new Set<string>();
  const settings: RelaySettings = {
    ...DEFAULT_SETTINGS,
    initWaitMs: 0,
    limits: { ...DEFAULT_LIMITS, framesPerMinute: UNLIMITED_FRAMES },
    ...options.settings,
  };
  const { resolvers, hooks = {} } = options.project ?? {};
  const context: RelayContext = {
    model,
    registry: options.createRegistry?.(clock) ?? createMemoryRegistry({ clock }),
    transport: {
      async post({ connectionId }, frame) {
        const own = posts.get(connectionId) ?? [];
        posts.set(connectionId, own);
        own.push(Buffer.from(frame).toString('utf8'));
        return { kind: 'sent' };
      },
      async disconnect({ connectionId }) {
        cut.add(connectionId);
        return { kind: 'sent' };
      },
    },
    clock,
    metrics: createCounters(),
    logger,
    authenticator: createAttackAuthenticator(clock),
    api: createApi({
      model,
      tables,
      ...(resolvers && { resolvers }),
      publish: (field, payload) => createPublish(context)(field, payload),
      logger,
      clock,
      pageSecret: 'page-secret-of-the-attacks',
    }),
    hooks,
    settings,
    random: () => 0.5,
    frameRate: createFrameRate(settings.limits.framesPerMinute, () => clock.monotonic()),
  };
  const { api, authenticator } = context;
  const answer = options.receive ?? receive;
  const world: AttackWorld = {
    context,
    cut,
    receive: answer,
    clock,
    tables,
    http: createHttpHandler({ api, authenticator, hooks, logger, settings: DEFAULT_HTTP_SETTINGS }),
    open: (connectionId, { headers = {}, query = {} }) =>
      open(context, {
        connectionId,
        stage: STAGE,
        connectedAt: clock.now(),
        headers: new Map(Object.entries(headers)),
        query: new Map(Object.entries(query)),
      }),
    async send(connectionId, body) {
      world.posted(connectionId);
      const reply = await answer(context, { connectionId, body });
      return [...world.posted(connectionId), ...(reply === undefined ? [] : [reply])];
    },
    disconnect: (connectionId) => close(context, connectionId),
    posted(connectionId) {
      const own = posts.get(connectionId) ?? [];
      posts.delete(connectionId);
      return own;
    },
  };
  return world;
}
