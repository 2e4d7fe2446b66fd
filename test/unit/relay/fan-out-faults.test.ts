import { describe, expect, test } from '@jest/globals';
import type { FanOutStore } from '../../../src/relay/fan-out/ports.ts';
import { createSeededRandom } from '../../../src/testing/random.ts';
import { todoRecord } from '../../fixtures/relay.ts';
import { createFanOutWorld, type FanOutWorldOptions, subscribeAll } from './fan-out-world.ts';

const CONNECTIONS = 24;
const ITEMS = ['a', 'b', 'c'];
const BATCHES = 30;

/** One change as a client was told of it: which item, and how many changes of it came before. */
interface Told {
  readonly item: string;
  readonly version: number;
}

interface Run {
  /** What each connection was told of, in order of arrival, repeats too. */
  readonly told: ReadonlyMap<string, readonly Told[]>;
  /** Connections whose operation was ended, or that were closed. */
  readonly ended: ReadonlySet<string>;
  /** Changes of each item. */
  readonly versions: ReadonlyMap<string, number>;
  readonly accepted: number;
  readonly direct: number;
}

/**
 * Batches of changes to a few items, of one change (which goes out directly) to three (which do not), delivered with the
 * stream function and two of `deliver` running side by side, and everything that may fail failing now and then.
 */
async function run(seed: number, wrapStore?: FanOutWorldOptions['wrapStore']): Promise<Run> {
  const random = createSeededRandom(seed);
  const world = createFanOutWorld({
    above: CONNECTIONS,
    lanes: 3,
    queue: {
      random: random.next,
      visibilityMs: 3_000,
      faults: { redeliver: 0.1, refuse: 0.03, unsure: 0.03 },
    },
    ...(wrapStore && { wrapStore }),
  });
  const { relay } = world;
  const { clock, connections } = relay;
  const ids = await subscribeAll(
    relay,
    CONNECTIONS,
    'subscription { onUpdateTodo { id priority completed } }',
  );
  const versions = new Map(ITEMS.map((item) => [item, 0]));
  const change = () => {
    const item = random.pick(ITEMS);
    const version = (versions.get(item) ?? 0) + 1;
    versions.set(item, version);
    const image = (priority: number) => ({
      id: { S: item },
      title: { S: 't' },
      priority: { N: String(priority) },
    });
    return todoRecord(clock.now(), { oldImage: image(version - 1), newImage: image(version) });
  };

  let isOver = false;
  const stream = async () => {
    for (let batch = 0; batch < BATCHES; batch += 1) {
      let left = Array.from({ length: 1 + random.integer(3) }, change);
      // A post may fail once, as it does now and then.
      for (const id of ids) if (random.chance(0.05)) connections.script(id, 'unavailable');
      while (left.length > 0) {
        const { failedFrom } = await world.stream(left);
        if (!failedFrom) break;
        const from = left.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failedFrom.sequenceNumber);
        left = left.slice(Math.max(0, from));
        await clock.sleep(200);
      }
      await clock.sleep(random.integer(2_000));
    }
    isOver = true;
  };
  const consume = async () => {
    while (!isOver || world.queue.depth > 0) {
      // An invocation that is cut off early leaves messages to come again.
      let looks = random.chance(0.1) ? random.integer(30) : Number.POSITIVE_INFINITY;
      const remaining = () => {
        looks -= 1;
        return looks > 0 ? 10_000 : 0;
      };
      if ((await world.consume(remaining)) === undefined) await clock.sleep(500);
    }
  };
  await clock.run(Promise.all([stream(), consume(), consume()]));

  const told = new Map<string, Told[]>();
  const ended = new Set<string>();
  for (const id of ids) {
    const frames = relay.frames(id);
    if (frames.some(({ type }) => type === 'error') || connections.closedByServer(id)) ended.add(id);
    told.set(
      id,
      frames.flatMap(({ payload }) => {
        const text = JSON.stringify(payload ?? null);
        const item = /"id":"(\w+)"/.exec(text)?.[1];
        const version = /"priority":(\d+)/.exec(text)?.[1];
        return item && version ? [{ item, version: Number(version) }] : [];
      }),
    );
  }
  const direct = relay.logs.filter(({ event, sent }) => event === 'stream.batch' && Number(sent) > 0).length;
  return { told, ended, versions, accepted: world.queue.accepted, direct };
}

/** Changes that a connection was first told of after a later one of the same item. */
function outOfOrder(told: readonly Told[]): Told[] {
  const newest = new Map<string, number>();
  const seen = new Set<string>();
  return told.filter(({ item, version }) => {
    const key = `${item} ${version}`;
    if (seen.has(key)) return false;
    seen.add(key);
    const before = newest.get(item) ?? 0;
    newest.set(item, Math.max(before, version));
    return version < before;
  });
}

const SEEDS = [1, 2, 3, 4];

describe('with redelivered messages, sends that fail or go unanswered, and invocations that are cut off', () => {
  test.each(SEEDS)('C2 C3 nothing is lost and each item’s changes come in order, seed %i', async (seed) => {
    const { told, ended, versions, accepted, direct } = await run(seed);
    expect(accepted).toBeGreaterThan(10);
    expect(direct).toBeGreaterThan(0);
    // Who could not be served was told so; nearly all were served.
    expect(ended.size).toBeLessThan(CONNECTIONS / 4);
    for (const [id, changes] of told) {
      expect({ id, outOfOrder: outOfOrder(changes) }).toEqual({ id, outOfOrder: [] });
      if (ended.has(id)) continue;
      for (const [item, last] of versions) {
        const got = new Set(changes.filter((each) => each.item === item).map(({ version }) => version));
        expect({ id, item, got: got.size }).toEqual({ id, item, got: last });
      }
    }
  });

  test('the same runs are out of order when batches do not look for what waits', async () => {
    const blind = (store: FanOutStore): FanOutStore => ({ ...store, outstanding: async () => undefined });
    const runs = await Promise.all(SEEDS.map((seed) => run(seed, blind)));
    const wrong = runs.filter(({ told }) =>
      [...told.values()].some((changes) => outOfOrder(changes).length > 0),
    );
    expect(wrong.length).toBeGreaterThan(0);
  });
});
