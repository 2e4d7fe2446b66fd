import type { DynamoDBRecord } from 'aws-lambda';
import pino from 'pino';
import type { Gap } from '../../../src/adapters/dynamodb-streams/gap.ts';
import type { Leases } from '../../../src/adapters/dynamodb-streams/leases.ts';
import { createWorker, type WorkerOptions } from '../../../src/adapters/dynamodb-streams/worker.ts';
import type { DeliverPage } from '../../../src/adapters/dynamodb-streams/worker-port.ts';
import { createMemoryLeases } from '../../../src/adapters/memory/leases.ts';
import type { Metrics } from '../../../src/relay/ports.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';
import { createFakeStreams } from '../../../src/testing/fake-streams.ts';
import type { FakeStreamsOptions } from '../../../src/testing/stream-options.ts';

export const START = Date.UTC(2026, 0, 1, 12);
export const TABLE = 'Items';
export const LEASE_MS = 10_000;
const DAY_MS = 24 * 3_600_000;

/** One record as a worker delivered it. */
export interface Delivered {
  readonly worker: string;
  /** `key=n`: the n-th change of an item. */
  readonly change: string;
  readonly at: number;
}

export interface LogLine {
  readonly event?: string;
  readonly workerId?: string;
  readonly [field: string]: unknown;
}

/** What stands between a worker and the world: nothing passes while it is shut. */
export interface Gate {
  /** The process is killed: no call it made is ever answered. */
  kill(): void;
  /** It is frozen (SIGSTOP, a long pause of the VM) until `resume`. */
  freeze(): void;
  resume(): void;
  /** The lease table fails every call until it is mended. */
  breakLeases(): void;
  mendLeases(): void;
}

export interface WorldOptions extends FakeStreamsOptions {
  readonly shards?: number;
}

/** A table with a stream, leases, and as many workers as a test wants, on a virtual clock. */
export function workerWorld({ shards = 1, ...options }: WorldOptions = {}) {
  const clock = createVirtualClock(START);
  const streams = createFakeStreams({ clock, seed: 1, ...options });
  const leases = createMemoryLeases();
  const delivered: Delivered[] = [];
  const gaps: Gap[] = [];
  const log: LogLine[] = [];
  const counts = new Map<string, number>();
  const versions = new Map<string, number>();
  const written: string[] = [];
  const shardOf = new Map<string, string>();
  const metrics: Metrics = {
    count: (name, value = 1) => void counts.set(name, (counts.get(name) ?? 0) + value),
    measure: (name, value) => void counts.set(`${name}.max`, Math.max(value, counts.get(`${name}.max`) ?? 0)),
    flush() {},
  };
  streams.createTable(TABLE, { shards });

  /** All the table's streams that can be read, on or off. */
  const streamArns = () => [
    ...new Set(
      streams
        .shards(TABLE)
        .filter(({ closedAt }) => closedAt === undefined || closedAt + DAY_MS > clock.now())
        .map(({ streamArn }) => streamArn),
    ),
  ];

  const deliverAs =
    (worker: string): DeliverPage =>
    async (records) => {
      for (const record of records) delivered.push({ worker, change: changeOf(record), at: clock.now() });
      return { batchItemFailures: [] };
    };

  function worker(name: string, overrides: Partial<WorkerOptions> = {}) {
    const { pass, gate, isBroken } = createGate();
    const through =
      <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>, leaseCall = false) =>
      async (...args: A): Promise<R> => {
        await pass();
        if (leaseCall && isBroken()) throw new Error('the lease table is away');
        const result = await call(...args);
        await pass();
        return result;
      };
    const api = overrides.api ?? streams.api(name);
    const deliver = overrides.deliver ?? deliverAs(name);
    const store = overrides.leases ?? leases;
    const made = createWorker({
      table: TABLE,
      resolveStream: streams.resolveStream(TABLE),
      clock,
      logger: pino({ level: 'debug' }, { write: (line) => log.push(JSON.parse(line)) }),
      metrics,
      workerId: name,
      leaseMs: LEASE_MS,
      random: () => 0.5,
      onGap: (gap) => void gaps.push(gap),
      ...overrides,
      api: {
        describeStream: through(api.describeStream),
        getShardIterator: through(api.getShardIterator),
        getRecords: through(api.getRecords),
        listStreams: through(
          api.listStreams ?? (async () => ({ Streams: streamArns().map((StreamArn) => ({ StreamArn })) })),
        ),
      },
      deliver: through(deliver),
      leases: gated(store, through),
    });
    return {
      ...gate,
      name,
      health: made.health,
      async start() {
        const started = made.start();
        await clock.run(started);
      },
      begin: () => made.start(),
      stop: (graceMs?: number) => clock.run(made.stop(graceMs)),
      /** Without waiting for it. */
      stopping: (graceMs?: number) => made.stop(graceMs),
    };
  }

  return {
    clock,
    streams,
    leases,
    delivered,
    gaps,
    log,
    counts,
    metrics,
    worker,
    deliverAs,
    written,
    /** Which shard took a change. */
    shardOf,
    /** Writes the next change of an item; its name as it is delivered. */
    write(key: string): string {
      const n = (versions.get(key) ?? 0) + 1;
      versions.set(key, n);
      const image = { id: { S: key }, n: { N: String(n) } };
      const record = streams.write(TABLE, { keys: { id: { S: key } }, newImage: image });
      const change = `${key}=${n}`;
      written.push(change);
      if (record) shardOf.set(change, record.shardId);
      return change;
    },
    changes: () => delivered.map(({ change }) => change),
    by: (name: string) => delivered.filter(({ worker: who }) => who === name).map(({ change }) => change),
    events: (name?: string) =>
      log.filter(({ workerId }) => name === undefined || workerId === name).map(({ event }) => event),
    /** Who holds which shard, by the rows. */
    async owners(): Promise<ReadonlyMap<string, string>> {
      const rows = await leases.list(streams.latestStreamArn(TABLE));
      return new Map(rows.flatMap(({ shardId, owner }) => (owner === undefined ? [] : [[shardId, owner]])));
    },
    /** Number of shards each worker holds. */
    async shares(): Promise<Readonly<Record<string, number>>> {
      const shares = new Map<string, number>();
      for (const owner of (await this.owners()).values()) shares.set(owner, (shares.get(owner) ?? 0) + 1);
      return Object.fromEntries([...shares].sort());
    },
    poll: (ms = 3_000) => clock.advance(ms),
  };
}

export type WorkerWorld = ReturnType<typeof workerWorld>;

export function changeOf(record: DynamoDBRecord): string {
  return `${record.dynamodb?.Keys?.['id']?.S}=${record.dynamodb?.NewImage?.['n']?.N}`;
}

/** What black-box reading of the deliveries says: what is missing, and what came out of order at first delivery. */
export function judge({ written, delivered }: Pick<WorkerWorld, 'written' | 'delivered'>) {
  const seen = new Set<string>();
  const newest = new Map<string, number>();
  const outOfOrder: string[] = [];
  let repeats = 0;
  for (const { change } of delivered) {
    if (seen.has(change)) {
      repeats += 1;
      continue;
    }
    seen.add(change);
    const [key = '', n = ''] = change.split('=');
    if (Number(n) !== (newest.get(key) ?? 0) + 1) outOfOrder.push(change);
    newest.set(key, Math.max(Number(n), newest.get(key) ?? 0));
  }
  return { lost: written.filter((change) => !seen.has(change)), outOfOrder, repeats };
}

function createGate() {
  let shut: Promise<void> | undefined;
  let open = () => {};
  let broken = false;
  let dead = false;
  const gate: Gate = {
    kill() {
      shut = new Promise(() => {});
      open = () => {};
      dead = true;
    },
    freeze() {
      shut ??= new Promise((resolve) => {
        open = resolve;
      });
    },
    resume() {
      if (dead) return;
      shut = undefined;
      open();
    },
    breakLeases() {
      broken = true;
    },
    mendLeases() {
      broken = false;
    },
  };
  const pass = async () => {
    while (shut) await shut;
  };
  return { gate, pass, isBroken: () => broken };
}

type Through = <A extends readonly unknown[], R>(
  call: (...args: A) => Promise<R>,
  leaseCall?: boolean,
) => (...args: A) => Promise<R>;

function gated(store: Leases, through: Through): Leases {
  return {
    list: through(store.list, true),
    create: through(store.create, true),
    take: through(store.take, true),
    renew: through(store.renew, true),
    checkpoint: through(store.checkpoint, true),
    release: through(store.release, true),
    ask: through(store.ask, true),
    withdraw: through(store.withdraw, true),
    forget: through(store.forget, true),
    currentStream: through(store.currentStream, true),
    moveStream: through(store.moveStream, true),
  };
}
