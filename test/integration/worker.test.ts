import { DeleteTableCommand, DescribeTableCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureBuilt } from '../fixtures/built.ts';
import { useDynamoDB } from '../fixtures/dynamodb.ts';
import type { WorkerProcess } from '../fixtures/worker.ts';
import { createWorkerWorld, LEASE_MS, until, type WorkerWorld, type WorldOptions } from './worker-world.ts';

/** Workers as real processes: the built command, DynamoDB Local, and a fake @connections behind HTTP. */

const dynamodb = useDynamoDB();
beforeAll(ensureBuilt, 300_000);

const worlds: WorkerWorld[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
}, 30_000);

async function world(options: WorldOptions = {}): Promise<WorkerWorld> {
  const made = await createWorkerWorld(dynamodb, options);
  worlds.push(made);
  return made;
}

/** Nothing lost, and of each item the changes in the order they were committed. */
function expectComplete({ clients, received, written }: WorkerWorld): void {
  for (const client of clients) {
    const { first } = received(client);
    expect(new Set(first)).toEqual(new Set(written));
    expect(byItem(first)).toEqual(byItem(written));
  }
}

function byItem(changes: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const items = new Map<string, string[]>();
  for (const change of changes) {
    const [item = ''] = change.split('=');
    items.set(item, [...(items.get(item) ?? []), change]);
  }
  return items;
}

const repeatsOf = ({ clients, received }: WorkerWorld) => clients.map((id) => received(id).repeats);

describe('the worker as a process', () => {
  test('C2 C3: every change is delivered once, in order, and the start says what is read and how', async () => {
    const w = await world();
    const worker = await w.worker();
    await worker.logged('worker.ready');
    await w.write(60);
    await w.allDelivered();
    expectComplete(w);
    expect(repeatsOf(w)).toEqual([0, 0, 0]);
    const { workerId } = await worker.logged('worker.start');
    expect(workerId).toEqual(expect.any(String));
    expect(await worker.logged('worker.settings')).toMatchObject({ leaseMs: LEASE_MS, batchSize: 100 });
    expect(await worker.logged('worker.tables')).toMatchObject({ tables: [w.table] });
    expect(await worker.logged('worker.streams')).toMatchObject({
      streams: [expect.stringContaining(`table/${w.table}/stream/`)],
    });
    const readers = await worker.logged('worker.readers');
    expect(readers).toMatchObject({ level: 'warn', msg: expect.stringContaining('two readers a shard') });
  }, 90_000);

  test('/healthz says that it reads, which shards and how far behind, and nothing that is secret', async () => {
    const w = await world();
    const worker = await w.worker();
    await worker.logged('worker.ready');
    await w.write(3);
    await w.allDelivered();
    const { status, body } = await worker.health();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ok: true,
      state: 'running',
      problems: [],
      tables: [{ table: w.table, ok: true, shards: [{ shardId: expect.stringMatching(/^shardId-/) }] }],
    });
    expect(JSON.stringify(body)).not.toMatch(/item-|client-|local/);
  }, 60_000);

  test('a table under another name, with a field that resolvers.ts answers, is delivered as by the function', async () => {
    const w = await world({
      schemaName: 'Things',
      resolved: {
        field: 'label',
        resolver: ({ id }) => `label of ${id}`,
        files: {
          'label.ts': 'export const label = (id: string): string => "label of " + id;',
          'resolvers.ts':
            "import { label } from './label.ts';\nexport const resolvers = { Item: { label: (item: { id: string }) => label(item.id) } };",
        },
      },
    });
    const worker = await w.worker({ TABLECAST_TABLE_NAMES: JSON.stringify({ [w.table]: 'Things' }) });
    await worker.logged('worker.ready');
    await w.write(3);
    await w.allDelivered();
    const items = w.connections
      .frames('client-1=')
      .map((frame) => JSON.parse(frame).payload.data.onChangeItem.item);
    expect(items).toEqual([
      { id: 'item-0', n: 0, label: 'label of item-0' },
      { id: 'item-1', n: 1, label: 'label of item-1' },
      { id: 'item-2', n: 2, label: 'label of item-2' },
    ]);
  }, 60_000);

  test('C2: SIGTERM under load: exit 0 in time, and the next worker goes on with nothing twice', async () => {
    const w = await world();
    const first = await w.worker();
    await first.logged('worker.ready');
    const load = w.load();
    await until(
      () => w.received('client-1=').first.length > 50,
      () => 'changes to be delivered',
      30_000,
    );
    const { exitCode, ms, stderr } = await first.end('SIGTERM');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(ms).toBeLessThan(25_000);
    const before = w.received('client-1=').first.length;
    const second = await w.worker();
    await until(
      () => w.received('client-1=').first.length > before + 50,
      () => 'more changes',
      30_000,
    );
    await load.end();
    await w.allDelivered();
    expect((await second.end('SIGTERM')).exitCode).toBe(0);
    expectComplete(w);
    expect(repeatsOf(w)).toEqual([0, 0, 0]);
  }, 120_000);

  test('C2 C3: kill -9 under load: another takes over within two lease times, and nothing is lost', async () => {
    const w = await world();
    const first = await w.worker();
    await first.logged('worker.ready');
    const second = await w.worker();
    await second.logged('worker.ready');
    const load = w.load();
    await until(
      () => w.received('client-1=').first.length > 50,
      () => 'changes to be delivered',
      30_000,
    );
    const killedAt = Date.now();
    await first.end('SIGKILL');
    await second.logged('worker.lease_taken', 30_000);
    const before = w.received('client-1=').first.length;
    await until(
      () => w.received('client-1=').first.length > before,
      () => 'a change from the other',
      30_000,
    );
    const tookMs = Date.now() - killedAt;
    await load.end();
    await w.allDelivered();
    expect(tookMs).toBeLessThanOrEqual(2 * LEASE_MS);
    expectComplete(w);
    for (const repeats of repeatsOf(w)) expect(repeats).toBeLessThanOrEqual(100);
  }, 120_000);

  test('C2 C3: stopped for longer than its lease (SIGSTOP) and woken under load, it has lost its shard and goes on as a stand-in', async () => {
    const w = await world();
    const first = await w.worker();
    await first.logged('worker.lease_taken');
    const second = await w.worker();
    await second.logged('worker.ready');
    const load = w.load();
    const more = async (count: number) => {
      const before = w.received('client-1=').first.length;
      await until(
        () => w.received('client-1=').first.length > before + count,
        () => 'changes to be delivered',
        30_000,
      );
    };
    await more(50);
    first.send('SIGSTOP');
    await second.logged('worker.lease_taken', 30_000);
    await more(50);
    first.send('SIGCONT');
    await more(100);
    await load.end();
    await w.allDelivered();
    expectComplete(w);
    // What it had under way: its page, and no more.
    for (const repeats of repeatsOf(w)) expect(repeats).toBeLessThanOrEqual(100);
    const shardsOf = async (worker: WorkerProcess) =>
      JSON.stringify((await worker.health()).body).match(/shardId-[\w-]+/g)?.length ?? 0;
    expect([await shardsOf(first), await shardsOf(second)]).toEqual([0, 1]);
    expect((await first.health()).body).toMatchObject({ ok: true, problems: [] });
    expect((await first.end('SIGTERM')).exitCode).toBe(0);
    const before = repeatsOf(w);
    await w.write(10);
    await w.allDelivered();
    expect(repeatsOf(w)).toEqual(before);
  }, 120_000);

  test('two workers share the work: each shard is read by one of them, and every change comes once', async () => {
    const w = await world();
    const workers = [await w.worker(), await w.worker()];
    for (const worker of workers) await worker.logged('worker.ready');
    const load = w.load();
    await until(
      () => w.received('client-1=').first.length > 100,
      () => 'changes to be delivered',
      30_000,
    );
    const bodies = await Promise.all(workers.map(async (worker) => (await worker.health()).body));
    await load.end();
    await w.allDelivered();
    const shards = bodies.flatMap((body) => JSON.stringify(body).match(/shardId-[\w-]+/g) ?? []);
    expect(shards).toHaveLength(1);
    expect(bodies.map(({ ok }) => ok)).toEqual([true, true]);
    expectComplete(w);
    expect(repeatsOf(w)).toEqual([0, 0, 0]);
  }, 120_000);

  test('C2 C3: a stream switched off and on twice is read to its end, and each after it from its first record', async () => {
    const w = await world();
    const worker = await w.worker();
    await worker.logged('worker.ready');
    await w.write(10);
    await w.allDelivered();
    const turn = (StreamSpecification: UpdateTableCommand['input']['StreamSpecification']) =>
      dynamodb.client.send(new UpdateTableCommand({ TableName: w.table, StreamSpecification }));
    const arn = async () =>
      (await dynamodb.client.send(new DescribeTableCommand({ TableName: w.table }))).Table?.LatestStreamArn;
    const seen = new Set([await arn()]);
    // The second time while the worker may still be at the first: what is in the stream between is read as well.
    for (let times = 0; times < 2; times += 1) {
      await w.write(10);
      await turn({ StreamEnabled: false });
      await turn({ StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' });
      seen.add(await arn());
    }
    expect(seen.size).toBe(3);
    await w.write(20);
    await w.allDelivered(60_000);
    expectComplete(w);
    expect(repeatsOf(w)).toEqual([0, 0, 0]);
  }, 120_000);

  test('C5: without its leases it says so on /healthz, with 503, and ends when told', async () => {
    const w = await world();
    const worker = await w.worker({ TABLECAST_WORKER_GRACE_MS: '2000' });
    await worker.logged('worker.ready');
    await w.write(3);
    await w.allDelivered();
    await dynamodb.client.send(new DeleteTableCommand({ TableName: w.place.relayTable }));
    let seen = await worker.health();
    const deadline = Date.now() + 30_000;
    while (seen.status === 200 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      seen = await worker.health();
    }
    expect(seen.status).toBe(503);
    expect(seen.body).toMatchObject({ ok: false, problems: [expect.stringContaining(`table ${w.table}: `)] });
    const { ms } = await worker.end('SIGTERM');
    expect(ms).toBeLessThan(10_000);
  }, 90_000);
});

describe('a stop that cannot be a clean one', () => {
  /** A worker in the middle of a page: none of its posts is ever answered. */
  async function stuckWorld(graceMs: number) {
    const w = await world();
    const worker = await w.worker({ TABLECAST_WORKER_GRACE_MS: String(graceMs) });
    await worker.logged('worker.ready');
    w.connections.outage('hang');
    await w.write(5);
    await until(
      () => w.connections.maxInFlight() > 0,
      () => 'a post under way',
      30_000,
    );
    return { w, worker };
  }

  /** What was cut comes to the next worker, all of it. */
  async function goesOn(w: WorkerWorld): Promise<void> {
    w.connections.outage(undefined);
    const next = await w.worker();
    await next.logged('worker.ready');
    await w.write(5);
    await w.allDelivered(60_000);
    expectComplete(w);
  }

  test('C2: when its time is over it ends with 1 and checkpoints nothing, and the next worker delivers it', async () => {
    const { w, worker } = await stuckWorld(300);
    const { exitCode, stderr } = await worker.end('SIGTERM');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: expected the pages under way to be finished within 300 ms[^\n]*\n?$/);
    expect(await worker.logged('worker.exit')).toMatchObject({ outcome: 'cut', level: 'error' });
    await goesOn(w);
  }, 120_000);

  test('C2: a second signal ends it at once with 1, and the next worker delivers what was under way', async () => {
    const { w, worker } = await stuckWorld(60_000);
    worker.send('SIGTERM');
    await worker.logged('worker.stopping');
    const { exitCode, ms } = await worker.end('SIGTERM');
    expect(exitCode).toBe(1);
    expect(ms).toBeLessThan(5_000);
    await goesOn(w);
  }, 120_000);
});
