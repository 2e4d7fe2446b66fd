import { getMaxListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { createOutage } from '../../../src/adapters/dynamodb-streams/outage.ts';
import { createStreamReader } from '../../../src/adapters/dynamodb-streams/reader.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';
import { createFakeStreams } from '../../../src/testing/fake-streams.ts';
import { judge, LEASE_MS, START, TABLE, workerWorld } from './worker-world.ts';

const KEYS = Array.from({ length: 12 }, (_, n) => `k${n}`);
const WARN = 40;

describe('what is left once a fault has passed', () => {
  test('a renewal that fails after its shard has ended makes nobody unwell', async () => {
    const t = workerWorld();
    let renewals = 0;
    const a = t.worker('a', {
      leases: {
        ...t.leases,
        async renew(held) {
          renewals += 1;
          if (renewals > 1) return t.leases.renew(held);
          await t.clock.sleep(3_000);
          throw new Error('no answer');
        },
      },
    });
    await a.start();
    await t.clock.advance(4_000);
    expect(renewals).toBe(1);
    t.streams.rotate(t.streams.openShards(TABLE)[0] ?? '');
    await t.clock.advance(60_000);
    expect(a.health()).toMatchObject({ ok: true, problems: [] });
    await a.stop();
  });

  test('an outage met by a shard that another worker reads since is over, and the next one is told again', async () => {
    const t = workerWorld({ shards: 2 });
    let away = false;
    const api = t.streams.api('a');
    const a = t.worker('a', {
      api: {
        ...api,
        getRecords: (input, signal) =>
          away ? Promise.reject(new Error('reset')) : api.getRecords(input, signal),
      },
    });
    const told = (event: string) =>
      t.log.filter((line) => line.workerId === 'a' && line.event === event && line['level'] !== 20).length;
    await a.start();
    away = true;
    await t.clock.advance(3_000);
    const b = t.worker('b');
    await b.start();
    await t.clock.advance(20_000);
    expect(await t.shares()).toEqual({ a: 1, b: 1 });
    expect(told('reader.shard_error')).toBe(1);
    away = false;
    await t.clock.advance(10_000);
    expect(told('reader.recovered')).toBe(1);
    away = true;
    await t.clock.advance(10_000);
    expect(told('reader.shard_error')).toBe(2);
    for (const each of [a, b]) await each.stop();
  });

  test('who stops asking has not heard that it is over', () => {
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line) => lines.push(JSON.parse(line).event) });
    const outage = createOutage(log, createVirtualClock(START));
    outage.met('s1', { event: 'first' }, '');
    outage.leave('s1');
    expect(lines).toEqual(['first']);
    outage.met('s2', { event: 'second' }, '');
    expect(lines).toEqual(['first', 'second']);
  });
});

test('a minute without the lease table is told a few times a shard, not at every try, and nothing is lost', async () => {
  const t = workerWorld({ shards: 4 });
  const a = t.worker('a');
  await a.start();
  for (const key of KEYS) t.write(key);
  await t.poll();
  a.breakLeases();
  for (const key of KEYS) t.write(key);
  await t.clock.advance(60_000);
  const loud = t.log.filter(({ level }) => Number(level) >= WARN);
  // Each shard: its checkpoint once, its fence once, its release not at all. All together: the look.
  expect(loud.length).toBeLessThanOrEqual(4 * 2 + 1);
  expect(loud.map(({ event }) => event)).toContain('worker.checkpoint_error');
  expect(a.health().ok).toBe(false);
  a.mendLeases();
  await t.clock.advance(2 * LEASE_MS);
  expect(judge(t)).toMatchObject({ lost: [], outOfOrder: [] });
  expect(a.health()).toMatchObject({ ok: true, problems: [] });
  await a.stop();
});

test('a dead worker is followed though nobody may look at the stream: what was seen of it last will do', async () => {
  const t = workerWorld({ shards: 2 });
  const [a, b] = ['a', 'b'].map((name) => t.worker(name));
  await a?.start();
  await b?.start();
  await t.poll(20_000);
  expect(await t.shares()).toEqual({ a: 1, b: 1 });
  t.streams.fail('limitExceeded', { times: 1_000_000, operation: 'describeStream' });
  await t.clock.advance(10_000);
  a?.kill();
  for (const key of KEYS) t.write(key);
  await t.clock.advance(2 * LEASE_MS);
  expect(judge(t)).toEqual({ lost: [], outOfOrder: [], repeats: 0 });
  expect(b?.health().problems).toEqual([expect.stringContaining('could not be looked at')]);
  await b?.stop();
});

test('any number of shards wait on one signal without a warning', async () => {
  const clock = createVirtualClock(START);
  const streams = createFakeStreams({ clock });
  streams.createTable(TABLE, { shards: 12 });
  const api = streams.api();
  const signals = new Set<AbortSignal>();
  const reader = createStreamReader({
    api: {
      ...api,
      getRecords(input, signal) {
        signals.add(signal);
        return api.getRecords(input, signal);
      },
    },
    resolveStream: streams.resolveStream(TABLE),
    invoke: async (_, signal) => {
      signals.add(signal);
      return null;
    },
    logger: pino({ level: 'silent' }),
    clock,
  });
  await clock.run(reader.start());
  for (const key of KEYS) streams.write(TABLE, { keys: { id: { S: key } }, newImage: { id: { S: key } } });
  await clock.advance(1_000);
  expect(signals.size).toBe(2);
  // Node 20 throws for 0, which is any number, in place of saying it.
  for (const signal of signals) expect(() => getMaxListeners(signal)).toThrow();
  await clock.run(reader.stop());
});
