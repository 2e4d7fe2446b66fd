import type { FakeStreams } from '../../../src/testing/stream-options.ts';
import { TABLE } from './items.ts';
import { between } from './randomness.ts';
import { createWorkerProcess, LEASE_MS, type WorkerProcess, type WorkerSettings } from './worker-process.ts';
import type { World } from './world.ts';

const MOST_WORKERS = 5;
/** A start that is not through by then has met too many faults, and is begun anew. */
const START_MS = 60_000;

/** What was done to the workers and to the stream, by name. */
export type Deeds = Map<string, number>;

export interface Fleet {
  readonly alive: readonly WorkerProcess[];
  readonly deeds: Deeds;
  /** Starts one more. Resolves once it takes part, or is dead. */
  join(): Promise<void>;
  /** `kill -9`. @returns its id */
  kill(): string | undefined;
  /** Does one thing or another to a worker or to the stream. */
  strike(): Promise<void>;
  /** Lets the frozen go on. */
  thaw(): void;
  /** Stops all cleanly. */
  stop(): Promise<void>;
}

export function createFleet(
  world: World,
  streams: FakeStreams,
  settings: WorkerSettings & { readonly merges: boolean },
): Fleet {
  const { clock } = world;
  const { merges, ...workerSettings } = settings;
  const random = world.random('fleet');
  const alive: WorkerProcess[] = [];
  const deeds: Deeds = new Map();
  let started = 0;

  const remove = (gone: WorkerProcess) => {
    const at = alive.indexOf(gone);
    if (at >= 0) alive.splice(at, 1);
  };
  const pick = () => (alive.length > 0 ? random.pick(alive) : undefined);

  const join = async () => {
    started += 1;
    const own = createWorkerProcess(world, streams, `w${started}`, workerSettings);
    alive.push(own);
    const through = new AbortController();
    const start = own.worker.start().then(
      () => true,
      () => false,
    );
    const dead = own.process.died.catch(() => true);
    const late = clock.sleep(START_MS, through.signal).then(() => false);
    const isThrough = await Promise.race([start, dead, late]);
    through.abort();
    if (isThrough) return;
    own.process.kill('it did not start');
    remove(own);
  };
  const kill = () => {
    const own = pick();
    if (!own) return undefined;
    own.process.kill('kill -9');
    remove(own);
    return own.id;
  };
  const leave = async () => {
    const own = random.pick(alive);
    if (own.isFrozen) return;
    remove(own);
    const outcome = await Promise.race([own.worker.stop(between(random, 500, 25_000)), own.process.died]);
    deeds.set(outcome, (deeds.get(outcome) ?? 0) + 1);
  };
  const freeze = async () => {
    const own = random.pick(alive);
    if (own.isFrozen) return;
    own.isFrozen = true;
    own.process.freeze();
    await clock.sleep(between(random, 500, 4 * LEASE_MS));
    own.isFrozen = false;
    own.process.thaw();
  };
  const reshape = (kind: 'split' | 'rotate' | 'merge') => {
    const open = streams.openShards(TABLE);
    const at = random.integer(open.length);
    const [one, two] = [open[at], open[at + 1]];
    if (one === undefined) return;
    if (kind === 'rotate' || (kind === 'split' && open.length > MOST_OPEN)) streams.rotate(one);
    else if (kind === 'split') streams.split(one);
    else if (two !== undefined) streams.merge(one, two);
  };

  const STRIKES: readonly (readonly [string, () => unknown])[] = [
    ['kill', async () => void kill()],
    ['leave', leave],
    ['join', async () => (alive.length < MOST_WORKERS ? join() : undefined)],
    ['freeze', freeze],
    ['split', () => reshape('split')],
    ['rotate', () => reshape('rotate')],
    ...(merges ? [['merge', () => reshape('merge')] as const] : []),
    ['expire iterators', () => streams.expireIterators()],
  ];

  return {
    alive,
    deeds,
    join,
    kill,
    async strike() {
      const [name, strike] = random.pick(STRIKES);
      if (alive.length === 0) return join();
      deeds.set(name, (deeds.get(name) ?? 0) + 1);
      // Some take long; the next does not wait for it.
      void Promise.resolve(strike()).catch(() => {});
    },
    thaw() {
      for (const own of alive) {
        own.isFrozen = false;
        own.process.thaw();
      }
    },
    async stop() {
      await Promise.all(alive.map(({ worker }) => worker.stop(30_000)));
    },
  };
}

/** Beyond, a split is a rotation, or shards would be many and empty. */
const MOST_OPEN = 8;
