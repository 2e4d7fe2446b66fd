import { createWorker } from '../../../src/adapters/dynamodb-streams/worker.ts';
import type { Worker } from '../../../src/adapters/dynamodb-streams/worker-port.ts';
import { createMemoryLeases } from '../../../src/adapters/memory/leases.ts';
import { batchResponse } from '../../../src/relay/deliver/batch-response.ts';
import { lostUnread, reportGap } from '../../../src/relay/gap.ts';
import { createFakeStreams } from '../../../src/testing/fake-streams.ts';
import type { FakeStreams } from '../../../src/testing/stream-options.ts';
import type { Scenario } from './queue.ts';
import { AFFECTED, createGapWorld, type GapWorld, judgeTold, TABLE, type Told } from './world.ts';

/** Long enough for a worker to take its lease, meet the loss and tell it. */
const SETTLING_MS = 20_000;
const LEASE_MS = 3_000;
/** 24 hours on AWS, which no connection lives for. */
const RETENTION_MS = 600_000;

interface StreamWorld extends GapWorld {
  readonly streams: FakeStreams;
  /** A worker starts, and there is time for what it finds. */
  work(): Promise<Worker>;
  write(id: string): void;
}

/** A worker reads the table's stream, and stops; the scenario goes on from there. */
async function reading(random: () => number, play: (world: StreamWorld) => Promise<void>): Promise<GapWorld> {
  const world = await createGapWorld(random);
  const { clock, relay, deliver } = world;
  const seed = Math.floor(random() * 2 ** 32);
  const streams = createFakeStreams({ clock, seed, retentionMs: RETENTION_MS });
  streams.createTable(TABLE);
  const leases = createMemoryLeases();
  let workers = 0;
  const stopped = async (worker: Worker) => clock.run(worker.stop());
  const streamWorld: StreamWorld = Object.assign(world, {
    streams,
    async work() {
      workers += 1;
      let attempts = 0;
      const worker = createWorker({
        table: TABLE,
        api: streams.api(`worker-${workers}`),
        resolveStream: streams.resolveStream(TABLE),
        leases,
        deliver: async (records, time) => batchResponse(await deliver(records, time)),
        clock,
        logger: relay.context.logger,
        metrics: relay.context.metrics,
        leaseMs: LEASE_MS,
        random,
        onGap(gap) {
          attempts += 1;
          // While nobody can be told, it counts from the attempt that finds the gateway at work.
          if (attempts > 1) world.toldFrom = clock.now();
          return reportGap(relay.context, lostUnread(TABLE, gap));
        },
      });
      world.toldFrom = clock.now();
      void worker.start();
      await clock.advance(SETTLING_MS);
      return worker;
    },
    write(id: string) {
      const keys = { id: { S: id } };
      streams.write(TABLE, { keys, newImage: keys });
    },
  });
  const first = await streamWorld.work();
  // Something to have got to: from a mere point in time on, nobody can tell what is missing.
  streamWorld.write('0');
  await clock.advance(SETTLING_MS);
  await stopped(first);
  await play(streamWorld);
  return world;
}

/** Everyone who subscribes is told: how old the records were that are gone, nobody can say. */
const EVERYONE = { gaps: 1, laterIsTold: true } as const;

/** Worker path: what leaves the stream before it was read. */
export const STREAM_SCENARIOS: readonly Scenario[] = [
  {
    name: 'records trimmed before a worker came back',
    gaps: 1,
    async run(random) {
      const world = await reading(random, async ({ streams, clock, connectLater, write, work }) => {
        for (const id of ['1', '2', '3', '4']) write(id);
        for (const shardId of streams.openShards(TABLE)) streams.trim(shardId);
        await clock.run(connectLater());
        const worker = await work();
        await clock.run(worker.stop());
      });
      return judgeTold(world, EVERYONE);
    },
  },
  {
    name: 'records trimmed while the gateway is down',
    gaps: 1,
    async run(random) {
      const world = await reading(
        random,
        async ({ streams, clock, connections, connectLater, write, work }) => {
          await clock.run(connectLater());
          for (const id of ['1', '2']) write(id);
          for (const shardId of streams.openShards(TABLE)) streams.trim(shardId);
          connections.outage('forbidden');
          const worker = await work();
          connections.outage(undefined);
          await clock.advance(SETTLING_MS);
          await clock.run(worker.stop());
        },
      );
      return judgeTold(world, EVERYONE);
    },
  },
  {
    name: 'the stream replaced, and the old one gone',
    gaps: 1,
    async run(random) {
      const world = await reading(random, async ({ streams, clock, connectLater, write, work }) => {
        await clock.run(connectLater());
        write('1');
        streams.dropTable(TABLE);
        streams.createTable(TABLE);
        await clock.advance(2 * RETENTION_MS);
        const worker = await work();
        await clock.run(worker.stop());
      });
      return judgeTold(world, EVERYONE);
    },
  },
  {
    name: 'the stream replaced, and the old one readable',
    gaps: 0,
    async run(random) {
      const world = await reading(random, async ({ streams, clock, connectLater, write, work }) => {
        write('1');
        streams.disable(TABLE);
        streams.enable(TABLE);
        write('2');
        await clock.run(connectLater());
        const worker = await work();
        await clock.run(worker.stop());
      });
      const told = await judgeTold(world, { gaps: 0, laterIsTold: false });
      return { ...told, faults: [...told.faults, ...judgeDelivered(world, ['0', '1', '2'])] };
    },
  },
];

function judgeDelivered({ connections }: GapWorld, ids: readonly string[]): Told['faults'] {
  return AFFECTED.flatMap((subscriber) => {
    const got = connections
      .frames(subscriber)
      .map((frame) => JSON.parse(frame).payload?.data?.onCreateTodo?.id)
      .filter((id) => id !== undefined);
    return got.join() === ids.join()
      ? []
      : [`${subscriber}: expected changes ${ids.join()}, got ${got.join() || 'none'}`];
  });
}
