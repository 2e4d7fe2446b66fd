import { expect, test } from '@jest/globals';
import { readWorkerConfig } from '../../../src/worker-config.ts';

test('with nothing set, or set to nothing, everything of the worker has its default', () => {
  const defaults = {
    host: '0.0.0.0',
    port: 8080,
    leaseMs: 10_000,
    pollIntervalMs: 250,
    batchSize: 100,
    graceMs: 25_000,
    staleAfterMs: 120_000,
    metricsIntervalMs: 60_000,
    startAt: 'LATEST',
    resolvers: undefined,
  };
  expect(readWorkerConfig({})).toEqual(defaults);
  const names = ['PORT', 'HOST', 'LEASE_MS', 'POLL_MS', 'BATCH_SIZE', 'GRACE_MS', 'START_AT'];
  const empty = Object.fromEntries(names.map((name) => [`TABLECAST_WORKER_${name}`, '']));
  expect(readWorkerConfig({ ...empty, TABLECAST_RESOLVERS: '' })).toEqual(defaults);
});

test('each variable sets what its name says, 0 for a port included', () => {
  expect(
    readWorkerConfig({
      TABLECAST_WORKER_HOST: '127.0.0.1',
      TABLECAST_WORKER_PORT: '0',
      TABLECAST_WORKER_LEASE_MS: '1000',
      TABLECAST_WORKER_POLL_MS: '50',
      TABLECAST_WORKER_BATCH_SIZE: '1000',
      TABLECAST_WORKER_GRACE_MS: '0',
      TABLECAST_WORKER_STALE_MS: '5000',
      TABLECAST_WORKER_METRICS_MS: '2000',
      TABLECAST_WORKER_START_AT: 'TRIM_HORIZON',
      TABLECAST_RESOLVERS: 'code/own.mjs',
    }),
  ).toEqual({
    host: '127.0.0.1',
    port: 0,
    leaseMs: 1_000,
    pollIntervalMs: 50,
    batchSize: 1_000,
    graceMs: 0,
    staleAfterMs: 5_000,
    metricsIntervalMs: 2_000,
    startAt: 'TRIM_HORIZON',
    resolvers: 'code/own.mjs',
  });
});

test.each([
  ['TABLECAST_WORKER_PORT', '65536', 'a port from 0 to 65535'],
  ['TABLECAST_WORKER_PORT', '-1', 'a port from 0 to 65535'],
  ['TABLECAST_WORKER_PORT', '80.5', 'a port from 0 to 65535'],
  ['TABLECAST_WORKER_LEASE_MS', '999', 'milliseconds from 1000 to 300000'],
  ['TABLECAST_WORKER_LEASE_MS', '10s', 'milliseconds from 1000 to 300000'],
  ['TABLECAST_WORKER_BATCH_SIZE', '0', 'records from 1 to 1000'],
  ['TABLECAST_WORKER_BATCH_SIZE', '1001', 'records from 1 to 1000'],
  ['TABLECAST_WORKER_GRACE_MS', '1e3', 'milliseconds from 0 to 3600000'],
  ['TABLECAST_WORKER_START_AT', 'latest', 'LATEST or TRIM_HORIZON'],
])('%s=%s is refused, with what was expected and what came', (name, value, expected) => {
  expect(() => readWorkerConfig({ [name]: value })).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: `${name}: expected ${expected}, got "${value}"`,
    }),
  );
});
