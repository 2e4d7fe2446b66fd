import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Image } from '../../../src/change/change.ts';
import { createDeliver } from '../../../src/relay/deliver/deliver.ts';
import type { Metrics } from '../../../src/relay/ports.ts';
import { createTestRelay, drive, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

let relay: TestRelay;
let counts: Map<string, number>;
let measures: [name: string, value: number][];

beforeEach(async () => {
  relay = createTestRelay();
  counts = new Map();
  measures = [];
  await relay.connect('c');
  await relay.subscribe('c', '1', 'subscription { onCreateTodo(priority: 1) { id } }');
  await relay.connect('d');
  await relay.subscribe('d', '1', 'subscription { onCreateTodo { id } }');
});

/** Delivers with metrics that keep every call. */
async function deliver(records: readonly unknown[]) {
  const metrics: Metrics = {
    count: (name, value = 1) => void counts.set(name, (counts.get(name) ?? 0) + value),
    measure: (name, value) => void measures.push([name, value]),
    flush() {},
  };
  const run = createDeliver({ ...relay.context, metrics });
  await drive(relay.clock, run(records, { remainingMs: () => 60_000 }));
}

const item = (priority: number): Image => ({ id: { S: 'a' }, priority: { N: String(priority) } });
const insert = (priority: number, at = relay.clock.now()) => todoRecord(at, { newImage: item(priority) });
const of = (name: string) => measures.filter(([each]) => each === name).map(([, value]) => value);

describe('what a batch counts and measures', () => {
  test('what was owed, what was delivered, and the lag of each frame from the creation of its record', async () => {
    const at = relay.clock.now();
    await relay.clock.advance(2_500);
    await deliver([insert(1, at), insert(2, at + 1_000)]);
    expect(counts.get('matched')).toBe(3);
    expect(counts.get('delivered')).toBe(3);
    expect(of('lag').sort((a, b) => a - b)).toEqual([1_500, 2_500, 2_500]);
  });

  test('a clock that is behind that of DynamoDB makes no negative lag', async () => {
    await deliver([insert(1, relay.clock.now() + 4_000)]);
    expect(of('lag')).toEqual([0, 0]);
  });

  test('the queries of the batch: one a table, and one a filter key and shard', async () => {
    const shapes = await relay.context.registry.shapes('Todos');
    const shards = (names: readonly string[]) =>
      shapes.find((shape) => shape.names.join() === names.join())?.shards ?? 0;
    // Two items with values of their own of `priority`, and the empty shape, which is one key for both.
    await deliver([insert(1), insert(2)]);
    expect(of('lookups')).toEqual([1 + shards([]) + 2 * shards(['priority'])]);
    await deliver([]);
    expect(of('lookups')).toHaveLength(1);
  });

  test('nothing is measured of what did not arrive', async () => {
    relay.connections.close('c');
    await deliver([insert(1)]);
    expect(counts.get('connection.gone')).toBe(1);
    expect(counts.get('matched')).toBe(2);
    expect(of('lag')).toHaveLength(1);
  });

  test('what our own code stumbles over is counted as poison and as a gap', async () => {
    const { model } = relay.context;
    const broken = { ...relay.context, model: { ...model, subscriptions: poisoned(model.subscriptions) } };
    const metrics: Metrics = {
      count: (name, value = 1) => void counts.set(name, (counts.get(name) ?? 0) + value),
      measure() {},
      flush() {},
    };
    const run = createDeliver({ ...broken, metrics });
    await drive(relay.clock, run([insert(1)], { remainingMs: () => 60_000 }));
    expect([counts.get('record.poison'), counts.get('gap')]).toEqual([1, 1]);
  });
});

/** A model whose fields cannot be read: as good as any fault of ours. */
function poisoned<T extends ReadonlyMap<string, unknown>>(subscriptions: T): T {
  return new Proxy(subscriptions, {
    get: (target, name) => {
      if (name === 'values') throw new Error('a fault of ours');
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
