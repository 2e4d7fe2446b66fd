import { request } from 'node:http';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { Worker, WorkerHealth } from '../../../src/adapters/dynamodb-streams/worker-port.ts';
import { type RunOptions, runWorkers } from '../../../src/cli/worker-run.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';

/** A worker that starts and stops as told. */
interface Scripted extends Worker {
  readonly stops: readonly (number | undefined)[];
}

function scripted(table: string, script: Partial<Pick<Worker, 'start' | 'stop'>> = {}): Scripted {
  const stops: (number | undefined)[] = [];
  return {
    stops,
    start: script.start ?? (async () => {}),
    stop(graceMs) {
      stops.push(graceMs);
      return script.stop?.(graceMs) ?? Promise.resolve('clean');
    },
    health: (): WorkerHealth => ({ ok: true, workerId: 'w1', table, shards: [], problems: [] }),
  };
}

/** A run under way: its log lines, its clock, how often metrics were flushed, and its end. */
function run(workers: readonly Worker[], options: Partial<RunOptions> = {}) {
  const clock = createVirtualClock();
  const stop = new AbortController();
  const logs: Record<string, unknown>[] = [];
  let flushes = 0;
  const end = runWorkers({
    workers,
    workerId: 'w1',
    host: '127.0.0.1',
    port: 0,
    graceMs: 25_000,
    metricsIntervalMs: 60_000,
    clock,
    logger: pino({ base: null }, { write: (line: string) => void logs.push(JSON.parse(line)) }),
    metrics: {
      count() {},
      measure() {},
      flush() {
        flushes += 1;
      },
    },
    signal: stop.signal,
    ...options,
  });
  // Whoever tests the end looks at it later.
  end.catch(() => {});
  const logged = (event: string) => logs.find((line) => line['event'] === event);
  return {
    clock,
    end,
    logs,
    logged,
    flushes: () => flushes,
    stop: () => stop.abort(),
    /** Waits for a log line; the health server's own events are in real time. */
    async until(event: string): Promise<Record<string, unknown>> {
      const deadline = Date.now() + 10_000;
      while (!logged(event)) {
        if (Date.now() > deadline) throw new Error(`expected ${event}, got ${JSON.stringify(logs)}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return logged(event) ?? {};
    },
  };
}

function healthStatus(port: unknown): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port: Number(port), path: '/healthz', agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

test('it starts every worker, says so, and on the signal stops each with the grace and ends well', async () => {
  const workers = [scripted('A'), scripted('B')];
  const r = run(workers);
  await r.until('worker.ready');
  r.stop();
  await r.end;
  expect(workers.map(({ stops }) => stops)).toEqual([[25_000], [25_000]]);
  expect(r.logged('worker.exit')).toMatchObject({ outcome: 'clean' });
});

test('health is 503 while a worker starts, 200 while all read, 503 while they stop, and gone after', async () => {
  let begun = () => {};
  let stopped = () => {};
  const worker = scripted('A', {
    start: () =>
      new Promise((resolve) => {
        begun = resolve;
      }),
    stop: () =>
      new Promise((resolve) => {
        stopped = () => resolve('clean');
      }),
  });
  const r = run([worker, scripted('B')]);
  const { port } = await r.until('worker.health');
  expect(await healthStatus(port)).toBe(503);
  begun();
  await r.until('worker.ready');
  expect(await healthStatus(port)).toBe(200);
  r.stop();
  await r.until('worker.stopping');
  expect(await healthStatus(port)).toBe(503);
  stopped();
  await r.end;
  await expect(healthStatus(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('one worker that was cut makes the whole end with WORKER_CUT', async () => {
  const r = run([scripted('A'), scripted('B', { stop: async () => 'cut' })]);
  await r.until('worker.ready');
  r.stop();
  await expect(r.end).rejects.toMatchObject({
    code: 'WORKER_CUT',
    message: expect.stringContaining('within 25000 ms (TABLECAST_WORKER_GRACE_MS)'),
  });
  expect(r.logged('worker.exit')).toMatchObject({ outcome: 'cut', level: 50 });
});

test('a worker that cannot stop at all is given up two seconds after its grace, not sooner', async () => {
  const r = run([scripted('A', { stop: () => new Promise(() => {}) })], { graceMs: 2_000 });
  await r.until('worker.ready');
  r.stop();
  await r.until('worker.stopping');
  await r.clock.advance(3_999);
  expect(r.logged('worker.exit')).toBeUndefined();
  await r.clock.advance(1);
  await expect(r.end).rejects.toMatchObject({ code: 'WORKER_CUT' });
});

test('a stop that fails is no clean one, and says what happened', async () => {
  const r = run([scripted('A', { stop: () => Promise.reject(new Error('the lease table is gone')) })]);
  await r.until('worker.ready');
  r.stop();
  await expect(r.end).rejects.toMatchObject({ code: 'WORKER_CUT' });
  expect(r.logged('worker.stop_failed')).toMatchObject({ err: { message: 'the lease table is gone' } });
});

test('a start that fails ends the run with its error, the others stopped', async () => {
  const other = scripted('B');
  const r = run([scripted('A', { start: () => Promise.reject(new Error('no stream')) }), other]);
  await expect(r.end).rejects.toThrow('no stream');
  expect(other.stops).toEqual([0]);
  expect(r.logged('worker.ready')).toBeUndefined();
});

test('told to stop before it could start, it stops and ends well', async () => {
  const worker = scripted('A', { start: () => new Promise(() => {}) });
  const r = run([worker]);
  await r.until('worker.health');
  r.stop();
  await r.end;
  expect(worker.stops).toEqual([25_000]);
});

test('metrics are flushed at every period, and once more at the end', async () => {
  const r = run([scripted('A')], { metricsIntervalMs: 10_000 });
  await r.until('worker.ready');
  await r.clock.advance(30_000);
  expect(r.flushes()).toBe(3);
  r.stop();
  await r.end;
  expect(r.flushes()).toBe(4);
});
