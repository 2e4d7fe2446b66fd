import type fc from 'fast-check';
import { createDynamoDBRegistry } from '../../../src/adapters/dynamodb/registry.ts';
import { close } from '../../../src/relay/close.ts';
import { CONNECTION_LIFE_SECONDS, type RelayContext } from '../../../src/relay/context.ts';
import { createDeliver, type Deliver } from '../../../src/relay/deliver/deliver.ts';
import { open } from '../../../src/relay/open.ts';
import type { Clock } from '../../../src/relay/ports.ts';
import { receive } from '../../../src/relay/receive.ts';
import type { FakeConnections } from '../../../src/testing/connection-options.ts';
import { createFakeConnections } from '../../../src/testing/connections.ts';
import { DynamoDBTable, type TableRow } from '../../../src/testing/dynamodb-table.ts';
import { createdRecord } from './records.ts';

const START = Date.UTC(2026, 0, 1);

/** No pause of the relay is as long; what is only ends when it is called off, as the time an answer may take. */
const NEVER_MS = 10_000;

/** A change as the writer knows it: committed at `at`, found in the stream from then on. */
export interface Committed {
  readonly item: string;
  /** Epoch ms. */
  readonly at: number;
  readonly record: unknown;
}

/** One interleaving's world: every effect on a row, every post and every pause is a step that the scheduler releases. */
export interface RaceWorld {
  readonly connections: FakeConnections;
  readonly clock: Clock;
  /** Lets all run to their end, in the order the scheduler chooses; outside of it everything happens at once. */
  race(...work: readonly (() => Promise<unknown>)[]): Promise<void>;
  /** A moment that anything may come before or after. */
  moment(label: string): Promise<void>;
  /** A process that remembers nothing, as the invocation of a function may be. */
  process(): RelayContext;
  /** `$connect`, and `connection_init` unless told not to. */
  connect(id: string, init?: 'init' | 'no init'): Promise<void>;
  /** One frame in an invocation of its own; its reply. */
  frame(id: string, message: object): Promise<string | undefined>;
  /** Subscribes to what is created with title "x". True when the relay has confirmed that it is active. */
  subscribe(id: string, clientId: string): Promise<boolean>;
  /** The client ends one. */
  complete(id: string, clientId: string): Promise<void>;
  /** The socket closes, and `$disconnect` comes. */
  disconnect(id: string): Promise<void>;
  /** Writes the next item, with title "x". */
  commit(): Committed;
  /** The batch is delivered until all of it is done, by a process of its own unless one is given. */
  deliver(changes: readonly Committed[], deliver?: Deliver): Promise<void>;
  deliverer(): Deliver;
  /** Items a subscription was told of, in order. */
  got(id: string, clientId: string): string[];
  advance(ms: number): void;
  rows(): TableRow[];
}

/** @param base a relay of which all but registry, transport and clock is used */
export function createRaceWorld(s: fc.Scheduler, base: RelayContext): RaceWorld {
  let scheduled = false;
  let now = START;
  let items = 0;
  const step = async (label: string) => {
    if (scheduled) await s.schedule(Promise.resolve(), label);
  };
  const client = new DynamoDBTable({
    tableName: 'relay',
    step: async ({ operation, pk, sk }) => {
      await step(`${operation} ${pk} ${sk ?? ''}`);
      return 'apply';
    },
  });
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve(), { once: true });
        if (signal?.aborted || ms >= NEVER_MS) return;
        void step(`sleep ${ms}`).then(() => {
          // One that was called off has not lasted.
          if (signal?.aborted !== true) now += ms;
          resolve();
        });
      }),
  };
  const connections = createFakeConnections({ clock });
  const process = (): RelayContext => ({
    ...base,
    clock,
    registry: createDynamoDBRegistry({ client, tableName: 'relay', clock, random: () => 0.5 }),
    transport: {
      async post(target, frame) {
        await step(`post ${target.connectionId}`);
        return connections.transport.post(target, frame);
      },
      disconnect: (target) => connections.transport.disconnect(target),
    },
  });

  const world: RaceWorld = {
    connections,
    clock,
    async race(...work) {
      scheduled = true;
      await s.waitFor(Promise.all(work.map((each) => each())));
      scheduled = false;
    },
    moment: step,
    process,
    async connect(id, init = 'init') {
      connections.open(id);
      await open(process(), {
        connectionId: id,
        stage: 'race',
        connectedAt: now,
        headers: new Map([['sec-websocket-protocol', 'graphql-transport-ws']]),
        query: new Map(),
      });
      if (init === 'init') await world.frame(id, { type: 'connection_init' });
    },
    frame: (id, message) => receive(process(), { connectionId: id, body: JSON.stringify(message) }),
    async subscribe(id, clientId) {
      const payload = {
        query: 'subscription { onCreateTodo(title: "x") { id } }',
        extensions: { confirm: true },
      };
      const reply = await world.frame(id, { type: 'subscribe', id: clientId, payload });
      return reply?.includes('"subscribed":true') ?? false;
    },
    async complete(id, clientId) {
      await world.frame(id, { type: 'complete', id: clientId });
    },
    async disconnect(id) {
      connections.close(id);
      await close(process(), id);
    },
    commit() {
      items += 1;
      const item = `item ${items}`;
      return { item, at: now, record: createdRecord(item, now, items) };
    },
    deliverer: () => createDeliver(process()),
    async deliver(changes, deliver = createDeliver(process())) {
      const records = changes.map(({ record }) => record);
      for (let tries = 0; tries < MAX_DELIVERIES; tries += 1) {
        const { failedFrom } = await deliver(records, { remainingMs: () => 60_000 });
        if (!failedFrom) return;
      }
      throw new Error(
        `expected the batch to be done after ${MAX_DELIVERIES} deliveries, but it still failed`,
      );
    },
    got: (id, clientId) =>
      connections.frames(id).flatMap((text) => {
        const frame: { id?: string; payload?: { data?: { onCreateTodo?: { id: string } | null } } } =
          JSON.parse(text);
        const item = frame.id === clientId ? frame.payload?.data?.onCreateTodo?.id : undefined;
        return item === undefined ? [] : [item];
      }),
    advance(ms) {
      now += ms;
    },
    rows: () => client.rows(),
  };
  return world;
}

/** Deliveries of one batch that go on failing are a fault of the relay here, where nothing is made to fail. */
const MAX_DELIVERIES = 5;

export const LIFE_MS = CONNECTION_LIFE_SECONDS * 1_000;

/** Subscription rows that do not belong together: of a filter key without its SUB row, or the other way round. */
export function misfits(rows: readonly TableRow[]): string[] {
  const found = rows.flatMap(({ pk, sk }) => (/^KEY#/.test(String(pk)) ? `${pk} ${sk}` : []));
  const named = rows.flatMap(({ pk, sk, nonce, places }) => {
    const [connection, h] = [String(pk).replace('CONN#', ''), String(sk).replace('SUB#', '')];
    return (Array.isArray(places) ? places : []).map((place) => `KEY#${place} ${connection}#${h}#${nonce}`);
  });
  const both = new Set(found.filter((row) => named.includes(row)));
  return [...new Set([...found, ...named])].filter((row) => !both.has(row));
}

/** Rows under filter keys and of subscriptions. */
export const subscribed = (rows: readonly TableRow[]): TableRow[] =>
  rows.filter(({ pk, nonce }) => nonce !== undefined || /^KEY#/.test(String(pk)));
